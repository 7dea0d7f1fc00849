import { setTimeout as pause } from "node:timers/promises";
import type { SalesforceSandbox, SandboxEntry } from "casethread/salesforce/sandbox";
import type { Chance } from "casethread/sandbox";
import type { XSandbox, XState } from "casethread/x/sandbox";

/** The brand's account. */
export const acme = { id: "1001", handle: "acme_help", tier: "enterprise" } as const;

/** Something that somebody wrote, and the mark by which it is known wherever it turns up. */
export interface Words {
  readonly mark: string;
  readonly customer: string;
  readonly by: "customer" | "agent";
  readonly side: "public" | "private";
}

/** Customers on X and agents in Salesforce, busy with each other. */
export interface Town {
  /** All that was written so far. */
  readonly words: readonly Words[];
  /** How many matters are over, and how many have begun. */
  readonly matters: { readonly begun: number; readonly over: number };
  /** No new matters. Resolves when all that have begun are over. */
  finish(): Promise<void>;
  /** What those wait for that wait. */
  waiting(): readonly string[];
}

interface Ground {
  readonly x: XSandbox;
  readonly salesforce: SalesforceSandbox;
  readonly chance: Chance;
  /** Everybody goes home. */
  readonly signal: AbortSignal;
}

const lookEveryMs = 60;
/** Nobody answers within the millisecond in which something appears. */
const readingMs = 20;

/** What everybody can see, looked at for all of them together. */
interface View {
  readonly entries: ReadonlyMap<string, SandboxEntry>;
  readonly posts: XState["posts"];
  readonly dms: XState["dms"];
}

/** Waits until it is to be seen. */
type Wait = <T>(what: string, look: (view: View) => T | undefined) => Promise<T>;

/** One customer's matter, from the complaint to the closed case. */
const matter = async (number: number, ground: Ground, words: Words[], wait: Wait): Promise<void> => {
  const { x, salesforce, chance } = ground;
  const customer = `customer_${number}`;
  const writes = (what: string, by: Words["by"], side: Words["side"]): string => {
    const mark = `(${number} ${what})`;
    words.push({ mark, customer, by, side });
    return mark;
  };
  const entered = (mark: string): Promise<SandboxEntry> =>
    wait(`${mark} on a case`, ({ entries }) => [...entries.values()].find(({ text }) => text?.includes(mark) === true));
  // An answer is over when the network shows it, or when the case says that it could not be sent.
  const answered = (mark: string, entry: string): Promise<{ readonly post?: XState["posts"][number] }> =>
    wait(`${mark} on X`, ({ entries, posts, dms }) => {
      const post = posts.find(({ text }) => text.includes(mark));
      if (post !== undefined) return { post };
      const failed = entries.get(entry)?.state === "failed";
      return failed || dms.some(({ text }) => text.includes(mark)) ? {} : undefined;
    });

  await x.persona(customer, { name: customer });
  const complaint = writes("complaint", "customer", "public");
  const post = await x.say({ by: customer, text: `My parcel is late again. ${complaint}`, mentions: [acme.id] });
  const hurry = chance() < 0.5 ? writes("reminder", "customer", "public") : undefined;
  if (hurry !== undefined) {
    await pause(chance() * 300);
    await x.say({ by: customer, text: `Is anybody there? ${hurry}`, mentions: [acme.id], replyTo: post.id });
  }
  const opened = (await entered(complaint)).case ?? "";
  if (hurry !== undefined) await entered(hurry);

  const ann = salesforce.agent("Ann Bauer");
  const apology = writes("apology", "agent", "public");
  const first = await ann.answer(opened, {
    text: `So sorry! Please tell us more in private. ${apology}`,
    side: "public",
  });
  // Once the org shows it, and whether or not X has it yet: what was written first is said first.
  await entered(apology);
  const promise = writes("promise", "agent", "public");
  const next = await ann.answer(opened, { text: `We look into it at once. ${promise}`, side: "public" });
  const { post: reply } = await answered(apology, first);
  await answered(promise, next);

  const letter = writes("number", "customer", "private");
  const text = `It is for Keller. ${letter}`;
  await pause(readingMs);
  if (reply?.deepLink === undefined) await x.dm({ by: customer, to: acme.id, text });
  else await x.followInvite({ by: customer, post: reply.id, text });
  await entered(letter);

  const remedy = writes("remedy", "agent", "private");
  const second = await ann.answer(opened, { text: `Found it: it comes tomorrow. ${remedy}`, side: "private" });
  await answered(remedy, second);
  // Cases are stamped in whole seconds: in the one in which she spoke nobody could tell whether it was closed with those words in view.
  await pause(1_000 - (Date.now() % 1_000) + 20);
  await ann.close(opened);
};

/** Lets so many customers at once have a matter, and new ones when theirs is over. */
export const createTown = (ground: Ground, atOnce: number): Town => {
  const words: Words[] = [];
  const waits = new Set<string>();
  const count = { begun: 0, over: 0 };
  const closed = new AbortController();

  const entries = new Map<string, SandboxEntry>();
  let changes = 0;
  let shared: Promise<View> | undefined;
  const view = async (): Promise<View> => {
    await pause(lookEveryMs, undefined, { signal: ground.signal });
    shared = undefined;
    const changed = await ground.salesforce.entriesChanged(changes);
    changes = changed.next;
    for (const entry of changed.entries) entries.set(entry.id, entry);
    const { posts, dms } = await ground.x.state();
    return { entries, posts, dms };
  };
  const wait: Wait = async (what, look) => {
    waits.add(what);
    for (;;) {
      shared ??= view();
      const found = look(await shared);
      if (found === undefined) continue;
      waits.delete(what);
      return found;
    }
  };
  const live = async (): Promise<void> => {
    while (!closed.signal.aborted && !ground.signal.aborted) {
      count.begun += 1;
      try {
        await matter(count.begun, ground, words, wait);
        count.over += 1;
      } catch (thrown) {
        if (!ground.signal.aborted) throw thrown;
      }
    }
  };
  const lives = Promise.all(Array.from({ length: atOnce }, live));
  // Told by finish(); until then nobody listens.
  lives.catch(() => undefined);

  return {
    words,
    matters: count,
    waiting: () => [...waits],
    finish: async () => {
      closed.abort();
      await lives;
    },
  };
};
