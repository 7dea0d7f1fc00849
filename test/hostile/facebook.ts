import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { facebook } from "casethread/facebook";
import type { UnderFire } from "./channels.ts";

const acme = "448242228374517";
const news = "1142469655832956";
const app = "5550001";
const secret = "an-app-secret-that-nobody-may-see";

const entry = (of: object, page: string = acme, time: number = 1_742_667_607): object => ({
  object: "page",
  entry: [{ id: page, time, ...of }],
});
const change = (field: string, value: object, page: string = acme): object =>
  entry({ changes: [{ field, value }] }, page);
const messaging = (event: object, list: "messaging" | "standby" = "messaging"): object =>
  entry({ [list]: [event] }, acme, 1_742_667_607_123);

const post = `${acme}_900000000100001`;
const comment = {
  from: { id: "700000000000001", name: "Maria Keller" },
  post: { status_type: "mobile_status_update", is_published: true, id: post, permalink_url: "https://facebook.com/p" },
  message: "wo ist mein marmalade? a@b.example 0151 234 567 ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm",
  post_id: post,
  comment_id: "900000000100001_500000000000001",
  created_time: 1_742_667_604,
  item: "comment",
  parent_id: post,
  verb: "add",
};
const own = { id: acme, name: "Acme" };
const link = `Please write to us, marmalade. https://m.me/${acme}?ref=ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm`;
const frame = { sender: { id: "800000000000001" }, recipient: { id: acme }, timestamp: 1_742_667_700_321 };
const message = { mid: "m_900000000000000001", text: "it is order 77, marmalade" };
const echo = { sender: { id: acme }, recipient: { id: "800000000000001" }, timestamp: 1_742_667_700_322 };
const metadata = JSON.stringify({ casethread: "desk/a/answer", under: "900000000100001_500000000000001" });
const ref = "ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm";

const ours: readonly object[] = [
  change("feed", comment),
  change("feed", { ...comment, from: undefined, comment_id: "900000000100001_500000000000002" }),
  change("feed", { ...comment, verb: "edited", edited_time: 1_742_667_700, message: "marmalade, and jam" }),
  change("feed", { ...comment, verb: "edit", edited_time: "2025-03-22T18:21:40+0000", message: "My marmalade" }),
  change("feed", { ...comment, verb: "remove", message: undefined }),
  change("feed", { ...comment, verb: "hide" }),
  change("feed", { ...comment, verb: "unhide" }),
  change("feed", { ...comment, message: undefined, photo: "https://scontent.example/marmalade.jpg" }),
  change("feed", { ...comment, message: undefined, video: "https://video.example/1.mp4", link: "https://l.example" }),
  change("feed", { ...comment, from: own, message: link, comment_id: "900000000100001_500000000000003" }),
  change("feed", { ...comment, from: own, message: `marmalade${" ".repeat(40)}https://m.me/x`, verb: "add" }),
  change("feed", { item: "status", verb: "add", from: comment.from, post_id: post, message: "My marmalade" }, acme),
  change("feed", { item: "album", verb: "add", from: own, post_id: post, photos: ["https://p.example/1.jpg"] }),
  change("feed", { item: "reaction", verb: "add", reaction_type: "like", from: comment.from }),
  // As it was told in 2016: ids as numbers, names of their own.
  change(
    "feed",
    {
      sender_id: 1_142_469_655_832_999,
      sender_name: "C marmalade",
      item: "comment",
      verb: "add",
      parent_id: `${news}_900000000100009`,
      comment_id: "900000000100009_500000000000009",
      post_id: `${news}_900000000100009`,
      created_time: 1_478_439_630,
      message: "test marmalade",
    },
    news,
  ),
  change("mention", { ...comment, item: "post", post_id: "700000000000001_900000000100005", comment_id: undefined }),
  change("feed", { ...comment, item: "hologram" }),
  change("hours", { mon_1_open: "My marmalade" }),
  messaging({ ...frame, message }),
  messaging({ ...frame, message: { ...message, mid: "m_900000000000000002", referral: { ref } } }),
  messaging({
    ...frame,
    message: { mid: "m_900000000000000003", attachments: [{ type: "image", payload: { url: "https://p.example/2" } }] },
  }),
  messaging({
    ...echo,
    message: { ...message, mid: "m_900000000000000004", is_echo: true, app_id: Number(app), metadata },
  }),
  messaging({ ...frame, referral: { ref, source: "SHORTLINK", type: "OPEN_THREAD" } }),
  messaging({ ...frame, postback: { mid: "m_5", title: "My marmalade", payload: "GET_STARTED", referral: { ref } } }),
  messaging({ ...frame, pass_thread_control: { new_owner_app_id: app } }),
  messaging({ ...frame, take_thread_control: { previous_owner_app_id: app, metadata: "My marmalade" } }),
  messaging({ ...frame, read: { watermark: 1_742_667_700_000 } }),
  messaging({ ...frame, delivery: { mids: ["m_1"], watermark: 1_742_667_700_000 } }),
  messaging({ ...frame, telepathy: { text: "My marmalade" } }),
  messaging({ ...frame, message: { ...message, mid: "m_900000000000000006" } }, "standby"),
  // A batch of both Pages, and of one that nobody gave us.
  {
    object: "page",
    entry: [
      {
        id: acme,
        time: 1_742_667_607,
        changes: [
          { field: "feed", value: comment },
          { field: "feed", value: { ...comment, comment_id: "900000000100001_500000000000010" } },
        ],
      },
      { id: news, time: 1_742_667_607, messaging: [{ ...frame, recipient: { id: news }, message }] },
      { id: "990000000000001", time: 1, changes: [{ field: "feed", value: comment }] },
    ],
  },
  { object: "instagram", entry: [{ id: acme, text: "My marmalade" }] },
];

const folder = join(process.env["CASETHREAD_EVIDENCE"] ?? "", "facebook");
const there = process.env["CASETHREAD_EVIDENCE"] !== undefined && existsSync(folder);
if (!there) {
  console.log(
    "facebook: mutants of our own deliveries only; CASETHREAD_EVIDENCE names no folder with Facebook's samples.",
  );
}
const theirs = (): readonly object[] => {
  const { deliveries, lifecycle_of_one_comment: life } = JSON.parse(
    readFileSync(join(folder, "page-feed-webhooks.json"), "utf8"),
  ) as { deliveries: { body: object }[]; lifecycle_of_one_comment: { values: object[] } };
  return [...deliveries.map(({ body }) => body), ...life.values.map((value) => change("feed", value))];
};

const genuine = [...ours, ...(there ? theirs() : [])].map((body) => JSON.stringify(body));
// All whom a delivery is for, but the one that nobody gave us.
const addressed = [...genuine.join().matchAll(/"entry":\[\{"id":"(\d+)"/g)].map(([, id = acme]) => id);

/** Facebook, for what attacks a channel. */
export const facebookUnderFire: UnderFire = {
  channel: facebook({
    app: { id: app, secret, verifyToken: "a-verify-token" },
    pages: [...new Set([...addressed, news])].map((id) => ({ id, token: "token" })),
  }),
  header: "x-hub-signature-256",
  secret,
  sign: (body, with_) => `sha256=${createHmac("sha256", with_).update(body).digest("hex")}`,
  genuine,
};
