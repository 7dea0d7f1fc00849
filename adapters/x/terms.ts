import type {
  AccountRef,
  Capacity,
  ChannelAbilities,
  ChannelDeed,
  ChannelTask,
  Price,
  UnknownOutcome,
} from "casethread/adapter";
import type { RateLimit } from "./client.ts";
import type { XAccount, XOptions } from "./options.ts";
import { hasLink } from "./text.ts";

const never: UnknownOutcome = {
  repeat: "never",
  // X says nothing of how long its index may hide a post.
  quietMs: 120_000,
  reads: [60_000, 300_000, 1_800_000],
  source: "undocumented by X: our caution",
};
const once: UnknownOutcome = {
  repeat: "idempotent",
  quietMs: 15_000,
  reads: [],
  source: "a state that is set: docs.x.com/x-api/posts/hide-replies, /manage-tweets",
};

/** What an account may do on X. */
export const abilitiesOf = (account: XAccount, options: XOptions): ChannelAbilities => {
  const words: UnknownOutcome = {
    ...never,
    ...options.unknown,
    ...(options.unknown === undefined ? {} : { source: "the operator's own bounds" }),
  };
  return {
    // Since 2026-02-23 only those who mentioned or quoted the account, unless the app is an enterprise's.
    reply: { summonedOnly: account.tier !== "enterprise" },
    privateReply: false,
    // X closes no window on a thread. 30 days are the brand's own: as long as X shows its private messages, so that what
    // is sent can be read back.
    message: { withinMs: 30 * 24 * 3_600_000, first: false },
    invite: true,
    hide: true,
    retract: true,
    control: false,
    look: true,
    unknown: { reply: words, message: words, hide: once, retract: once, look: once },
  };
};

type Bucket = "posts" | "dms" | "hides" | "deletes" | "looks";
const bucketOf: Readonly<Record<ChannelDeed, Bucket>> = {
  reply: "posts",
  like: "posts",
  message: "dms",
  privateReply: "dms",
  control: "dms",
  hide: "hides",
  retract: "deletes",
  look: "looks",
};

/** The bucket that an act is counted in: X limits each endpoint by itself. */
export const bucketName = (account: AccountRef, act: ChannelDeed): string => `x/${account.id}/${bucketOf[act]}`;

const windowMs = 900_000;
// docs.x.com/x-api/fundamentals/rate-limits, 2026-08, per user and 15 minutes. Another page says 200 posts: the smaller
// is the safer. A look reads a post and a person.
const documented: Readonly<Record<Bucket, number>> = { posts: 100, dms: 15, hides: 50, deletes: 50, looks: 900 };

/** What the headers of X's answers said last. */
export interface Gauge {
  note(account: AccountRef, act: ChannelDeed, limit: RateLimit | undefined): void;
  /** X said "too much": nothing is left until then. */
  spent(account: AccountRef, act: ChannelDeed, resetsAt: number): void;
  capacity(account: AccountRef, act: ChannelDeed, now: number): Capacity;
}

/** Makes a gauge that has seen nothing: until it has, what X documents counts. */
export const createGauge = (): Gauge => {
  const seen = new Map<string, Capacity>();
  return {
    note: (account, act, limit) => {
      if (limit === undefined) return;
      const windows = [limit, limit.userDay].flatMap((one) => (one === undefined ? [] : [one]));
      const tightest = windows.sort((a, b) => a.remaining - b.remaining)[0] ?? limit;
      seen.set(bucketName(account, act), { left: tightest.remaining, resetsAt: tightest.reset * 1_000 });
    },
    spent: (account, act, resetsAt) => void seen.set(bucketName(account, act), { left: 0, resetsAt }),
    capacity: (account, act, now) => {
      const last = seen.get(bucketName(account, act));
      if (last !== undefined && last.resetsAt > now) return last;
      return { left: documented[bucketOf[act]], resetsAt: now + windowMs };
    },
  };
};

const source = "docs.x.com/x-api/getting-started/pricing, 2026-08";

/** What an act costs on pay-per-use. Enterprise access is paid by contract. */
export const priceOf = (task: ChannelTask, account: XAccount | undefined): Price => {
  if (account?.tier === "enterprise") return { usd: 0, source: "by contract" };
  const act = task.effect.act;
  const usd = (amount: number): Price => ({ usd: amount, source });
  switch (act.do) {
    case "reply":
      // X does not say whether a link in an answer that was called for costs 0.010 or 0.200: the dearer is planned for.
      if (act.invite !== undefined || ("words" in task && hasLink(task.words))) return usd(0.2);
      return usd(0.01);
    case "message":
      return usd(0.015);
    case "hide":
    case "retract":
      return usd(0.005);
    case "look":
      // A post at 0.005 and a person at 0.010.
      return usd(0.015);
    case "like":
    case "privateReply":
    case "control":
      return usd(0);
  }
};
