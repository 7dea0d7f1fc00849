import { explainWhy } from "casethread";
import type { SandboxEntry, SandboxState } from "casethread/salesforce/sandbox";
import type { Post, XState } from "casethread/x/sandbox";
import { auditRequests, duplicatesOf } from "./requests.ts";
import { placeOf, wordsOf } from "./lookout.ts";
import type { Answer, Heard, Plot } from "./plot.ts";
import { entryKeyOf, type Played } from "./run.ts";

/** What the two sandboxes received. */
export interface Received {
  readonly x: Pick<XState, "posts" | "requests">;
  readonly org: Pick<SandboxState, "cases" | "entries">;
}

/** A law that was broken. It repeats no one's words. */
export interface Difference {
  readonly law:
    | "a tweet stands once"
    | "one entry for each account it was told to"
    | "its words"
    | "a case of its author alone"
    | "one case a person and account"
    | "one post for an answer"
    | "the agent is told"
    | "nothing else"
    | "no second request without a proof";
  /** Of the file. */
  readonly tweet?: string;
  readonly detail: string;
}

type Tell = (law: Difference["law"], detail: string, tweet?: string) => void;

const grouped = <T>(items: Iterable<T>, by: (item: T) => string | undefined): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = by(item);
    if (key === undefined) continue;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(item);
  }
  return groups;
};

interface Books {
  readonly plot: Plot;
  readonly played: Played;
  readonly posts: ReadonlyMap<string, Post>;
  readonly places: ReadonlyMap<string, readonly Post[]>;
  readonly entries: ReadonlyMap<string, readonly SandboxEntry[]>;
  readonly byRecord: ReadonlyMap<string, SandboxEntry>;
  readonly tell: Tell;
}

/** Where the tweet that an answer answers stands. */
const postOf = (tweet: string, { plot, played, places }: Books): string | undefined => {
  const part = plot.parts.get(tweet);
  if (part?.as !== "answer") return played.stands.get(tweet);
  const above = played.stands.get(part.parent);
  return above === undefined ? undefined : places.get(placeOf(part.brand.id, above, part.words))?.[0]?.id;
};

// X makes a link of a bare domain: "acme.com" comes back as "http://acme.com".
const bare = (text: string | null): string => (text ?? "").replace(/https?:\/\//giu, "");

/** A customer's tweet: one entry for each account, with its words. */
const auditHeard = (part: Heard, books: Books): void => {
  const { tell, posts, entries } = books;
  const post = posts.get(books.played.stands.get(part.tweet) ?? "");
  if (post === undefined || !post.text.endsWith(part.words)) {
    tell(
      "a tweet stands once",
      post === undefined ? "it is not on the feed" : "other words are on the feed",
      part.tweet,
    );
    return;
  }
  const above = part.parent === undefined ? undefined : postOf(part.parent, books);
  if (post.replyTo !== above) tell("a tweet stands once", "it stands under another post than in the file", part.tweet);
  for (const account of part.told) {
    const own = entries.get(entryKeyOf(account, post.id)) ?? [];
    const [entry] = own;
    if (entry === undefined || own.length > 1) {
      tell("one entry for each account it was told to", `${own.length} entries for account ${account}`, part.tweet);
    }
    for (const { text, direction } of own) {
      if (direction !== "inbound") tell("its words", `filed as ${direction}`, part.tweet);
      if (bare(text) !== bare(post.text))
        tell("its words", `the entry for account ${account} says something else`, part.tweet);
    }
  }
};

/** Cases: each of one author with one account, and no second one of them. */
const auditCases = (received: Received, { plot, played, tell }: Books): void => {
  const heard = new Map<string, { readonly owner: string; readonly tweet: string }>();
  for (const part of plot.parts.values()) {
    const post = played.stands.get(part.tweet);
    if (part.as !== "heard" || post === undefined) continue;
    for (const account of part.told) {
      heard.set(entryKeyOf(account, post), { owner: `${part.author} with ${account}`, tweet: part.tweet });
    }
  }
  const known = new Set(received.org.cases.map(({ id }) => id));
  const cases = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const entry of received.org.entries) {
    const said = heard.get(entry.key ?? "");
    if (said === undefined) continue;
    const { owner, tweet } = said;
    if (entry.case === undefined || !known.has(entry.case)) {
      tell("a case of its author alone", "its entry is on no case", tweet);
      continue;
    }
    const other = owners.get(entry.case) ?? owner;
    if (other !== owner) tell("a case of its author alone", "its entry is on a case of somebody else", tweet);
    owners.set(entry.case, other);
    const home = cases.get(owner) ?? entry.case;
    if (home !== entry.case && other === owner)
      tell("one case a person and account", "its author has another case there", tweet);
    cases.set(owner, home);
  }
  for (const { id, number } of received.org.cases)
    if (!owners.has(id)) tell("nothing else", `case ${number} is nobody's`);
};

/** What became of the answers. */
interface Answered {
  /** Posts that stand where an answer is due. */
  readonly wanted: ReadonlySet<string>;
  /** Answers that X refused as duplicates, by tweet. */
  readonly refused: ReadonlySet<string>;
  /** How many answers left for each place: so many first requests there are. */
  readonly left: ReadonlyMap<string, number>;
}

