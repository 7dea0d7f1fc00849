import type { ChannelTask, Price } from "casethread/adapter";
import { z } from "zod";
import type { XCall } from "./client.ts";
import type { XAccount } from "./options.ts";
import { hasLink } from "./text.ts";

/** X's prices on pay-per-use, in US dollars (docs.x.com/x-api/getting-started/pricing, August 2026). */
export interface XPrices {
  /** Reading a post. @default 0.005 */
  readonly readPost: number;
  /** Reading a person. @default 0.010 */
  readonly readUser: number;
  /** Reading a private message. @default 0.010 */
  readonly readMessage: number;
  /** An answer to somebody who called. @default 0.010 */
  readonly reply: number;
  /** An answer with a link in its words. X does not say whether the lower price of an answer counts then. @default 0.200 */
  readonly replyWithLink: number;
  /** An answer that carries a link into private beside its words. X does not say; the dearer is planned for. @default 0.200 */
  readonly replyWithDeepLink: number;
  /** Counting the posts of a search. @default 0.005 */
  readonly count: number;
  /** Sending a private message. @default 0.015 */
  readonly message: number;
  /** Hiding, showing and removing. @default 0.005 */
  readonly manage: number;
}

const listed: XPrices = {
  readPost: 0.005,
  readUser: 0.01,
  readMessage: 0.01,
  reply: 0.01,
  replyWithLink: 0.2,
  replyWithDeepLink: 0.2,
  count: 0.005,
  message: 0.015,
  manage: 0.005,
};
const source = "docs.x.com/x-api/getting-started/pricing, 2026-08";

/** All prices: those given, and X's own list for the rest. */
export const pricesOf = (given: Partial<XPrices> | undefined): XPrices => ({ ...listed, ...given });

/** How an answer carries its invite: by whichever costs less, and without using up its words where both cost the same. */
export const inviteAs = (prices: XPrices): "deepLink" | "link" =>
  prices.replyWithLink < prices.replyWithDeepLink ? "link" : "deepLink";

const replyPrice = (words: string, invite: boolean, prices: XPrices): number => {
  const link = hasLink(words) || (invite && inviteAs(prices) === "link");
  const deepLink = invite && inviteAs(prices) === "deepLink";
  return Math.max(prices.reply, link ? prices.replyWithLink : 0, deepLink ? prices.replyWithDeepLink : 0);
};

/** What an act costs. Enterprise access is paid by contract. */
export const priceOf = (task: ChannelTask, account: XAccount | undefined, prices: XPrices): Price => {
  if (account?.tier === "enterprise") return { usd: 0, source: "by contract" };
  const act = task.effect.act;
  const usd = (amount: number): Price => ({ usd: amount, source });
  switch (act.do) {
    case "reply":
      return usd(replyPrice("words" in task ? task.words : "", act.invite !== undefined, prices));
    case "message":
      return usd(prices.message);
    case "hide":
    case "retract":
      return usd(prices.manage);
    case "look":
      return usd(prices.readPost + prices.readUser);
    case "like":
    case "privateReply":
    case "control":
      return usd(0);
  }
};

/** Something that X bills once a day, however often it is read. */
export interface Read {
  readonly id: string;
  readonly usd: number;
}

const one = z.object({ id: z.string() });
const many = z.union([z.array(one.catch({ id: "" })), one.transform((single) => [single])]).catch([]);
const answered = z.object({
  data: many.optional(),
  includes: z.object({ users: many, tweets: many, posts: many }).partial().catch({}).optional(),
});

/** What a call that X answered was billed: for what it did, and for each thing it read. */
export const costOf = (
  { method, path, fields, account }: XCall,
  data: unknown,
  prices: XPrices,
): { readonly usd: number; readonly reads: readonly Read[] } => {
  if (account.tier === "enterprise") return { usd: 0, reads: [] };
  if (method === "post" && path === "tweets") {
    const { text, direct_message_deep_link: invite } = { ...fields };
    const words = typeof text === "string" ? text : "";
    const deepLink = invite === undefined ? 0 : prices.replyWithDeepLink;
    return { usd: Math.max(prices.reply, hasLink(words) ? prices.replyWithLink : 0, deepLink), reads: [] };
  }
  if (method === "post") return { usd: path.startsWith("dm_conversations/") ? prices.message : 0, reads: [] };
  if (method !== "get") return { usd: path.startsWith("tweets/") ? prices.manage : 0, reads: [] };
  if (path.startsWith("tweets/counts/")) return { usd: prices.count, reads: [] };
  if (!/^(?:tweets|users|dm_)/.test(path)) return { usd: 0, reads: [] };
  const read = answered.safeParse(data).data ?? {};
  const of = (kind: string, items: readonly { readonly id: string }[] | undefined, usd: number): Read[] =>
    (items ?? []).map(({ id }) => ({ id: `${kind}/${id}`, usd }));
  const own = /^users\/\d+$/.test(path) ? "user" : path.startsWith("dm_") ? "message" : "post";
  const each = { user: prices.readUser, message: prices.readMessage, post: prices.readPost }[own];
  const { users, tweets, posts } = read.includes ?? {};
  return {
    usd: 0,
    reads: [
      ...of(own, read.data, each),
      ...of("user", users, prices.readUser),
      ...of("post", tweets, prices.readPost),
      ...of("post", posts, prices.readPost),
    ],
  };
};
