import { z } from "zod";
import type { Asked, Done } from "./graph.ts";
import { type Answer, refusals } from "./problems.ts";
import { mayReplyPrivately } from "./render.ts";
import type { World } from "./world.ts";

const day = 86_400_000;

const metadata = z.string().max(1_000).optional();
const address = z.url({ protocol: /^https$/ });
const text = z.strictObject({ text: z.string().min(1).max(1_999), metadata });
// Words or a file, never both (/documentation/business-messaging/messenger-platform/send-messages/saving-assets).
const file = z.strictObject({
  attachment: z.strictObject({
    type: z.enum(["image", "audio", "video", "file"]),
    payload: z.strictObject({ url: address, is_reusable: z.boolean().optional() }),
  }),
  metadata,
});
const digits = z.string().regex(/^\d+$/);
const toPerson = z.strictObject({
  recipient: z.strictObject({ id: digits }),
  messaging_type: z.enum(["RESPONSE", "UPDATE", "MESSAGE_TAG"]),
  tag: z.string().optional(),
  message: z.union([text, file]),
});
const id = z.string().regex(/^\d+_\d+$/);
// "Do not send messaging_type or tag" (discovery/private-replies, 2026-04-16).
const toComment = z.strictObject({
  recipient: z.union([z.strictObject({ comment_id: id }), z.strictObject({ post_id: id })]),
  message: text,
});
const control = z.object({ recipient: z.strictObject({ id: digits }) });

const no = (answer: Answer): Done => ({ answer });

const has = (asked: Asked, world: World, psid: string): boolean => {
  const { owner } = world.thread(asked.by.id, psid);
  return owner === undefined || owner === asked.app;
};

const sendToPerson = (asked: Asked, world: World): Done => {
  const read = toPerson.safeParse(asked.body);
  if (!read.success) return no(refusals.parameter(read.error.issues[0]?.path.join(".") || "body"));
  const { recipient, message, messaging_type: type, tag } = read.data;
  const { by, now } = asked;
  if (world.personOf(by.id, recipient.id) === undefined) return no(refusals.noPerson());
  // CONFIRMED_EVENT_UPDATE and its kin ended on 2026-04-27.
  if ((type === "MESSAGE_TAG") !== (tag !== undefined) || (tag !== undefined && tag !== "HUMAN_AGENT")) {
    return no(refusals.parameter("param tag must be HUMAN_AGENT, with messaging_type MESSAGE_TAG"));
  }
  if (tag === "HUMAN_AGENT" && !by.humanAgent) return no(refusals.permission());
  const { heardAt } = world.thread(by.id, recipient.id);
  const within = tag === "HUMAN_AGENT" ? 7 * day : day;
  if (heardAt === undefined || now - heardAt > within) return no(refusals.closed());
  if (!has(asked, world, recipient.id)) return no(refusals.notOwner());
  const said =
    "text" in message
      ? { text: message.text }
      : { text: "", picture: message.attachment.payload.url, pictureType: message.attachment.type };
  const made = { page: by.id, psid: recipient.id, ours: true, app: asked.app, metadata: message.metadata };
  const wrote = world.write({ ...made, ...said });
  return { answer: { status: 200, body: { recipient_id: recipient.id, message_id: wrote.id } }, wrote };
};

const sendToComment = (asked: Asked, world: World): Done => {
  const read = toComment.safeParse(asked.body);
  if (!read.success) return no(refusals.parameter(read.error.issues[0]?.path.join(".") || "body"));
  const { recipient, message } = read.data;
  const { by, now } = asked;
  const node = world.nodes.get("comment_id" in recipient ? recipient.comment_id : recipient.post_id);
  if (node === undefined || node.gone || node.page !== by.id) return no(refusals.missing());
  if ("comment_id" in recipient !== (node.kind === "comment")) return no(refusals.missing());
  if (node.repliedTo !== undefined) return no(refusals.replied());
  if (!mayReplyPrivately(node, world, now)) return no(refusals.notRepliable());
  const psid = world.psidOf(by.id, node.by);
  world.change(node, { repliedTo: psid });
  const wrote = world.write({ page: by.id, psid, ours: true, app: asked.app, ...message });
  return { answer: { status: 200, body: { recipient_id: psid, message_id: wrote.id } }, wrote };
};

const hand = (asked: Asked, take: boolean, world: World): Done => {
  const read = control.safeParse(asked.body);
  if (!read.success) return no(refusals.parameter("recipient"));
  const thread = world.thread(asked.by.id, read.data.recipient.id);
  if (take) thread.owner = asked.app;
  else delete thread.owner;
  return { answer: { status: 200, body: { success: true } } };
};

/** Does what a Page asks of Messenger. */
export const answerMessenger = (asked: Asked, edge: string, world: World): Done => {
  if (edge === "take_thread_control" || edge === "release_thread_control") {
    return hand(asked, edge === "take_thread_control", world);
  }
  if (edge !== "messages") return no(refusals.parameter("Unsupported post request"));
  const to = z.object({ recipient: z.record(z.string(), z.unknown()) }).safeParse(asked.body).data?.recipient ?? {};
  return "comment_id" in to || "post_id" in to ? sendToComment(asked, world) : sendToPerson(asked, world);
};
