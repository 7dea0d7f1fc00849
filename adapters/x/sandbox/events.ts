import type { Chance } from "casethread/sandbox";
import { alongJson, letterEventJson, postJson } from "./render.ts";
import type { Letter, Post, World } from "./world.ts";

/** One delivery to the app's webhook. */
export interface Announcement {
  readonly account: string;
  readonly type: string;
  readonly body: string;
}

/** Says what X tells the app's accounts (docs.x.com/x-api/activity/introduction, event-payloads). */
export interface Announcer {
  posted(post: Post): readonly Announcement[];
  removed(post: Post): readonly Announcement[];
  wrote(letter: Letter): readonly Announcement[];
}

/** Makes an announcer for the accounts of one app. */
export const createAnnouncer = (world: World, chance: Chance): Announcer => {
  // A signed number of 64 bits: it may be below zero.
  const uuid = (): string => String(BigInt(Math.floor((chance() - 0.5) * 2 ** 52)) * 2_048n);
  const event = (account: string, type: string, payload: object, along?: object, id = uuid()): Announcement => ({
    account,
    type,
    body: JSON.stringify({
      data: {
        event_uuid: id,
        filter: { user_id: account },
        event_type: type,
        tag: type,
        payload,
        ...(along === undefined ? {} : { includes: along }),
      },
    }),
  });
  const ours = (id: string | undefined): boolean => id !== undefined && world.users.get(id)?.tier !== undefined;
  const authorOf = (id: string | undefined): string | undefined =>
    id === undefined ? undefined : world.posts.get(id)?.by;

  return {
    posted: (post) => {
      const payload = postJson(post, world);
      const along = alongJson([post], world);
      // Of posts that are made and of mentions, X's samples carry the post's id as the event's.
      const created = ours(post.by) ? [event(post.by, "post.create", payload, along, post.id)] : [];
      const others = (id: string | undefined): id is string => id !== post.by && ours(id);
      const parent = authorOf(post.replyTo);
      const quoted = authorOf(post.quote);
      return [
        ...created,
        // Only handles that the author wrote: those that X writes before an answer tell nobody.
        ...post.mentions
          .filter(({ id, explicit }) => explicit && others(id))
          .map(({ id }) => event(id, "post.mention.create", payload, along, post.id)),
        // Only direct answers, not answers to answers.
        ...(others(parent)
          ? [event(parent, "post.reply.create", { ...payload, in_reply_to_tweet_id: post.replyTo }, along)]
          : []),
        ...(others(quoted) ? [event(quoted, "post.quote.create", payload, along)] : []),
      ];
    },
    // Only the account's own: that a customer deleted a post is told to nobody.
    removed: (post) => (ours(post.by) ? [event(post.by, "post.delete", { id: post.id, author_id: post.by })] : []),
    wrote: (letter) => [
      ...(ours(letter.to) ? [event(letter.to, "dm.received", letterEventJson(letter, world))] : []),
      ...(ours(letter.from) ? [event(letter.from, "dm.sent", letterEventJson(letter, world))] : []),
    ],
  };
};
