import type { SandboxBoard, SandboxEntry } from "casethread/salesforce/sandbox";
import type { Post, XPeople } from "casethread/x/sandbox";

/** The feed and the org, as far as they have been seen. */
export interface Seen {
  /** Entries by the key that the bridge gave them. */
  readonly entries: ReadonlyMap<string, Pick<SandboxEntry, "id" | "case">>;
  /** The state of agents' answers, by record. */
  readonly answers: ReadonlyMap<string, string>;
  /** Posts by account, the post they are under, and words; see {@link placeOf}. */
  readonly posts: ReadonlyMap<string, string>;
}

/** Watches the feed and the org for whoever waits for something there. */
export interface Lookout extends AsyncDisposable {
  /** Resolves with what `look` finds, as soon as it does; `undefined` when nothing at all has happened for so long that nothing will. */
  until<T>(look: (seen: Seen) => T | undefined): Promise<T | undefined>;
}

/** The words of a post as its author wrote them. */
export const wordsOf = (post: Post): string => {
  const own = post.text.slice(post.lead);
  return post.deepLink === undefined ? own : own.replace(` ${post.deepLink}`, "");
};

/** Where certain words stand. */
export const placeOf = (account: string, under: string | undefined, words: string): string =>
  JSON.stringify([account, under ?? "", words]);

const everyMs = 10;
// X tries a refused delivery again after 30 seconds.
const patienceMs = 45_000;

interface Waiter {
  look(): boolean;
  giveUp(): void;
}

/** Starts to watch. */
export const createLookout = (people: XPeople, board: SandboxBoard): Lookout => {
  const entries = new Map<string, Pick<SandboxEntry, "id" | "case">>();
  const answers = new Map<string, string>();
  const posts = new Map<string, string>();
  const waiting = new Set<Waiter>();
  const at = { posts: 0, entries: 0, news: performance.now() };
  const over = new AbortController();

  const look = async (): Promise<boolean> => {
    const [feed, org] = await Promise.all([people.posted({ after: at.posts }), board.entriesChanged(at.entries)]);
    at.posts = feed.next;
    at.entries = org.next;
    for (const post of feed.posts) posts.set(placeOf(post.by, post.replyTo, wordsOf(post)), post.id);
    for (const entry of org.entries) {
      if (entry.key === undefined) answers.set(entry.id, entry.state);
      else entries.set(entry.key, { id: entry.id, ...(entry.case === undefined ? {} : { case: entry.case }) });
    }
    return feed.posts.length + org.entries.length > 0;
  };
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      if (await look()) {
        at.news = performance.now();
        for (const waiter of waiting) if (waiter.look()) waiting.delete(waiter);
      } else if (performance.now() - at.news > patienceMs) {
        for (const waiter of waiting) waiter.giveUp();
        waiting.clear();
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  };
  const watching = watch();
  // Whoever waits when the watch breaks down would wait for ever.
  const broken = new Promise<never>((_, reject) => void watching.catch(reject));
  broken.catch(() => undefined);

  return {
    until: (wanted) => {
      const seen: Seen = { entries, answers, posts };
      const now = wanted(seen);
      if (now !== undefined) return Promise.resolve(now);
      const found = new Promise<ReturnType<typeof wanted>>((resolve) => {
        waiting.add({
          look: () => {
            const value = wanted(seen);
            if (value !== undefined) resolve(value);
            return value !== undefined;
          },
          giveUp: () => resolve(undefined),
        });
      });
      return Promise.race([found, broken]);
    },
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await watching.catch(() => undefined);
    },
  };
};
