import {
  type AccountRef,
  type Actor,
  findToken,
  type Gone,
  keyOf,
  accountName,
  type Media,
  type PersonaRef,
  type PostRef,
  type Profile,
  type Said,
} from "casethread/adapter";
import { madeAt, postUrl, threadWith } from "./ids.ts";
import type { Includes, XDmEvent, XFile, XLinks, XMessage, XOldPost, XPost, XUser } from "./shapes.ts";
import { asTyped, type Link } from "./text.ts";

/** To whom something was told, and how. */
export interface Told {
  readonly account: AccountRef;
  readonly source: Said["source"];
  readonly now: number;
  /** The ids of all accounts of the brand. */
  readonly ours: ReadonlySet<string>;
}

const personaOf = (told: Told, id: string): PersonaRef => ({ account: told.account, space: "user", id });

const actorOf = (told: Told, id: string): Actor => {
  const persona = personaOf(told, id);
  if (id === told.account.id) return { kind: "brand", persona };
  // Another account of the brand is no customer, and its words are no echo of this account's either.
  return { kind: told.ours.has(id) ? "other" : "customer", persona };
};

// A CRM takes no year beyond 9999, and what is no moment at all would not outlive JSON.
const isMoment = (at: number): boolean => at >= 0 && at < Date.UTC(10_000, 0);

const dateOf = (written: string | undefined, id: string, now: number): number => {
  const at = written === undefined ? Number.NaN : /^\d+$/.test(written) ? Number(written) : Date.parse(written);
  const made = madeAt(id);
  if (!isMoment(at)) return made ?? now;
  // X writes down whole seconds; its ids know the rest, and so which of two came first.
  return made !== undefined && made - (made % 1_000) === at ? made : at;
};

/** What X shows of a person. */
const profileOf = (user: Omit<XUser, "id"> | undefined): Profile | undefined => {
  if (user === undefined) return undefined;
  const handle = user.username ?? user.screen_name;
  const followers = user.public_metrics?.followers_count ?? user.followers_count;
  return {
    ...(handle === undefined ? {} : { handle }),
    ...(user.name === undefined ? {} : { name: user.name }),
    ...(followers === undefined ? {} : { followers }),
    ...(user.verified === undefined ? {} : { verified: user.verified }),
  };
};

const linksOf = (entities: XLinks | undefined): Link[] =>
  (entities?.urls ?? []).map(({ url, expanded_url: expanded }) => ({ url, expanded }));

interface Parts {
  readonly id: string;
  readonly author: string;
  readonly text: string;
  readonly history: readonly string[];
  readonly at: number;
  readonly parent: string | undefined;
  readonly conversation: string | undefined;
  readonly summons: boolean;
  readonly share: boolean;
  readonly profile: Profile | undefined;
  readonly language: string | undefined;
  readonly media: readonly Media[];
}

// Before an answer X writes the handles of those it goes to, and behind it links: of an invite, of files. The account's own
// words are told as they were typed, so that an echo is known again; a customer's stay as X shows them.
const ownLinks =
  /(?:(?:^|(?<!\s)\s+)https:\/\/(?:x|twitter)\.com\/(?:messages\/(?:compose\?\S*|media\/\d+)|\w+\/status\/\d+\/(?:photo|video)\/\d+))+$/u;
const ownWords = (text: string): string => text.replace(/^(?:@\w{1,15}\s+)+/u, "").replace(ownLinks, "");

