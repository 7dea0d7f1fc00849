import type { FbLetter, FbNode, World } from "./world.ts";

/** Graph writes whole seconds. */
export const stamp = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, "+0000");

const nameOf = (world: World, id: string): string => (world.pages.get(id) ?? world.users.get(id))?.name ?? "";

const common = "id,message,from,created_time,permalink_url,is_hidden,can_reply_privately";
// As the SDK (24.0.1) names them, and of those what an adapter may want.
const fieldsOf: Readonly<Record<FbNode["kind"], ReadonlySet<string>>> = {
  post: new Set(`${common},updated_time,full_picture`.split(",")),
  comment: new Set(`${common},parent,attachment,can_comment,private_reply_conversation`.split(",")),
};
const namesIn = (fields: string): readonly string[] => fields.replace(/\{[^{}]*\}/g, "").split(",");

/** The first field that was asked for and that such a thing does not have: Graph refuses the whole for it. */
export const lackingField = (kind: FbNode["kind"], fields = "id"): string | undefined =>
  namesIn(fields).find((name) => !fieldsOf[kind].has(name));

/** A post or a comment, as Graph gives it: the fields that were asked for. */
export const nodeJson = (node: FbNode, world: World, asked: string | undefined, now: number): object => {
  const wanted = new Set(namesIn(asked ?? "id,message,from,created_time"));
  const newest = Math.max(node.at, ...world.under(node.id).map(({ at }) => at));
  const all: Readonly<Record<string, unknown>> = {
    id: node.id,
    message: node.text,
    ...(node.unnamed === true ? {} : { from: { id: node.by, name: nameOf(world, node.by) } }),
    created_time: stamp(node.at),
    updated_time: stamp(newest),
    permalink_url: `https://www.facebook.com/${node.id}`,
    ...(node.parent === undefined || node.parent === node.root ? {} : { parent: { id: node.parent } }),
    ...(node.photo === undefined ? {} : { attachment: { type: "photo", url: node.photo }, full_picture: node.photo }),
    is_hidden: node.hidden,
    can_comment: !node.hidden,
    can_reply_privately: mayReplyPrivately(node, world, now),
    ...(node.repliedTo === undefined
      ? {}
      : {
          private_reply_conversation: {
            id: `t_${node.repliedTo}`,
            participants: {
              data: [
                { id: node.repliedTo, name: world.personOf(node.page, node.repliedTo)?.name ?? "" },
                { id: node.page, name: nameOf(world, node.page) },
              ],
            },
          },
        }),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name === "id" || wanted.has(name)));
};

const week = 7 * 86_400_000;
/** One private reply to a comment of a person's, within seven days. */
export const mayReplyPrivately = (node: FbNode, world: World, now: number): boolean =>
  node.repliedTo === undefined && now - node.at <= week && !world.pages.has(node.by);

/** A message, as Graph gives it. */
export const letterJson = (letter: FbLetter, world: World): object => {
  const person = { id: letter.psid, name: world.personOf(letter.page, letter.psid)?.name ?? "" };
  const page = { id: letter.page, name: nameOf(world, letter.page) };
  return {
    id: letter.id,
    message: letter.text,
    from: letter.ours ? page : person,
    to: { data: [letter.ours ? person : page] },
    created_time: stamp(letter.at),
    ...(letter.picture === undefined
      ? {}
      : { attachments: { data: [{ mime_type: "image/jpeg", size: 4_711, image_data: { url: letter.picture } }] } }),
  };
};

const entry = (page: string, time: number, more: object): string =>
  // Meta escapes what is not ASCII, and signs it so.
  JSON.stringify({ object: "page", entry: [{ id: page, time, ...more }] }).replace(
    /[\u0080-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A delivery: for which Page, which field a subscription must name, and its body. */
export interface Announcement {
  readonly page: string;
  readonly field: string;
  readonly body: string;
}

/** Something happened on a feed (developers.facebook.com/docs/graph-api/webhooks/reference/page). `at` in ms. */
export const feedChange = (node: FbNode, verb: string, at: number, world: World): Announcement => {
  const value = {
    ...(node.unnamed === true ? {} : { from: { id: node.by, name: nameOf(world, node.by) } }),
    ...(node.kind === "comment"
      ? {
          item: "comment",
          comment_id: node.id,
          post_id: node.root,
          parent_id: node.parent ?? node.root,
          post: { id: node.root, status_type: "mobile_status_update", is_published: true },
        }
      : { item: "status", post_id: node.id }),
    verb,
    // It is the time of the change.
    created_time: Math.floor(at / 1_000),
    ...(verb === "remove" || node.text === "" ? {} : { message: node.text }),
    ...(node.photo === undefined || verb === "remove" ? {} : { photo: node.photo }),
  };
  return {
    page: node.page,
    field: "feed",
    body: entry(node.page, Math.floor(at / 1_000), { changes: [{ field: "feed", value }] }),
  };
};

/** A message, or its echo (developers.facebook.com/docs/messenger-platform/reference/webhook-events). */
export const letterEvent = (letter: FbLetter, standby: boolean): Announcement => {
  const [from, to] = letter.ours ? [letter.page, letter.psid] : [letter.psid, letter.page];
  const event = {
    sender: { id: from },
    recipient: { id: to },
    timestamp: letter.at,
    message: {
      mid: letter.id,
      ...(letter.text === "" ? {} : { text: letter.text }),
      ...(letter.picture === undefined
        ? {}
        : { attachments: [{ type: letter.pictureType ?? "image", payload: { url: letter.picture } }] }),
      ...(letter.ours
        ? {
            is_echo: true,
            app_id: Number(letter.app),
            ...(letter.metadata === undefined ? {} : { metadata: letter.metadata }),
          }
        : {}),
    },
  };
  const list = standby ? "standby" : "messaging";
  return {
    page: letter.page,
    field: standby ? "standby" : letter.ours ? "message_echoes" : "messages",
    body: entry(letter.page, letter.at, { [list]: [event] }),
  };
};

/** Any other event of Messenger. */
export const messengerEvent = (page: string, psid: string, field: string, at: number, more: object): Announcement => ({
  page,
  field,
  body: entry(page, at, {
    messaging: [{ sender: { id: psid }, recipient: { id: page }, timestamp: at, ...more }],
  }),
});
