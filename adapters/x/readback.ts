import {
  type AccountRef,
  BridgeError,
  type ChannelTask,
  type Kit,
  type PersonaRef,
  type Receipt,
  type Sent,
  type Side,
} from "casethread/adapter";
import { z } from "zod";
import { byId, newestOf, numeric, postUrl, threadWith } from "./ids.ts";
import { type Caller, letters, ownPosts, pagesOf, pictures } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { saidOfDmEvent, saidOfPost, type Told } from "./said.ts";
import { dmEvent, post } from "./shapes.ts";
import { sameAsSent } from "./text.ts";

interface Known {
  readonly id: string | undefined;
}

/** The newest own act known at each door: a mark only has to be older than the act it stands before. */
export interface Marks {
  /** An act of the account was seen: by reading, or because it was just performed. */
  saw(account: AccountRef, to: PersonaRef | undefined, id: string): void;
  /** The newest known, if it was read within the last minute. */
  recent(account: AccountRef, to: PersonaRef | undefined, now: number): Known | undefined;
  /** The newest known, however long ago. */
  last(account: AccountRef, to: PersonaRef | undefined): Known | undefined;
  read(account: AccountRef, to: PersonaRef | undefined, id: string | undefined, now: number): void;
}

// Reading the newest message with one person costs one of 15 reads in 15 minutes.
const freshMs = 60_000;
const mostDoors = 10_000;

/** Makes an empty memory of marks. */
export const createMarks = (): Marks => {
  const doors = new Map<string, { readonly id: string | undefined; readonly at: number }>();
  const name = (account: AccountRef, to: PersonaRef | undefined): string => `${account.id}/${to?.id ?? "posts"}`;
  const put = (key: string, id: string | undefined, at: number): void => {
    doors.delete(key);
    doors.set(key, { id: newestOf([doors.get(key)?.id, id]), at });
    const [oldest] = doors.keys();
    if (doors.size > mostDoors && oldest !== undefined) doors.delete(oldest);
  };
  return {
    saw: (account, to, id) => {
      const known = doors.get(name(account, to));
      if (known !== undefined) put(name(account, to), newestOf([known.id, id]), known.at);
    },
    recent: (account, to, now) => {
      const known = doors.get(name(account, to));
      return known !== undefined && now - known.at < freshMs ? known : undefined;
    },
    last: (account, to) => doors.get(name(account, to)),
    read: (account, to, id, now) => put(name(account, to), id, now),
  };
};

const doorOf = (
  account: XAccount,
  to: PersonaRef | undefined,
): { path: string; fields: Readonly<Record<string, string>> } =>
  to === undefined
    ? { path: `users/${account.id}/tweets`, fields: { ...ownPosts, ...pictures } }
    : { path: `dm_conversations/with/${numeric(to)}/dm_events`, fields: letters };

/** The newest of the account's acts that X shows, in public or with one person. */
export const newestShown = async (
  ask: Caller,
  at: {
    readonly account: XAccount;
    readonly ref: AccountRef;
    readonly to: PersonaRef | undefined;
    readonly marks: Marks;
  },
  kit: Kit,
): Promise<string | undefined> => {
  const { account, ref, to, marks } = at;
  const known = marks.recent(ref, to, kit.now());
  if (known !== undefined) return known.id;
  const { path } = doorOf(account, to);
  const ids: string[] = [];
  const fields = { max_results: 5, ...(to === undefined ? {} : { event_types: "MessageCreate" }) };
  try {
    for await (const { items } of pagesOf(ask, { account, path, fields, purpose: "mark" }, 1, kit)) {
      ids.push(...items.flatMap((item) => anId.safeParse(item).data?.id ?? []));
    }
  } catch (thrown) {
    // An older mark only makes a later look longer; words should not wait for a newer one.
    if (thrown instanceof BridgeError && thrown.fault === "throttled") return marks.last(ref, to)?.id;
    throw thrown;
  }
  marks.read(ref, to, newestOf(ids), kit.now());
  return newestOf(ids);
};

const side = (task: ChannelTask): Side | undefined => {
  const { do: deed } = task.effect.act;
  return deed === "reply" ? "public" : deed === "message" ? "private" : undefined;
};

const anId = z.object({ id: z.string().regex(/^\d{1,20}$/) });

// Nothing lands before it was promised; clocks may differ by this much.
const skewMs = 300_000;
// 300 acts: X lets an account write 100 posts, or 15 messages, in 15 minutes.
const mostPages = 3;

/** Did these words land? Looks only past the mark. An absence is no proof: X's index lags, by how much it does not say. */
export const findLanded = async (
  ask: Caller,
  about: { readonly task: ChannelTask; readonly sent: Sent; readonly account: XAccount; readonly told: Told },
  kit: Kit,
): Promise<Receipt | "unknown"> => {
  const { task, sent, account, told } = about;
  const act = task.effect.act;
  // What X does at most once is done again, not looked for.
  if (side(task) === undefined || !("words" in task)) return "unknown";
  const to = act.do === "message" ? act.to : undefined;
  const { path, fields } = doorOf(account, to);
  const since = act.do === "reply" && sent.since !== undefined ? { since_id: sent.since } : {};
  const found: Receipt[] = [];
  const from = { account, path, fields: { ...fields, ...since, max_results: 100 } };
  for await (const { items, along } of pagesOf(ask, from, mostPages, kit)) {
    for (const item of items) {
      const said =
        act.do === "reply"
          ? post.transform((read) => saidOfPost(read, along, told)).safeParse(item).data
          : dmEvent.transform((read) => saidOfDmEvent(read, along, told)).safeParse(item).data;
      if (said === undefined || said.by.id !== account.id || !sameAsSent(said.text, task.words)) continue;
      // What went without words is known by having gone with a file.
      if (task.words === "" && said.media === undefined) continue;
      if (act.do === "reply" && said.parent?.id !== act.under.id) continue;
      const id = said.post?.id ?? said.key.split("/").at(-1) ?? "";
      if (said.at < task.effect.at - skewMs) continue;
      if (sent.since !== undefined && byId(id, sent.since) <= 0) continue;
      const receipt = { at: said.at, proof: "read-back" };
      if (said.post !== undefined) found.push({ ...receipt, post: said.post, url: postUrl(id) });
      else if (to !== undefined) found.push({ ...receipt, thread: threadWith(told.account, to.id), message: id });
    }
  }
  // Newest first is X's order: of several, the oldest is the one that this attempt made.
  return found.at(-1) ?? "unknown";
};
