import {
  accountName,
  type Controlled,
  type EffectKey,
  findToken,
  keyOf,
  type Opened,
  type PostRef,
  type Said,
} from "casethread/adapter";
import { commenter, dated, psid, type Told } from "./said.ts";
import type { FbLetter, FbMessaging } from "./shapes.ts";

/** What goes along with our messages and comes back with their echoes: which act it was. */
interface Tag {
  readonly casethread: string;
  readonly under?: string | undefined;
}
/** Graph allows 1,000 characters (developers.facebook.com/docs/messenger-platform/reference/send-api). */
export const tagOf = (effect: string, under?: PostRef): string | undefined => {
  const tag: Tag = { casethread: effect, ...(under === undefined ? {} : { under: under.id }) };
  const text = JSON.stringify(tag);
  return text.length <= 1_000 ? text : undefined;
};
const readTag = (metadata: string | undefined): Tag | undefined => {
  if (metadata?.startsWith('{"casethread":') !== true) return undefined;
  try {
    const tag = JSON.parse(metadata) as Partial<Tag>;
    if (typeof tag.casethread !== "string") return undefined;
    const under = typeof tag.under === "string" && /^\d[\d_]*$/.test(tag.under) ? { under: tag.under } : {};
    return { casethread: tag.casethread, ...under };
  } catch {
    return undefined;
  }
};

interface Note {
  readonly id: string;
  readonly person: string;
  readonly ours: boolean;
  readonly text: string;
  readonly at: number;
}

const saidInPrivate = (note: Note, told: Told, more: Partial<Said>): Said => {
  const { account } = told;
  const entry = keyOf.entry(account, "message", note.id);
  const persona = psid(account, note.person);
  const by = note.ours ? commenter(account, account.id) : persona;
  const token = note.ours ? undefined : findToken(note.text);
  return {
    as: "said",
    key: keyOf.said(entry, 1),
    at: note.at,
    source: told.source,
    entry,
    by,
    actor: note.ours ? { kind: "brand", persona: by } : { kind: "customer", persona: by },
    side: "private",
    text: note.text,
    version: 1,
    thread: { account, id: note.person },
    message: note.id,
    ...(note.ours ? { to: persona } : {}),
    ...(token === undefined ? {} : { token }),
    ...more,
  };
};

/** Words that came through Messenger. `standby`: somebody else has the thread, and we only hear. */
export const saidOfMessaging = (event: FbMessaging, standby: boolean, told: Told): Said | undefined => {
  const { message } = event;
  if (message === undefined) return undefined;
  const ours = message.is_echo === true || event.sender.id === told.account.id;
  const tag = ours ? readTag(message.metadata) : undefined;
  const token = message.referral?.ref === undefined || ours ? undefined : findToken(message.referral.ref);
  const media = message.attachments.flatMap(({ type, payload }) =>
    payload?.url === undefined ? [] : [{ kind: type, url: payload.url }],
  );
  return saidInPrivate(
    {
      id: message.mid,
      person: ours ? event.recipient.id : event.sender.id,
      ours,
      text: message.text ?? "",
      at: event.timestamp ?? told.now,
    },
    told,
    {
      ...(media.length === 0 ? {} : { media }),
      ...(token === undefined ? {} : { token }),
      ...(tag === undefined ? {} : { echoes: tag.casethread as EffectKey }),
      ...(tag?.under === undefined ? {} : { parent: { account: told.account, id: tag.under } }),
      ...(standby ? { control: "app" as const } : {}),
    },
  );
};

/** What the button that opens a thread carries by this package's README: pressing it says nothing yet. */
const opener = "GET_STARTED";

/** A question or a menu's button that was tapped: its title stands in the thread as the person's own words. Undefined when nothing was said by it, or when it lacks its id. */
export const tappedOf = (event: FbMessaging, standby: boolean, told: Told): Said | undefined => {
  const { mid: id, title = "", payload } = event.postback ?? {};
  if (id === undefined || title.trim() === "" || payload === opener) return undefined;
  return saidInPrivate(
    { id, person: event.sender.id, ours: false, text: title, at: event.timestamp ?? told.now },
    told,
    standby ? { control: "app" } : {},
  );
};

/** A message as Graph gives it. Undefined when it is neither from the Page nor to it. */
export const saidOfLetter = (letter: FbLetter, told: Told): Said | undefined => {
  const { id } = told.account;
  const ours = letter.from.id === id;
  const person = ours ? letter.to.find((one) => one.id !== id)?.id : letter.from.id;
  if (person === undefined) return undefined;
  const name = ours ? undefined : letter.from.name;
  const media = letter.attachments.map(({ mime_type: type, size: bytes, url }) => ({
    kind: type?.split("/")[0] ?? "file",
    url,
    ...(type === undefined ? {} : { type }),
    ...(bytes === undefined ? {} : { bytes }),
  }));
  return saidInPrivate(
    { id: letter.id, person, ours, text: letter.message, at: dated(letter.created_time) ?? told.now },
    told,
    { ...(name === undefined ? {} : { profile: { name } }), ...(media.length === 0 ? {} : { media }) },
  );
};

/** An invite's link was opened. Undefined when the reference is none of ours. */
export const openedOf = (event: FbMessaging, told: Told): Opened | undefined => {
  const ref = event.referral?.ref ?? event.postback?.referral?.ref;
  const token = ref === undefined ? undefined : findToken(ref);
  if (token === undefined) return undefined;
  const { account } = told;
  const at = event.timestamp ?? told.now;
  return {
    as: "opened",
    key: keyOf.event(accountName(account), "opened", event.sender.id, token, at),
    at,
    source: told.source,
    persona: psid(account, event.sender.id),
    thread: { account, id: event.sender.id },
    token,
  };
};

// Who answers in the Page's inbox is a person (developers.facebook.com/docs/messenger-platform/conversation-routing).
const inboxApp = "263902037430900";

/** Somebody else got the thread, or we did. */
export const controlledOf = (event: FbMessaging, told: Told): Controlled | undefined => {
  const { pass_thread_control: passed, take_thread_control: taken } = event;
  const change = passed ?? taken;
  if (change === undefined) return undefined;
  const owner = change.new_owner_app_id;
  const person = event.sender.id === told.account.id ? event.recipient.id : event.sender.id;
  // Who takes a thread is not always named; that it was ours is why we are told.
  const by = owner !== undefined && owner === told.app ? "us" : owner === inboxApp ? "person" : "app";
  const at = event.timestamp ?? told.now;
  return {
    as: "controlled",
    key: keyOf.event(accountName(told.account), "controlled", person, by, at),
    at,
    source: told.source,
    thread: { account: told.account, id: person },
    by,
  };
};
