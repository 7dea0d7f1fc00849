import {
  BridgeError,
  type ChannelTask,
  type Kit,
  type Media,
  type Openings,
  type PostRef,
  type PrivateAct,
  type PublicAct,
  type Receipt,
} from "casethread/adapter";
import { z } from "zod";
import type { Caller, FbCall } from "./client.ts";
import { oddAnswer } from "./faults.ts";
import { isPost, plainId, postUrl } from "./ids.ts";
import { lookUpAs } from "./lookup.ts";
import type { FacebookPage } from "./options.ts";
import { privateReplyTo, skewMs } from "./readback.ts";
import { tagOf } from "./messenger.ts";
import { inviteLink, psid, type Told } from "./said.ts";
import { disclosed } from "./terms.ts";

type Act = PublicAct | PrivateAct;
type Of<D extends Act["do"]> = Extract<Act, { do: D }>;

const created = z.object({ id: z.string().regex(/^\d+(?:_\d+){0,2}$/) });
const sent = z.object({ recipient_id: z.string().regex(/^\d+$/).optional(), message_id: z.string().min(1) });

const answered = <T>(shape: z.ZodType<T>, answer: unknown): T => {
  const checked = shape.safeParse(answer);
  if (!checked.success) throw oddAnswer(true);
  return checked.data;
};

/** What performing needs to know of the account. */
export interface Performer {
  readonly page: FacebookPage;
  readonly told: Told;
  readonly disclosure: string;
}

const day = 86_400_000;

const codeOf = (thrown: unknown): unknown =>
  thrown instanceof BridgeError && typeof thrown.cause === "object" && thrown.cause !== null
    ? (Reflect.get(thrown.cause, "code") as unknown)
    : undefined;

/** What does Facebook allow for this comment now? */
const openings = async (ask: Caller, by: Performer, post: PostRef, kit: Kit): Promise<Openings> => {
  const { account } = by.told;
  const fields = isPost(post) ? "id,can_reply_privately" : "id,can_reply_privately,can_comment";
  const shape = z.object({ can_reply_privately: z.boolean().optional(), can_comment: z.boolean().optional() });
  const seen = await lookUpAs(ask, { account, path: plainId(post), bucket: "pages", fields: { fields } }, shape, kit);
  return {
    reply: seen.can_comment ?? true,
    privateReply: seen.can_reply_privately ?? false,
    // Whether a person may be written to is known by when they wrote, not by asking.
    message: false,
  };
};

/** Facebook says that somebody has answered privately already: was it us, in an attempt whose answer was lost? The words tell, and bring the person's id. */
const repliedBefore = async (
  ask: Caller,
  task: ChannelTask,
  { under, words, refusal }: { readonly under: PostRef; readonly words: string; readonly refusal: unknown },
  by: Performer,
  kit: Kit,
): Promise<Omit<Receipt, "at">> => {
  const before = task.attempt > 1;
  const { receipt, others } = await privateReplyTo(ask, { under, words, told: by.told }, kit).catch(
    (thrown: unknown) => {
      const error = BridgeError.from(thrown, "facebook");
      // What cannot be looked at says nothing of the first try.
      if (before) throw error.judged("unknown");
      throw error.fault === "forbidden" || error.fault === "invalid" || error.fault === "missing" ? refusal : error;
    },
  );
  if (receipt !== undefined) {
    const { saidAt: _, ...done } = receipt;
    return { ...done, proof: "already replied, in these words" };
  }
  // Who was never tried for was answered by somebody else. Right after a try it may be that the answer is not shown yet: what
  // the Page said to her long ago need not be it. When it was looked for again, and nothing came, it is.
  const since = task.effect.at - skewMs;
  if (task.attempt === 2 ? others?.some((at) => at >= since) : others?.length !== 0) throw refusal;
  // Somebody replied and nothing is shown yet: the reply may be ours. It is asked again.
  throw new BridgeError("the comment was answered privately, and Facebook does not show the words yet.", {
    fault: "unavailable",
    adapter: "facebook",
    landed: before ? "unknown" : "no",
  });
};

const writeTo = async (
  ask: Caller,
  recipient: Readonly<Record<string, string>>,
  message: Readonly<Record<string, unknown>>,
  by: Performer,
  kit: Kit,
): Promise<z.infer<typeof sent>> => {
  const { account } = by.told;
  const call: FbCall = {
    account,
    method: "POST",
    path: `${account.id}/messages`,
    fields: { recipient, ...message },
    acts: true,
    bucket: "messenger",
  };
  return answered(sent, await ask(call, kit));
};

/** A file, as Messenger takes it: Meta fetches it from its address (developers.facebook.com/documentation/business-messaging/messenger-platform/send-messages/saving-assets). */
const attachmentOf = ({ url, type = "" }: Media): object => {
  const [kind = ""] = type.split("/");
  return { type: ["image", "audio", "video"].includes(kind) ? kind : "file", payload: { url, is_reusable: false } };
};

