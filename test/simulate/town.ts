import type { SalesforceSandbox, SandboxEntry } from "casethread/salesforce/sandbox";
import type { Customer, Network } from "./network.ts";
import type { Notes } from "./seen.ts";
import type { Timeline } from "./time.ts";
import type { Deed, Matter, World } from "./world.ts";

const names = ["Ada", "Bea", "Cleo", "Dora"] as const;

/** Something that somebody wrote, and the mark by which it is known wherever it turns up. */
export interface Written {
  readonly mark: string;
  readonly matter: number;
  readonly by: "customer" | "agent" | "hand";
  readonly side: "public" | "private";
  /** An agent's answer: its record on the case. */
  readonly record?: string;
  /** It tells in public what was told in private only. */
  readonly leaks?: boolean;
  /** Its words were changed or taken back after they were written: these are the first ones. */
  readonly changed?: boolean;
  /** Where it stands, of what a customer wrote in public. */
  readonly post?: string;
  /** It took the place of other words there. */
  readonly edit?: boolean;
}

/** Everybody who lives in a world. */
export interface Town {
  readonly written: Written[];
  /** When each case was closed by its agent. */
  readonly closed: { readonly matter: number; readonly at: number }[];
  readonly customers: readonly Customer[];
  /** Resolves when everybody has done what they wanted. */
  readonly done: Promise<unknown>;
}

interface Ground {
  readonly world: World;
  readonly timeline: Timeline;
  readonly net: Network;
  readonly salesforce: SalesforceSandbox;
  readonly notes: Notes;
}

/** How long an agent waits for a case before going on to other things, in ms. */
const patienceMs = 30 * 60_000;
const lookEveryMs = 2_000;
const readingMs = 20;

interface Life {
  readonly number: number;
  readonly customer: Customer;
  readonly posts: string[];
  readonly facts: string[];
  case?: string;
  closed: boolean;
  lastAnswer?: {
    readonly record: string;
    readonly mark: string;
    readonly at: number;
    readonly side: "public" | "private";
  };
  lastChange: number;
}