const saidInPublic = (parts: Parts, told: Told): Said => {
  const { account } = told;
  const at = (id: string): PostRef => ({ account, id });
  // Every edit has an id of its own; the first in the history stays (docs.x.com/x-api/fundamentals/edit-posts).
  const first = parts.history[0] ?? parts.id;
  const version = Math.max(0, parts.history.indexOf(parts.id)) + 1;
  const entry = keyOf.entry(account, "post", first);
  const token = findToken(parts.text);
  const { language, profile } = parts;
  return {
    as: "said",
    key: keyOf.said(entry, version),
    at: parts.at,
    source: told.source,
    entry,
    by: personaOf(told, parts.author),
    actor: actorOf(told, parts.author),
    side: "public",
    text: parts.author === account.id && parts.parent !== undefined ? ownWords(parts.text) : parts.text,
    version,
    ...(profile === undefined ? {} : { profile }),
    url: postUrl(parts.id),
    // "und", "qme", "zxx" and their like say that X found no language.
    ...(language === undefined || !/^[a-z]{2}(?:-|$)/.test(language) ? {} : { language }),
    ...(parts.media.length === 0 ? {} : { media: parts.media }),
    post: at(parts.id),
    ...(parts.parent === undefined ? {} : { parent: at(parts.parent) }),
    root: at(parts.conversation ?? parts.parent ?? first),
    ...(token === undefined ? {} : { token }),
    summons: parts.summons,
    ...(parts.share ? { share: true } : {}),
  };
};

const filesOf = (keys: readonly string[], along: Includes): readonly Media[] =>
  along.media
    .filter(({ media_key: key }) => keys.includes(key))
    .flatMap(({ type, url, preview_image_url: preview }) => {
      const seen = url ?? preview;
      return seen === undefined ? [] : [{ kind: type, url: seen }];
    });

/** Does it name the account? What a long post says past its first 280 letters stands in its note alone. */
export const names = (post: XPost, account: AccountRef): boolean =>
  [post, post.note_tweet, post.note_post].some((part) =>
    (part?.entities?.mentions ?? []).some(({ id }) => id === account.id),
  );

const fileOf = ({ type, media_url_https: url }: XFile): Media => ({ kind: type, url });

/** A post of API v2 or the X Activity API. `calls`: X said in another way that it names or quotes the account. */
export const saidOfPost = (post: XPost, along: Includes, told: Told, calls = false): Said => {
  const long = post.note_tweet ?? post.note_post;
  const references = post.referenced_tweets ?? post.referenced_posts ?? [];
  const refers = (type: string): string | undefined => references.find((one) => one.type === type)?.id;
  const quoted = refers("quoted");
  const quotedBy = [...along.tweets, ...along.posts].find(({ id }) => id === quoted)?.author_id;
  const links = linksOf(long === undefined ? post.entities : (long.entities ?? post.entities));
  return saidInPublic(
    {
      id: post.id,
      author: post.author_id,
      text: asTyped(long?.text ?? post.text, links),
      history: post.edit_history_tweet_ids ?? post.edit_history_post_ids ?? [post.id],
      at: dateOf(post.created_at, post.id, told.now),
      parent: refers("replied_to") ?? post.in_reply_to_tweet_id ?? post.in_reply_to_post_id,
      conversation: post.conversation_id,
      summons: calls || quotedBy === told.account.id || names(post, told.account),
      share: refers("retweeted") !== undefined,
      profile: profileOf(along.users.find(({ id }) => id === post.author_id)),
      language: post.lang,
      media: filesOf(post.attachments?.media_keys ?? [], along),
    },
    told,
  );
};

/** A post that was found by its words. Who calls on the account, or answers it, has spoken to it, whatever was listened for. */
export const overheard = (said: Said): Said => (said.summons === true ? said : { ...said, overheard: true });