const message = async (
  ask: Caller,
  task: ChannelTask & { readonly words: string },
  act: Of<"message">,
  by: Performer,
  kit: Kit,
): Promise<Omit<Receipt, "at">> => {
  const { account } = by.told;
  const heardAt = "heardAt" in task ? task.heardAt : undefined;
  const late = heardAt !== undefined && kit.now() - heardAt > day;
  // Meta reviews who uses the tag: it is for words that a person wrote, and for nothing else.
  const how =
    late && task.effect.words === "person" && by.page.humanAgent === true
      ? { messaging_type: "MESSAGE_TAG", tag: "HUMAN_AGENT" }
      : { messaging_type: "RESPONSE" };
  const metadata = tagOf(task.effect.key);
  const [file] = ("media" in task ? task.media : undefined) ?? [];
  const said = file === undefined ? { text: disclosed(task, by.disclosure) } : { attachment: attachmentOf(file) };
  const { message_id: id } = await writeTo(
    ask,
    { id: plainId(act.to) },
    { ...how, message: { ...said, ...(metadata === undefined ? {} : { metadata }) } },
    by,
    kit,
  );
  return { thread: { account, id: act.to.id }, message: id };
};

const privateReply = async (
  ask: Caller,
  task: ChannelTask & { readonly words: string },
  { under }: Of<"privateReply">,
  by: Performer,
  kit: Kit,
): Promise<Omit<Receipt, "at">> => {
  const { account } = by.told;
  const words = disclosed(task, by.disclosure);
  const recipient: Record<string, string> = isPost(under)
    ? { post_id: plainId(under) }
    : { comment_id: plainId(under) };
  const metadata = tagOf(task.effect.key, under);
  try {
    const made = await writeTo(
      ask,
      recipient,
      { message: { text: words, ...(metadata === undefined ? {} : { metadata }) } },
      by,
      kit,
    );
    const { recipient_id: person, message_id: id } = made;
    if (person === undefined) return { message: id };
    return { message: id, thread: { account, id: person }, learned: psid(account, person) };
  } catch (thrown) {
    if (codeOf(thrown) !== 10_900) throw thrown;
    return repliedBefore(ask, task, { under, words, refusal: thrown }, by, kit);
  }
};

const act = async (ask: Caller, task: ChannelTask, by: Performer, kit: Kit): Promise<Omit<Receipt, "at">> => {
  const { account } = by.told;
  const what = task.effect.act;
  const send = (method: FbCall["method"], path: string, fields: FbCall["fields"] = {}): Promise<unknown> =>
    ask({ account, method, path, fields, acts: true, bucket: what.do === "control" ? "messenger" : "pages" }, kit);
  const speaking = "words" in task ? task : { ...task, words: "" };
  switch (what.do) {
    case "reply": {
      const link = what.invite === undefined ? "" : ` ${inviteLink(by.page.username ?? account.id, what.invite)}`;
      const [file] = ("media" in speaking ? speaking.media : undefined) ?? [];
      const picture = file === undefined ? {} : { attachment_url: file.url };
      const fields = { message: speaking.words + link, ...picture };
      const { id } = answered(created, await send("POST", `${plainId(what.under)}/comments`, fields));
      return { post: { account, id }, url: postUrl(account, id) };
    }
    case "message":
      return message(ask, speaking, what, by, kit);
    case "privateReply":
      return privateReply(ask, speaking, what, by, kit);
    case "hide":
      await send("POST", plainId(what.post), { is_hidden: what.hidden });
      return { post: what.post };
    case "like":
      await send("POST", `${plainId(what.post)}/likes`);
      return { post: what.post };
    case "retract":
      try {
        await send("DELETE", plainId(what.post));
        return { post: what.post };
      } catch (thrown) {
        // Gone is what was wanted, whoever did it.
        if (thrown instanceof BridgeError && thrown.fault === "missing")
          return { post: what.post, proof: "already gone" };
        throw thrown;
      }
    case "control": {
      const recipient = { id: plainId(what.thread) };
      await send("POST", `${account.id}/${what.take ? "take" : "release"}_thread_control`, { recipient });
      return { thread: what.thread };
    }
    case "look":
      return { openings: await openings(ask, by, what.post, kit) };
  }
};

/** Acts once. */
export const performOnFacebook = async (ask: Caller, task: ChannelTask, by: Performer, kit: Kit): Promise<Receipt> => {
  // Graph tells no hour. It was not done before it was asked for: who writes while the answer is on its way has not been
  // answered by it.
  const at = kit.now();
  return { at, ...(await act(ask, task, by, kit)) };
};