/** What agents are told of words that left, and of which nobody can say that they are the ones that stand. */
const inDoubt: readonly string[] = ["may-have-gone-out", "receipt-taken"].map((code) => explainWhy({ code }));

/**
 * An agent's answer: one post under that very tweet, and a record that says so. Where the file has the same words under the
 * same tweet twice, X lets one of the two stand: the other is refused as a duplicate, and its record says that it failed.
 */
const auditAnswers = (answers: readonly Answer[], received: Received, books: Books): Answered => {
  const { played, places, byRecord, tell } = books;
  const recordOf = ({ tweet }: Answer): SandboxEntry | undefined => byRecord.get(played.written.get(tweet) ?? "");
  const due = grouped(answers, (part) => {
    const above = played.stands.get(part.parent);
    return above === undefined ? undefined : placeOf(part.brand.id, above, part.words);
  });
  const duplicates = duplicatesOf(received.x.requests);
  const wanted = new Set<string>();
  const refused = new Set<string>();
  const left = new Map<string, number>();
  for (const [place, parts] of due) {
    const sent = parts.filter((part) => recordOf(part)?.state === "sent");
    const doubted = parts.filter((part) => {
      const record = recordOf(part);
      const reason = record?.fields["Reason__c"];
      return (
        record?.state === "failed" && typeof reason === "string" && inDoubt.some((told) => reason.startsWith(told))
      );
    });
    const twins = sent.length === 0 ? [] : doubted.slice(0, duplicates.get(place) ?? 0);
    for (const { tweet } of twins) refused.add(tweet);
    left.set(place, Math.max(1, sent.length + doubted.length));
    const stand = places.get(place) ?? [];
    for (const { id } of stand) wanted.add(id);
    const count = parts.length - twins.length;
    if (stand.length !== count) {
      tell("one post for an answer", `${stand.length} posts where ${count} is due`, parts[0]?.tweet);
    }
  }
  for (const part of answers) {
    if (!played.stands.has(part.parent)) tell("one post for an answer", "what it answers does not stand", part.tweet);
    const record = recordOf(part);
    if (record === undefined)
      tell("the agent is told", "no agent wrote it: what it answers came to no case", part.tweet);
    else if (record.state !== "sent" && !refused.has(part.tweet))
      tell("the agent is told", `its record says ${record.state}`, part.tweet);
  }
  return { wanted, refused, left };
};

/** Whatever is on the feed or on cases that the file does not account for. */
const auditRest = (received: Received, wanted: ReadonlySet<string>, { plot, played, posts, tell }: Books): void => {
  const inbound = new Set<string>();
  const byHand = new Set<string>();
  for (const part of plot.parts.values()) {
    const post = played.stands.get(part.tweet);
    if (post === undefined) continue;
    if (part.as === "heard") for (const account of part.told) inbound.add(entryKeyOf(account, post));
    // What an account says by hand, or another of the brand's accounts to help, is entered where the thread is on a case.
    if (part.as === "own") for (const account of [part.brand.id, ...part.told]) byHand.add(entryKeyOf(account, post));
  }
  const said = new Set(played.stands.values());
  for (const post of posts.values()) {
    if (!said.has(post.id) && !wanted.has(post.id)) tell("nothing else", `post ${post.id} is nobody's in the file`);
  }
  const seen = new Set<string>();
  const written = new Set(played.written.values());
  for (const { id, key } of received.org.entries) {
    if (key === undefined ? !written.has(id) : !inbound.has(key) && !byHand.has(key)) {
      tell("nothing else", `entry ${id} is nobody's in the file`);
    }
    if (key !== undefined && byHand.has(key) && seen.has(key)) tell("nothing else", `entry ${id} is there twice`);
    if (key !== undefined) seen.add(key);
  }
};

/** What an audit found. */
export interface Audited {
  /** Empty when all laws hold. */
  readonly differences: readonly Difference[];
  /** Answers that X refused because the account had said the very same words under the same tweet. */
  readonly duplicates: number;
}

/** Compares the file with what the sandboxes received. Pure. */
export const audit = (plot: Plot, played: Played, received: Received): Audited => {
  const differences: Difference[] = [];
  const tell: Tell = (law, detail, tweet) =>
    void differences.push({ law, detail, ...(tweet === undefined ? {} : { tweet }) });
  const { posts, requests } = received.x;
  const books: Books = {
    plot,
    played,
    posts: new Map(posts.map((post) => [post.id, post])),
    places: grouped(posts, (post) => placeOf(post.by, post.replyTo, wordsOf(post))),
    entries: grouped(received.org.entries, ({ key }) => key),
    byRecord: new Map(received.org.entries.map((entry) => [entry.id, entry])),
    tell,
  };
  const answers: Answer[] = [];
  for (const part of plot.parts.values()) {
    if (part.as === "heard") auditHeard(part, books);
    else if (part.as === "answer") answers.push(part);
    else if (!books.posts.has(played.stands.get(part.tweet) ?? ""))
      tell("a tweet stands once", "it is not on the feed", part.tweet);
  }
  const { wanted, refused, left } = auditAnswers(answers, received, books);
  auditCases(received, books);
  auditRest(received, wanted, books);
  for (const detail of auditRequests(requests, left)) tell("no second request without a proof", detail);
  return { differences, duplicates: refused.size };
};
