import {
  type AccountRef,
  accountName,
  type Actor,
  findToken,
  type Gone,
  keyOf,
  type PersonaRef,
  type PostRef,
  type Said,
} from "casethread/adapter";
import { linkOf, postUrl } from "./ids.ts";
import { type FbFeed, type FbNode, type FbPerson, lastSecond } from "./shapes.ts";

/** To whom something was told, and how. */
export interface Told {
  readonly account: AccountRef;
  readonly source: Said["source"];
  readonly now: number;
  /** The ids of all Pages of the brand. */
  readonly ours: ReadonlySet<string>;
  /** The app's own id: who has a thread is told by it. */
  readonly app: string | undefined;
}

/** A commenter's id and the same person's id in Messenger are different numbers: each has a space of its own. */
export const commenter = (account: AccountRef, id: string): PersonaRef => ({ account, space: "user", id });
/** A person in Messenger, by the id that is theirs with this Page only. */
export const psid = (account: AccountRef, id: string): PersonaRef => ({ account, space: "psid", id });
/** Facebook does not say who it was: nobody is taken for the author of two comments. */
const unnamed = (account: AccountRef, post: string): PersonaRef => ({ account, space: "unnamed", id: post });

const actorOf = (told: Told, persona: PersonaRef): Actor => {
  if (persona.space === "unnamed") return { kind: "customer", persona };
  if (persona.id === told.account.id) return { kind: "brand", persona };
  return { kind: told.ours.has(persona.id) ? "other" : "customer", persona };
};

const seconds = (of: number | string | undefined): number | undefined => {
  const at = typeof of === "string" ? Date.parse(of) / 1_000 : of;
  return at !== undefined && at > 0 && at <= lastSecond ? Math.floor(at) : undefined;
};

/** When Graph says it was, in ms. */
export const dated = (written: string | undefined): number | undefined => {
  const at = seconds(written);
  return at === undefined ? undefined : at * 1_000;
};

/** The link of an invite, with its token. A new thread tells the token in a postback, an old one in a referral; up to 2,083 characters (developers.facebook.com/docs/messenger-platform/discovery/m-me-links). */
export const inviteLink = (page: string, token: string): string =>
  `https://m.me/${page}?ref=${encodeURIComponent(token)}`;

// The account's own words are told as they were typed, so that an echo is known again.
const ownWords = (text: string): string => text.replace(/(?<!\s)\s+https:\/\/m\.me\/\S+$/u, "");

interface Parts {
  readonly id: string;
  readonly from: FbPerson | undefined;
  readonly text: string;
  readonly at: number;
  readonly version: number;
  readonly parent: string | undefined;
  readonly root: string;
  readonly url: string;
  readonly media: readonly { readonly kind: string; readonly url: string }[];
}

const saidInPublic = (parts: Parts, told: Told): Said => {
  const { account } = told;
  const at = (id: string): PostRef => ({ account, id });
  const by = parts.from === undefined ? unnamed(account, parts.id) : commenter(account, parts.from.id);
  const entry = keyOf.entry(account, "post", parts.id);
  const actor = actorOf(told, by);
  const token = findToken(parts.text);
  return {
    as: "said",
    key: keyOf.said(entry, parts.version),
    at: parts.at,
    source: told.source,
    entry,
    by,
    actor,
    side: "public",
    text: actor.kind === "brand" ? ownWords(parts.text) : parts.text,
    version: parts.version,
    ...(parts.from?.name === undefined ? {} : { profile: { name: parts.from.name } }),
    url: parts.url,
    ...(parts.media.length === 0 ? {} : { media: parts.media }),
    post: at(parts.id),
    ...(parts.parent === undefined ? {} : { parent: at(parts.parent) }),
    root: at(parts.root),
    ...(token === undefined || actor.kind === "brand" ? {} : { token }),
    summons: true,
  };
};

const author = (value: FbFeed): FbPerson | undefined =>
  value.from ?? (value.sender_id === undefined ? undefined : { id: value.sender_id, name: value.sender_name });

const mediaOf = ({ photo, photos, video, link }: FbFeed): Parts["media"] => {
  const pictures = [...new Set([...(photo === undefined ? [] : [photo]), ...photos])];
  return [
    ...pictures.map((url) => ({ kind: "photo", url })),
    ...(video === undefined ? [] : [{ kind: "video", url: video }]),
    // Beside a photo or a video the link is its own page.
    ...(link === undefined || pictures.length > 0 || video !== undefined ? [] : [{ kind: "link", url: link }]),
  ];
};

const edits: ReadonlySet<string> = new Set(["edit", "edited", "update"]);

/** Something said on the feed: a comment, a reply to one, a post. Undefined when it lacks its id. `sentAt`: when Facebook told it, in seconds. */
export const saidOfFeed = (value: FbFeed, sentAt: number | undefined, told: Told): Said | undefined => {
  const isComment = value.item === "comment";
  const id = isComment ? value.comment_id : value.post_id;
  if (id === undefined) return undefined;
  // `created_time` is the time of the change: it moves with each verb.
  const changed = seconds(value.edited_time) ?? seconds(value.created_time) ?? sentAt;
  const root = value.post_id ?? value.parent_id ?? id;
  return saidInPublic(
    {
      id,
      from: author(value),
      text: value.message ?? "",
      at: changed === undefined ? told.now : changed * 1_000,
      // Facebook counts no versions: of two edits the later is the newer, and the second it was made in tells which.
      version: edits.has(value.verb) && changed !== undefined ? Math.max(2, Math.floor(changed)) : 1,
      parent: isComment ? (value.parent_id ?? value.post_id) : undefined,
      root,
      url: (isComment ? undefined : linkOf(value.post?.permalink_url)) ?? postUrl(told.account, id, root),
      media: mediaOf(value),
    },
    told,
  );
};

/** The same, as Graph gives it in a catch-up. `under`: the post that a comment is under. Graph tells no edits: it is taken for the first version where nothing else is known. */
export const saidOfNode = (node: FbNode, under: string | undefined, told: Told, version = 1): Said => {
  const picture = node.attachment?.url ?? node.full_picture;
  return saidInPublic(
    {
      id: node.id,
      from: node.from,
      text: node.message ?? "",
      at: dated(node.created_time) ?? told.now,
      version,
      parent: under === undefined ? undefined : (node.parent?.id ?? under),
      root: under ?? node.id,
      url: postUrl(told.account, node.id),
      media: picture === undefined ? [] : [{ kind: node.attachment?.type ?? "photo", url: picture }],
    },
    told,
  );
};

const goings: Readonly<Record<string, Gone["how"]>> = {
  remove: "deleted",
  delete: "deleted",
  hide: "hidden",
  unhide: "shown",
};

/** Something left the feed, or came back. Undefined when it is neither, or lacks its id. */
export const goneOfFeed = (value: FbFeed, sentAt: number | undefined, told: Told): Gone | undefined => {
  const how = goings[value.verb];
  const id = value.item === "comment" ? value.comment_id : value.post_id;
  if (how === undefined || id === undefined) return undefined;
  const at = seconds(value.created_time) ?? sentAt;
  // A comment is removed once; it may be hidden and shown many times.
  const often = how === "deleted" || at === undefined ? [] : [at];
  return {
    as: "gone",
    key: keyOf.event(accountName(told.account), how, id, ...often),
    at: at === undefined ? told.now : at * 1_000,
    source: told.source,
    entry: keyOf.entry(told.account, "post", id),
    post: { account: told.account, id },
    how,
  };
};
