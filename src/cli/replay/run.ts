import type { SandboxBoard } from "casethread/salesforce/sandbox";
import type { XPeople } from "casethread/x/sandbox";
import { createLookout, placeOf } from "./lookout.ts";
import type { Answer, Heard, Own, Part, Plot } from "./plot.ts";

/** What became of the parts. */
export interface Played {
  /** Of customers' tweets and of those said by hand: the post. */
  readonly stands: ReadonlyMap<string, string>;
  /** Of answers: the record that the agent wrote. */
  readonly written: ReadonlyMap<string, string>;
}

/** How to play. */
export interface Playing {
  /** How many parts are under way at once. */
  readonly width: number;
  /** The agents are asked whether what they wrote is to go though another has answered: it is, in the file it did. */
  readonly confirm: () => Promise<void>;
  readonly onDone: (done: number) => void;
}

/** The key that the bridge gives the entry of a post: the account it was told to, and its id. */
export const entryKeyOf = (account: string, post: string): string => `x/${account}/post/${post}`;

/** Parts that may begin, the one with the longest chain below it first. */
const createQueue = (plot: Plot) => {
  const ready: string[][] = [];
  const put = (id: string): void => {
    const height = plot.parts.get(id)?.height ?? 0;
    (ready[height] ??= []).push(id);
  };
  for (const [id, part] of plot.parts) if (part.parent === undefined) put(id);
  return {
    put,
    take: (): Part | undefined => {
      while (ready.length > 0) {
        const id = ready.at(-1)?.shift();
        if (id !== undefined) return plot.parts.get(id);
        ready.pop();
      }
      return undefined;
    },
  };
};

/**
 * Plays all parts: a tweet when the one it answers stands, an agent's answer when the entry it answers is on a case. What
 * does not come is left to the audit, and what stands on it is played all the same.
 */
export const play = async (
  plot: Plot,
  { people, board }: { readonly people: XPeople; readonly board: SandboxBoard },
  { width, confirm, onDone }: Playing,
): Promise<Played> => {
  await using lookout = createLookout(people, board);
  const stands = new Map<string, string>();
  const written = new Map<string, string>();
  const answered = new Map<string, string>();
  const personas = new Map<string, Promise<string>>();
  const queue = createQueue(plot);
  let left = plot.parts.size;
  const asleep: (() => void)[] = [];
  const stir = (): void => {
    for (const wake of asleep.splice(0)) wake();
  };

  const personaOf = ({ handle, author }: Heard): Promise<string> => {
    const known = personas.get(handle) ?? people.persona(handle, { name: `Person ${author}` }).then(({ id }) => id);
    personas.set(handle, known);
    return known;
  };
  const postOf = (tweet: string | undefined): string | undefined =>
    tweet === undefined ? undefined : (stands.get(tweet) ?? answered.get(tweet));
  const release = (tweet: string): void => {
    for (const child of plot.below.get(tweet) ?? []) queue.put(child);
    stir();
  };
  const under = (part: Part): { readonly replyTo?: string } => {
    const replyTo = postOf(part.parent);
    return replyTo === undefined ? {} : { replyTo };
  };

  const hear = async (part: Heard): Promise<void> => {
    const by = await personaOf(part);
    const { id } = await people.say({ by, text: part.words, ...under(part), mentions: part.calls });
    stands.set(part.tweet, id);
    release(part.tweet);
    await lookout.until(
      ({ entries }) => part.told.every((account) => entries.has(entryKeyOf(account, id))) || undefined,
    );
  };
  const say = async (part: Own): Promise<void> => {
    const { id } = await people.say({ by: part.brand.id, text: part.words, ...under(part) });
    stands.set(part.tweet, id);
    release(part.tweet);
  };
  const answer = async (part: Answer): Promise<void> => {
    const post = postOf(part.parent);
    const { brand, words } = part;
    const entry =
      post === undefined ? undefined : await lookout.until(({ entries }) => entries.get(entryKeyOf(brand.id, post)));
    if (post !== undefined && entry?.case !== undefined) {
      const record = await board
        .agent(part.agent)
        .answer(entry.case, { text: words, side: "public", answers: entry.id });
      written.set(part.tweet, record);
      const place = placeOf(brand.id, post, words);
      const become = (ends: readonly string[]): Promise<string | undefined> =>
        lookout.until(
          ({ posts, answers }) => posts.get(place) ?? (ends.includes(answers.get(record) ?? "") ? "" : undefined),
        );
      let said = await become(["failed", "held"]);
      if (said === "") {
        await confirm();
        said = await become(["failed"]);
      }
      if (said !== undefined && said !== "") answered.set(part.tweet, said);
    }
    release(part.tweet);
  };
  const perform = (part: Part): Promise<void> =>
    part.as === "heard" ? hear(part) : part.as === "own" ? say(part) : answer(part);

  const worker = async (): Promise<void> => {
    while (left > 0) {
      const part = queue.take();
      if (part === undefined) {
        await new Promise<void>((resolve) => void asleep.push(resolve));
        continue;
      }
      await perform(part);
      left -= 1;
      onDone(plot.parts.size - left);
      if (left === 0) stir();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { stands, written };
};
