import { createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { x } from "casethread/x";
import type { UnderFire } from "./channels.ts";

const acme = "1001";
const secret = "a-consumer-secret-that-nobody-may-see";

const maria = { id: "77", username: "maria", name: "Maria", verified: true, public_metrics: { followers_count: 12 } };
const post = {
  id: "2090000000000000001",
  author_id: "77",
  text: "@AcmeHelp my marmalade &lt;5&gt; https://t.co/abc write to a@b.example or call 0151 234 567",
  created_at: "2026-08-12T18:00:00.000Z",
  conversation_id: "2080000000000000000",
  referenced_tweets: [{ type: "replied_to", id: "2085000000000000000" }],
  edit_history_tweet_ids: ["2090000000000000001"],
  entities: {
    mentions: [{ start: 0, end: 9, username: "AcmeHelp", id: acme }],
    urls: [{ start: 30, end: 46, url: "https://t.co/abc", expanded_url: "https://shop.example/?a=1&b=2" }],
  },
  attachments: { media_keys: ["3_1"] },
  lang: "en",
};
const { referenced_tweets: referenced_posts, edit_history_tweet_ids: edit_history_post_ids, ...respelt } = post;
const long = { text: "a long marmalade https://t.co/abc", entities: post.entities };
const along = {
  users: [{ data: maria }],
  tweets: [{ id: "2085000000000000000", author_id: acme, text: "My marmalade" }],
  media: [{ media_key: "3_1", type: "photo", url: "https://pbs.example/1.jpg" }],
};
const event = (type: string, payload: object, includes: object = along): object => ({
  data: { event_uuid: "-42", event_type: type, filter: { user_id: acme }, tag: "t", payload, includes },
});
// Each stands for two of the next.
const links = Array.from({ length: 16 }, (_, n) => ({
  url: `https://t.co/${n}`,
  expanded_url: `https://t.co/${n + 1} https://t.co/${n + 1}`,
}));
const letters = (from: string, to: string, id: string): object => ({
  direct_message_events: [
    {
      type: "message_create",
      id,
      created_timestamp: "1784928224372",
      message_create: {
        target: { recipient_id: to },
        sender_id: from,
        message_data: { text: "marmalade ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm", entities: post.entities },
      },
    },
  ],
  users: { "77": { data: maria } },
});
const tweet = {
  created_at: "Wed Aug 12 18:00:00 +0000 2026",
  id: 1,
  id_str: "2090000000000000005",
  text: "@AcmeHelp cut off…",
  extended_tweet: { full_text: "@AcmeHelp marmalade", entities: { user_mentions: [{ id_str: acme }], urls: [] } },
  user: { id: 77, id_str: "77", screen_name: "maria", name: "Maria", followers_count: 12, verified: false },
  in_reply_to_status_id_str: null,
  quoted_status_id_str: "9",
  quoted_status: { user: { id_str: acme } },
  edit_history: { edit_tweet_ids: ["2090000000000000005"] },
  lang: "en",
};

const own: readonly object[] = [
  event("post.mention.create", post),
  event("post.reply.create", { ...respelt, id: "2090000000000000002", referenced_posts, edit_history_post_ids }),
  event("post.mention.create", { ...post, id: "2090000000000000003", note_tweet: long }),
  event("post.create", {
    ...post,
    author_id: acme,
    id: "2090000000000000004",
    text: "@maria so marmalade  https://x.com/",
  }),
  event("post.quote.create", { ...post, referenced_tweets: [{ type: "quoted", id: "2085000000000000000" }] }),
  event("post.repost.create", { ...post, referenced_tweets: [{ type: "retweeted", id: "5" }] }),
  event("post.delete", { id: "2090000000000000001", author_id: acme }),
  event("dm.received", letters("77", acme, "2090000000000000777")),
  event("dm.sent", letters(acme, "77", "2090000000000000778")),
  event("profile.update.screenname", { before: "a", after: "Acme Help" }),
  event("profile.update.bio", { before: "a", after: "My marmalade" }),
  event("chat.received", { id: "u" }),
  event("like.create", { id: "u" }),
  event("post.poll.create", { words: "My marmalade" }),
  { data: { event_uuid: "1", filter: {}, event_type: "oauth.revoke", payload: { user_id: acme } } },
  // Never sent: what no chance would come upon.
  { data: { event_uuid: "2", filter: {}, event_type: "oauth.revoke", payload: { user_id: "My marmalade" } } },
  event(`profile.update.${"a".repeat(500)}`, { before: "a", after: "b" }),
  event("post.mention.create", {
    ...post,
    text: `marmalade ${links[0]?.url}`,
    entities: { ...post.entities, urls: links },
  }),
  [event("post.mention.create", post), event("dm.received", letters("77", acme, "2090000000000000779"))],
  {
    for_user_id: acme,
    tweet_create_events: [tweet, { ...tweet, id_str: "2090000000000000006" }],
    tweet_delete_events: [{ status: { id: "9", user_id: acme }, timestamp_ms: "1432228155593" }],
    ...letters("77", acme, "2090000000000000780"),
    tweet_poll_events: [{ choice: "My marmalade" }],
    user_has_blocked: "false",
  },
  { user_event: { revoke: { source: { user_id: acme }, target: { app_id: "1" } } } },
  { replay_job_status: { job_state: "Incomplete", job_id: "1" } },
];

const folder = join(process.env["CASETHREAD_EVIDENCE"] ?? "", "x");
const there = process.env["CASETHREAD_EVIDENCE"] !== undefined && existsSync(folder);
if (!there) console.log("x: mutants of our own deliveries only; CASETHREAD_EVIDENCE names no folder with X's samples.");
const theirs = (): readonly object[] => {
  const parse = (...path: readonly string[]): object =>
    JSON.parse(readFileSync(join(folder, ...path), "utf8")) as object;
  const { examples } = parse("docs-examples", "account-activity__introduction.json") as { examples: object[] };
  return [
    ...readdirSync(join(folder, "activity-api-events")).map((file) => parse("activity-api-events", file)),
    ...examples,
  ];
};

const genuine = [...own, ...(there ? theirs() : [])].map((body) => JSON.stringify(body));
const addressed = [...genuine.join().matchAll(/"(?:for_user_id|filter":\{"user_id)":"(\d{1,19})"/g)].map(
  ([, id]) => id,
);

/** X, for what attacks a channel. */
export const xUnderFire: UnderFire = {
  channel: x({
    app: { consumerKey: "key", consumerSecret: secret },
    accounts: [...new Set(addressed)].map((id = acme) => ({ id, credentials: { bearer: "token" } })),
  }),
  header: "x-twitter-webhooks-signature",
  secret,
  sign: (body, with_) => `sha256=${createHmac("sha256", with_).update(body).digest("base64")}`,
  genuine,
};