/** A post of the older Account Activity API. Undefined when it lacks an id, an author or words. */
export const saidOfOldPost = (post: XOldPost, told: Told): Said | undefined => {
  const id = post.id_str ?? post.id;
  const author = post.user.id_str ?? post.user.id;
  const text = post.extended_tweet?.full_text ?? post.full_text ?? post.text;
  if (id === undefined || author === undefined || text === undefined) return undefined;
  const entities = post.extended_tweet?.entities ?? post.entities;
  const quoted = post.quoted_status?.user;
  return saidInPublic(
    {
      id,
      author,
      text: asTyped(text, linksOf(entities)),
      history: post.edit_history?.edit_tweet_ids ?? [id],
      at: dateOf(post.created_at, id, told.now),
      parent: post.in_reply_to_status_id_str ?? undefined,
      // The older API does not tell the root of a thread.
      conversation: undefined,
      summons:
        (quoted?.id_str ?? quoted?.id) === told.account.id ||
        (entities?.user_mentions ?? []).some((one) => (one.id_str ?? one.id) === told.account.id),
      share: post.retweeted_status !== undefined,
      profile: profileOf(post.user),
      language: post.lang,
      media: (post.extended_tweet?.extended_entities ?? post.extended_entities)?.media.map(fileOf) ?? [],
    },
    told,
  );
};

interface Letter {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly at: number;
  readonly profile: Profile | undefined;
  readonly media: readonly Media[];
}

const saidInPrivate = (letter: Letter, told: Told): Said => {
  const { account } = told;
  const entry = keyOf.entry(account, "dm", letter.id);
  const token = findToken(letter.text);
  return {
    as: "said",
    key: keyOf.said(entry, 1),
    at: letter.at,
    source: told.source,
    entry,
    by: personaOf(told, letter.from),
    actor: actorOf(told, letter.from),
    side: "private",
    text: letter.from === account.id ? letter.text.replace(ownLinks, "") : letter.text,
    version: 1,
    ...(letter.media.length === 0 ? {} : { media: letter.media }),
    ...(letter.profile === undefined ? {} : { profile: letter.profile }),
    thread: threadWith(account, letter.from === account.id ? letter.to : letter.from),
    message: letter.id,
    ...(letter.from === account.id ? { to: personaOf(told, letter.to) } : {}),
    ...(token === undefined ? {} : { token }),
  };
};

/** A private message of a webhook. Undefined when it is neither from the account nor to it. */
export const saidOfMessage = (letter: XMessage, users: ReadonlyMap<string, XUser>, told: Told): Said | undefined => {
  const { target, sender_id: from, message_data: data } = letter.message_create;
  if (from !== told.account.id && target.recipient_id !== told.account.id) return undefined;
  return saidInPrivate(
    {
      id: letter.id,
      from,
      to: target.recipient_id,
      text: asTyped(data.text, linksOf(data.entities)),
      at: dateOf(letter.created_timestamp, letter.id, told.now),
      profile: profileOf(users.get(from)),
      media: data.attachment === undefined ? [] : [fileOf(data.attachment.media)],
    },
    told,
  );
};

/** A private message of API v2. Undefined for a group, which has no one it was said to. */
export const saidOfDmEvent = (event: XDmEvent, along: Includes, told: Told): Said | undefined => {
  const pair = /^(\d+)-(\d+)$/.exec(event.dm_conversation_id)?.slice(1) ?? [];
  if (!pair.includes(told.account.id) || !pair.includes(event.sender_id)) return undefined;
  return saidInPrivate(
    {
      id: event.id,
      from: event.sender_id,
      to: pair.find((id) => id !== event.sender_id) ?? event.sender_id,
      text: asTyped(event.text, linksOf(event.entities)),
      at: dateOf(event.created_at, event.id, told.now),
      profile: profileOf(along.users.find(({ id }) => id === event.sender_id)),
      media: filesOf(event.attachments?.media_keys ?? [], along),
    },
    told,
  );
};

/**
 * A post of the account was deleted. X names only one version, and deleting any version deletes them all: the post itself
 * is what finds the conversation.
 */
export const goneOf = (id: string, told: Told, at?: string): Gone & { readonly how: "deleted" } => ({
  as: "gone",
  key: keyOf.event(accountName(told.account), "deleted", id),
  at: dateOf(at, "0", told.now),
  source: told.source,
  entry: keyOf.entry(told.account, "post", id),
  post: { account: told.account, id },
  how: "deleted",
});