/** Lets everybody live. */
export const createTown = async ({ world, timeline, net, salesforce, notes }: Ground): Promise<Town> => {
  const written: Written[] = [];
  const closed: Town["closed"] = [];
  const ann = salesforce.agent("Ann Bauer");
  let count = 0;

  const note = (life: Life, by: Written["by"], side: Written["side"], more: Partial<Written> = {}): string => {
    const mark = `[${String.fromCharCode(97 + life.number)}${(count += 1)}]`;
    written.push({ mark, matter: life.number, by, side, ...more });
    return mark;
  };
  const onCase = async (mark: string): Promise<SandboxEntry | undefined> => {
    const until = timeline.now() + patienceMs;
    while (timeline.now() < until) {
      const { entries } = await salesforce.entriesChanged(0);
      const found = entries.find(({ text }) => text?.includes(mark) === true);
      if (found !== undefined) return found;
      await timeline.sleep(lookEveryMs);
    }
    return undefined;
  };
  const say = async (life: Life, text: string, replyTo?: string): Promise<void> => {
    const mark = note(life, "customer", "public");
    const post = await net.say(life.customer, `${text} ${mark}`, replyTo);
    life.posts.push(post);
    const at = written.findIndex((one) => one.mark === mark);
    written[at] = { ...(written[at] as Written), post };
  };

  const answeredInPrivate = async (life: Life): Promise<boolean> => {
    const { entries } = await salesforce.entriesChanged(0);
    return written.some(
      ({ matter, side, record }) =>
        matter === life.number &&
        side === "private" &&
        entries.some(({ id, state }) => id === record && state === "sent"),
    );
  };

  const answer = async (life: Life, side: "public" | "private", text: string, leaks = false): Promise<void> => {
    if (life.case === undefined) return;
    const mark = `[${String.fromCharCode(97 + life.number)}${(count += 1)}]`;
    const record = await ann.answer(life.case, { text: `${text} ${mark}`, side });
    written.push({ mark, matter: life.number, by: "agent", side, record, ...(leaks ? { leaks } : {}) });
    life.lastAnswer = { record, mark, at: timeline.now(), side };
  };

  const deeds: Readonly<Record<Deed, (life: Life) => Promise<void>>> = {
    remind: (life) => say(life, "Is anybody there?", life.posts[0]),
    root: (life) => say(life, "Once more, from the top."),
    thanks: (life) => say(life, "Thank you!", life.posts[0]),
    letter: async (life) => {
      if (!net.knowsHer && !(await answeredInPrivate(life))) return;
      const fact = String(730_000 + life.number * 1_000 + life.facts.length);
      const mark = note(life, "customer", "private");
      const text = `My number is ${fact}. ${mark}`;
      await net.whisper(life.customer, text, life.posts);
      // An agent can tell on only what has come onto the case.
      if ((await onCase(mark)) !== undefined) life.facts.push(fact);
    },
    answer: (life) => answer(life, "public", "So sorry! We look into it."),
    whisper: (life) => answer(life, "private", "It is on its way."),
    leak: async (life) => {
      const [fact] = life.facts;
      if (fact !== undefined) await answer(life, "public", `We have found number ${fact}.`, true);
    },
    edit: async (life) => {
      const last = life.lastAnswer;
      if (last === undefined) return;
      const entry = (await salesforce.entriesChanged(0)).entries.find(({ id }) => id === last.record);
      // An agent sees what was sent, and does not change it any more.
      if (entry === undefined || !["draft", "queued", "held"].includes(entry.state)) return;
      const mark = note(life, "agent", last.side, { record: last.record });
      const at = written.findIndex((one) => one.mark === last.mark);
      const first = written[at];
      if (first !== undefined) written[at] = { ...first, changed: true };
      await ann.edit(last.record, { text: `In other words: we look into it. ${mark}` });
      life.lastAnswer = { ...last, mark };
      notes.tally["an answer changed before it was sent"] += 1;
    },
    close: async (life) => {
      if (life.case === undefined || life.closed) return;
      await ann.close(life.case);
      life.closed = true;
      closed.push({ matter: life.number, at: timeline.now() });
      changed(life);
    },
    reopen: async (life) => {
      if (life.case === undefined || !life.closed) return;
      await ann.reopen(life.case);
      life.closed = false;
      changed(life);
    },
    flip: async (life) => {
      if (life.case === undefined) return;
      const first = life.closed ? deeds.reopen : deeds.close;
      await first(life);
      await timeline.sleep(350);
      await (life.closed ? deeds.reopen : deeds.close)(life);
    },
    change: async (life) => {
      const last = newest(life);
      if (last === undefined || net.change === undefined) return;
      // The network tells edits by the second.
      await timeline.sleep(1_000);
      const first = written[last.at];
      if (first !== undefined) written[last.at] = { ...first, changed: true };
      const mark = note(life, "customer", "public", { post: last.post, edit: true });
      notes.tally["a customer changed her words"] += 1;
      await net.change(last.post, `In other words: it is late. ${mark}`);
    },
    remove: async (life) => {
      const last = newest(life);
      // What she began with stays: without it nothing would be known of her.
      if (last === undefined || net.remove === undefined || life.posts.length < 2) return;
      const first = written[last.at];
      if (first !== undefined) written[last.at] = { ...first, changed: true };
      if (first?.mark !== written.find(({ post }) => post === last.post)?.mark)
        notes.tally["a customer changed her words, then took them back"] += 1;
      life.posts.pop();
      await net.remove(last.post);
    },
    /** Somebody else speaks under her post: what they say is theirs, and a matter of its own. */
    stranger: async (life) => {
      const customer = await net.customer(`Eve${customers.length}`);
      const number = customers.push(customer) - 1;
      const theirs: Life = { number, customer, posts: [], facts: [], closed: false, lastChange: 0 };
      await say(theirs, "The same happened to me.", life.posts[0]);
    },
    hand: async (life) => {
      const [first] = life.posts;
      // What the brand says by hand before the bridge has heard of the post is about nothing that is open.
      if (first === undefined || life.case === undefined) return;
      const mark = note(life, "hand", "public");
      await net.byHand(`From the app: we see you. ${mark}`, first);
    },
  };
  /** Replaces what is known of the words in her newest post that still stands. */
  const newest = (life: Life): { readonly post: string; readonly at: number } | undefined => {
    const post = life.posts.at(-1);
    const at = written.findLastIndex(({ post: of }) => of !== undefined && of === post);
    // The first of all is what an agent knows her case by.
    return post === undefined || at === -1 || life.case === undefined ? undefined : { post, at };
  };
  const changed = (life: Life): void => {
    const second = Math.floor(timeline.now() / 1_000);
    if (second === life.lastChange) notes.tally["closed and opened within a second"] += 1;
    life.lastChange = second;
  };

  const byAgent: ReadonlySet<Deed> = new Set<Deed>([
    "answer",
    "whisper",
    "leak",
    "edit",
    "close",
    "reopen",
    "flip",
    "hand",
  ]);
  const live = async (matter: Matter, number: number, customer: Customer): Promise<void> => {
    const life: Life = { number, customer, posts: [], facts: [], closed: false, lastChange: 0 };
    await timeline.sleep(matter.beginsMs + 1);
    await say(life, "My parcel is late.");
    for (const { does, afterMs } of matter.steps) {
      await timeline.sleep(afterMs + readingMs);
      if (byAgent.has(does) && life.case === undefined) {
        const first = written.find((one) => one.matter === number);
        const entry = first && (await onCase(first.mark));
        if (entry?.case === undefined) continue;
        life.case = entry.case;
      }
      if (life.case !== undefined) life.closed = (await salesforce.caseOf(life.case))?.closed ?? life.closed;
      await deeds[does](life);
    }
  };

  const customers: Customer[] = [];
  for (const [number] of world.matters.entries()) {
    const name = names[number] ?? "Eve";
    customers.push(await net.customer(name));
  }
  const lives = world.matters.map((matter, number) => {
    const customer = customers[number];
    return customer === undefined ? Promise.resolve() : live(matter, number, customer);
  });
  return { written, closed, customers, done: Promise.all(lives) };
};
