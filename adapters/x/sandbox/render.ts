import twitterText from "twitter-text";
import type { Letter, Post, User, World } from "./world.ts";

const links = /https?:\/\/[^\s]+/g;
const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => signs[sign] ?? sign);

// Indices count characters, not halves of pairs.
const length = (text: string): number => Array.from(text).length;

// X links "acme.com" as it does "https://acme.com".
const linksIn = (text: string): readonly { readonly from: number; readonly to: number }[] => {
  const whole = [...text.matchAll(links)].map((hit) => ({ from: hit.index, to: hit.index + hit[0].length }));
  const bare = twitterText
    .extractUrlsWithIndices(text)
    .map(({ indices: [from, to] }) => ({ from, to }))
    .filter(({ from }) => !whole.some((one) => one.from <= from && from < one.to));
  return [...whole, ...bare].sort((a, b) => a.from - b.from);
};

/** The words as X shows them: three signs escaped, every link shortened. */
const shown = (text: string, id: string): { readonly text: string; readonly urls: readonly object[] } => {
  const urls: object[] = [];
  let out = "";
  let done = 0;
  for (const { from, to } of linksIn(text)) {
    out += escaped(text.slice(done, from));
    const written = text.slice(from, to);
    const url = `https://t.co/${BigInt(id).toString(36)}${urls.length}`;
    const start = length(out);
    out += url;
    const expanded = written.startsWith("http") ? written : `http://${written}`;
    const display = written.replace(/^https?:\/\//, "").slice(0, 26);
    urls.push({ start, end: length(out), url, expanded_url: expanded, display_url: display });
    done = to;
  }
  return { text: out + escaped(text.slice(done)), urls };
};

// X writes whole seconds: the finer moment stands in the id only.
const iso = (at: number): string => new Date(Math.floor(at / 1_000) * 1_000).toISOString();

/** A person, as API v2 and the X Activity API show one (docs.x.com/x-api/fundamentals/data-dictionary). */
export const userJson = (
  user: User,
  fields?: readonly string[],
  seenBy?: { readonly world: World; readonly by: User },
): object => ({
  id: user.id,
  name: user.name,
  username: user.handle,
  verified: false,
  public_metrics: { followers_count: user.followers, following_count: 7, tweet_count: 12, listed_count: 0 },
  ...(fields?.includes("receives_your_dm") === true && seenBy !== undefined
    ? { receives_your_dm: seenBy.world.mayWrite(seenBy.by, user) }
    : {}),
  ...(fields?.includes("connection_status") === true ? { connection_status: [] } : {}),
});

const keyOfFile = (id: string): string => `3_${id}`;
const pictureAt = (picture: string): string =>
  /^https?:/.test(picture) ? picture : `https://ton.x.com/i/ton/data/dm/${picture}.jpg`;

/** What goes along with posts and private messages, as an expansion shows it. */
export const filesJson = (
  of: readonly { readonly media?: readonly string[]; readonly picture?: string; readonly id: string }[],
): object[] =>
  of.flatMap(({ media = [], picture, id }) => [
    ...media.map((file) => ({
      media_key: keyOfFile(file),
      type: "photo",
      url: `https://pbs.twimg.com/media/${file}.jpg`,
    })),
    ...(picture === undefined ? [] : [{ media_key: keyOfFile(id), type: "photo", url: pictureAt(picture) }]),
  ]);

/** A post, as API v2 and the X Activity API show one. */
export const postJson = (post: Post, world: World): object => {
  const { text, urls } = shown(post.text, post.id);
  const referenced = [
    ...(post.replyTo === undefined ? [] : [{ type: "replied_to", id: post.replyTo }]),
    ...(post.quote === undefined ? [] : [{ type: "quoted", id: post.quote }]),
  ];
  const parent = post.replyTo === undefined ? undefined : world.posts.get(post.replyTo);
  const mentions = post.mentions.map(({ id, handle }) => {
    const start = length(text.slice(0, Math.max(0, text.toLowerCase().indexOf(`@${handle.toLowerCase()}`))));
    return { start, end: start + handle.length + 1, username: handle, id };
  });
  return {
    id: post.id,
    text,
    author_id: post.by,
    created_at: iso(post.at),
    conversation_id: post.conversation,
    edit_history_tweet_ids: post.history,
    edit_controls: {
      edits_remaining: 6 - post.history.length,
      is_edit_eligible: true,
      editable_until: iso(post.at + 3_600_000),
    },
    display_text_range: [post.lead, length(text)],
    ...(post.media === undefined ? {} : { attachments: { media_keys: post.media.map(keyOfFile) } }),
    ...(parent === undefined ? {} : { in_reply_to_user_id: parent.by }),
    ...(referenced.length === 0 ? {} : { referenced_tweets: referenced }),
    ...(mentions.length + urls.length === 0 ? {} : { entities: { mentions, urls } }),
    reply_settings: "everyone",
    lang: post.language ?? "en",
    possibly_sensitive: false,
  };
};

const usersOf = (posts: readonly Post[], world: World): readonly User[] =>
  [...new Set(posts.map(({ by }) => by))].flatMap((id) => world.users.get(id) ?? []);

/** What comes along with posts in a delivery. */
export const alongJson = (posts: readonly Post[], world: World): object => ({
  users: usersOf(posts, world).map((user) => userJson(user)),
  tweets: posts
    .flatMap(({ quote }) => (quote === undefined ? [] : (world.posts.get(quote) ?? [])))
    .map((one) => postJson(one, world)),
});

/** The thread of two people: both ids, the smaller first. */
export const threadId = (a: string, b: string): string => (BigInt(a) < BigInt(b) ? `${a}-${b}` : `${b}-${a}`);

/** A private message, as `GET /2/dm_events` shows one (docs.x.com/x-api/direct-messages/lookup). */
export const letterJson = (letter: Letter): object => {
  const { text, urls } = shown(letter.text, letter.id);
  return {
    id: letter.id,
    event_type: "MessageCreate",
    text,
    sender_id: letter.from,
    dm_conversation_id: threadId(letter.from, letter.to),
    created_at: iso(letter.at),
    ...(letter.picture === undefined ? {} : { attachments: { media_keys: [keyOfFile(letter.id)] } }),
    ...(urls.length === 0 ? {} : { entities: { urls } }),
  };
};

/** A private message, as the X Activity API delivers one (docs.x.com/x-api/activity/event-payloads). */
export const letterEventJson = (letter: Letter, world: World): object => {
  const { text, urls } = shown(letter.text, letter.id);
  const both = [letter.from, letter.to].flatMap((id) => world.users.get(id) ?? []);
  return {
    direct_message_events: [
      {
        type: "message_create",
        id: letter.id,
        created_timestamp: String(letter.at),
        message_create: {
          target: { recipient_id: letter.to },
          sender_id: letter.from,
          message_data: {
            text,
            entities: { hashtags: [], symbols: [], user_mentions: [], urls },
            ...(letter.picture === undefined
              ? {}
              : {
                  attachment: {
                    type: "media",
                    media: { id_str: letter.id, media_url_https: pictureAt(letter.picture), type: "photo" },
                  },
                }),
          },
        },
      },
    ],
    users: Object.fromEntries(both.map((user) => [user.id, { data: userJson(user) }])),
  };
};
