import {
  type AccountRef,
  BridgeError,
  type ChannelTask,
  type Kit,
  type Openings,
  type PrivateAct,
  type PublicAct,
  type Receipt,
} from "casethread/adapter";
import { z } from "zod";
import type { XAnswer, XCall } from "./client.ts";
import { oddAnswer } from "./faults.ts";
import { madeAt, numeric, postUrl, threadWith } from "./ids.ts";
import { type Caller, lookUpAs, ownPosts } from "./lookup.ts";
import type { XAccount } from "./options.ts";
import { names, saidOfPost, type Told } from "./said.ts";
import { includes, post, user } from "./shapes.ts";
import { fitsPost } from "./text.ts";

type Act = PublicAct | PrivateAct;

const refuse = (say: string): BridgeError => new BridgeError(say, { fault: "forbidden", adapter: "x", landed: "no" });

/** Where an invite leads: X's message box, with the token written in it (docs.x.com/x-for-websites/direct-message-button). */
const inviteLink = (account: AccountRef, text: string): string =>
  `https://x.com/messages/compose?recipient_id=${account.id}&text=${encodeURIComponent(text)}`;

const ids = z.string().regex(/^\d{1,20}$/);
const created = z.object({ data: z.object({ id: ids }) });
const sentMessage = z.object({ data: z.object({ dm_event_id: ids, dm_conversation_id: z.string() }) });

const answered = <T>(shape: z.ZodType<T>, answer: XAnswer): T => {
  const checked = shape.safeParse(answer.data);
  if (!checked.success) throw oddAnswer(true);
  return checked.data;
};

/** What performing needs to know of the account. */
export interface Actor {
  readonly account: XAccount;
  readonly told: Told;
  readonly inviteText: (token: string) => string;
  readonly inviteAs: "deepLink" | "link";
  /** X's ids of the files that go along. */
  readonly media: readonly string[];
}

/** The words, with the invite's link behind them where that is the cheaper way and they still fit. */
const invited = (text: string, token: string | undefined, by: Actor): Readonly<Record<string, unknown>> => {
  if (token === undefined) return text === "" ? {} : { text };
  const link = inviteLink(by.told.account, by.inviteText(token));
  const whole = `${text} ${link}`;
  return by.inviteAs === "link" && fitsPost(whole) ? { text: whole } : { text, direct_message_deep_link: link };
};

const openings = async (ask: Caller, by: Actor, act: Extract<Act, { do: "look" }>, kit: Kit): Promise<Openings> => {
  const { account, told } = by;
  const person = "receives_your_dm,connection_status";
  const seen = await lookUpAs(
    ask,
    {
      account,
      path: `tweets/${numeric(act.post)}`,
      fields: { ...ownPosts, expansions: "author_id,referenced_tweets.id", "user.fields": person },
    },
    z.object({ data: post.optional(), includes: z.unknown().optional() }),
    kit,
  );
  if (seen.data === undefined) {
    const say = "the post is not there any more, or hidden from this account.";
    throw new BridgeError(say, { fault: "missing", adapter: "x", landed: "no" });
  }
  const along = includes.parse(seen.includes);
  const who =
    along.users.find(({ id }) => id === act.persona.id) ??
    (
      await lookUpAs(
        ask,
        { account, path: `users/${numeric(act.persona)}`, fields: { "user.fields": person } },
        z.object({ data: user.optional() }),
        kit,
      )
    ).data;
  const said = saidOfPost(seen.data, along, told);
  const mentioned = names(seen.data, told.account);
  const settings = seen.data.reply_settings ?? "everyone";
  // What cannot be known from here ("verified", "subscribers") counts as no: a person may still try in the X app.
  const open =
    settings === "everyone" ||
    (settings === "mentionedUsers" && mentioned) ||
    (settings === "following" && (mentioned || who?.connection_status.includes("followed_by") === true));
  return {
    reply: open && (account.tier === "enterprise" || said.summons === true),
    privateReply: false,
    message: who?.receives_your_dm === true,
  };
};

const act = async (ask: Caller, task: ChannelTask, by: Actor, kit: Kit): Promise<Omit<Receipt, "at">> => {
  const { account, told } = by;
  const what = task.effect.act;
  const send = (call: Omit<XCall, "account" | "acts">): Promise<XAnswer> => ask({ ...call, account, acts: true }, kit);
  switch (what.do) {
    case "reply": {
      const words = "words" in task ? task.words : "";
      const fields = {
        ...invited(words, what.invite, by),
        reply: { in_reply_to_tweet_id: numeric(what.under) },
        ...(by.media.length === 0 ? {} : { media: { media_ids: by.media } }),
      };
      const { id } = answered(created, await send({ method: "post", path: "tweets", fields })).data;
      return { post: { account: told.account, id }, url: postUrl(id) };
    }
    case "message": {
      const words = "words" in task ? task.words : "";
      const path = `dm_conversations/with/${numeric(what.to)}/messages`;
      const attachments = by.media.map((id) => ({ media_id: id }));
      const fields = {
        ...(words === "" ? {} : { text: words }),
        ...(attachments.length === 0 ? {} : { attachments }),
      };
      const { dm_event_id: message } = answered(sentMessage, await send({ method: "post", path, fields })).data;
      return { thread: threadWith(told.account, what.to.id), message };
    }
    case "hide":
      await send({ method: "put", path: `tweets/${numeric(what.post)}/hidden`, fields: { hidden: what.hidden } });
      return { post: what.post };
    case "retract":
      try {
        await send({ method: "delete", path: `tweets/${numeric(what.post)}` });
        return { post: what.post };
      } catch (thrown) {
        // Gone is what was wanted, whoever did it.
        if (thrown instanceof BridgeError && thrown.fault === "missing")
          return { post: what.post, proof: "already gone" };
        throw thrown;
      }
    case "look":
      return { openings: await openings(ask, by, what, kit) };
    case "like":
      throw refuse("X took likes out of self-serve access in April 2026. Like it in the X app.");
    case "privateReply":
      throw refuse("X has no private answer to a post. Invite her, or send a message.");
    case "control":
      throw refuse("X has no control of private threads to take or to pass on.");
  }
};

/** Acts once. */
export const performOnX = async (ask: Caller, task: ChannelTask, by: Actor, kit: Kit): Promise<Receipt> => {
  const done = await act(ask, task, by, kit);
  // By X's clock, as what customers say: who writes while the answer to us is still on its way has not been answered by it.
  const made = task.effect.act.do === "reply" ? done.post?.id : done.message;
  return { at: (made === undefined ? undefined : madeAt(made)) ?? kit.now(), ...done };
};
