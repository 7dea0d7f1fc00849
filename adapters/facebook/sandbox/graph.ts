import { z } from "zod";
import { profileOf } from "./app.ts";
import { answerMessenger } from "./messenger.ts";
import { type Answer, refusals } from "./problems.ts";
import { lackingField, letterJson, nodeJson, stamp } from "./render.ts";
import type { FbLetter, FbNode, FbPageSide, World } from "./world.ts";

/** An act on the network that was accepted, and what it changed. */
export interface Done {
  readonly answer: Answer;
  readonly commented?: FbNode;
  readonly changed?: { readonly node: FbNode; readonly verb: "remove" | "hide" | "unhide" };
  readonly wrote?: FbLetter;
}

/** A request of a Page, read. */
export interface Asked {
  readonly by: FbPageSide;
  readonly method: string;
  /** Without the version. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly now: number;
  readonly app: string;
}

const ok = (body: object): Done => ({ answer: { status: 200, body } });
const no = (answer: Answer): Done => ({ answer });

const message = z
  .object({ message: z.string().max(8_000).default(""), attachment_url: z.url({ protocol: /^https$/ }).optional() })
  .refine(({ message: text, attachment_url: picture }) => text !== "" || picture !== undefined);
const hidden = z.object({ is_hidden: z.boolean() });
const fieldsWanted = z.object({ subscribed_fields: z.string().min(1) });

const createComment = ({ by, body, now }: Asked, under: FbNode, world: World): Done => {
  const read = message.safeParse(body);
  if (!read.success) return no(refusals.parameter("param message must be non-empty and at most 8000 characters"));
  const { message: text, attachment_url: photo } = read.data;
  const last = world.under(under.id).findLast((one) => one.by === by.id && !one.gone);
  if (last !== undefined && last.text === text && last.photo === photo && now - last.at < 86_400_000)
    return no(refusals.duplicate());
  const commented = world.add({
    page: by.id,
    by: by.id,
    text,
    parent: under.id,
    viaApi: true,
    ...(photo === undefined ? {} : { photo }),
  });
  return { answer: { status: 200, body: { id: commented.id } }, commented };
};

const changeNode = ({ by, body }: Asked, node: FbNode, world: World): Done => {
  const read = hidden.safeParse(body);
  if (!read.success) return no(refusals.parameter("is_hidden must be a boolean"));
  // A Page hides what others wrote, not itself.
  if (node.kind !== "comment" || node.by === by.id) return no(refusals.permission());
  const to = world.change(node, { hidden: read.data.is_hidden });
  const verb = read.data.is_hidden ? ("hide" as const) : ("unhide" as const);
  return { ...ok({ success: true }), ...(to.hidden === node.hidden ? {} : { changed: { node: to, verb } }) };
};

const remove = ({ by }: Asked, node: FbNode, world: World): Done => {
  if (node.by !== by.id) return no(refusals.permission());
  return { ...ok({ success: true }), changed: { node: world.change(node, { gone: true }), verb: "remove" } };
};

/** A page of a list: the word to go on with is the place, wrapped. Graph's own `next` holds the token and a host. */
const listOf = <T>(all: readonly T[], { query, path }: Asked, render: (one: T) => object): Done => {
  const limit = Math.min(100, Math.max(1, Number(query["limit"] ?? 25)));
  const from = Number(
    Buffer.from(query["after"] ?? "", "base64url")
      .toString()
      .replace("at:", "") || 0,
  );
  const to = from + limit;
  const after = Buffer.from(`at:${to}`).toString("base64url");
  const more = to < all.length;
  const next = `https://graph.facebook.com/${path}?access_token=THE-TOKEN-STANDS-HERE&after=${after}`;
  return ok({
    data: all.slice(from, to).map((one) => render(one)),
    ...(all.length === 0 ? {} : { paging: { cursors: { after }, ...(more ? { next } : {}) } }),
  });
};

/** Refused, because a field that was asked for does not exist there. */
const lacking = (kind: FbNode["kind"], { query }: Asked): Done | undefined => {
  const field = lackingField(kind, query["fields"]);
  return field === undefined ? undefined : no(refusals.parameter(`Tried accessing nonexisting field (${field})`));
};

const comments = (asked: Asked, under: FbNode, world: World): Done => {
  const { query, now } = asked;
  const refused = lacking("comment", asked);
  if (refused !== undefined) return refused;
  const stream = query["filter"] === "stream";
  const all = world
    .under(under.id)
    .filter((one) => !one.gone && one.shownAt <= now && (stream || one.parent === under.id));
  const ordered = query["order"] === "reverse_chronological" ? all.toReversed() : all;
  return listOf(ordered, asked, (one) => nodeJson(one, world, query["fields"], now));
};

/** Posts of the Page's feed, or its advertisements, which stand on none. */
const posts = (asked: Asked, ads: boolean, world: World): Done => {
  const { by, query, now } = asked;
  const refused = lacking("post", asked);
  if (refused !== undefined) return refused;
  const shown = [...world.nodes.values()]
    .filter((one) => one.page === by.id && one.kind === "post" && !one.gone && one.shownAt <= now)
    .filter(({ ad = false }) => ad === ads)
    .filter(({ at }) => at >= Number(query["since"] ?? 0) * 1_000)
    .filter(({ at }) => query["until"] === undefined || Math.floor(at / 1_000) <= Number(query["until"]))
    .toReversed();
  return listOf(shown, asked, (one) => nodeJson(one, world, query["fields"], now));
};

const conversations = (asked: Asked, world: World): Done => {
  const { by, query, now } = asked;
  const shown = world.letters.filter((one) => one.page === by.id && one.shownAt <= now);
  const wanted = query["user_id"];
  const people = [...new Set(shown.toReversed().map(({ psid }) => psid))].filter(
    (psid) => wanted === undefined || psid === wanted,
  );
  return listOf(people, asked, (psid) => {
    const letters = shown.filter((one) => one.psid === psid).toReversed();
    return {
      id: `t_${psid}`,
      updated_time: stamp(letters[0]?.at ?? now),
      participants: {
        data: [
          { id: psid, name: world.personOf(by.id, psid)?.name ?? "" },
          { id: by.id, name: by.name },
        ],
      },
      messages: { data: letters.slice(0, 50).map((one) => letterJson(one, world)) },
    };
  });
};

const subscriptions = ({ by, method, body, app }: Asked, world: World): Done => {
  if (method === "POST") {
    const read = fieldsWanted.safeParse(body);
    if (!read.success) return no(refusals.parameter("subscribed_fields is required"));
    world.subscriptions.set(by.id, new Set(read.data.subscribed_fields.split(",")));
    return ok({ success: true });
  }
  const known = world.subscriptions.get(by.id);
  return ok({ data: known === undefined ? [] : [{ id: app, name: "sandbox", subscribed_fields: [...known] }] });
};

/** Is it counted, and allowed, as Messenger's? */
export const isMessenger = (edge: string): boolean => /^(?:messages|conversations|\w+_thread_control)$/.test(edge);

const ofPage = (asked: Asked, edge: string, world: World): Done => {
  const { method } = asked;
  if (isMessenger(edge) && !asked.by.messaging) return no(refusals.permission());
  if (edge === "feed" && method === "GET") return posts(asked, false, world);
  if (edge === "ads_posts" && method === "GET")
    return asked.by.ads ? posts(asked, true, world) : no(refusals.permission());
  if (edge === "conversations" && method === "GET") return conversations(asked, world);
  if (edge === "subscribed_apps" && (method === "GET" || method === "POST")) return subscriptions(asked, world);
  if (edge === "messenger_profile") return no(asked.by.messaging ? profileOf(asked, world) : refusals.permission());
  if (method === "POST") return answerMessenger(asked, edge, world);
  return no(refusals.parameter(`Unsupported ${method} request`));
};

/** Does what a Page asks of Graph. */
export const answer = (asked: Asked, world: World): Done => {
  const { by, method, path } = asked;
  const [id = "", edge = "", ...rest] = path.split("/");
  if (rest.length > 0) return no(refusals.parameter("Unknown path components"));
  if (world.pages.has(id)) return id === by.id ? ofPage(asked, edge, world) : no(refusals.permission());
  const node = world.nodes.get(id);
  if (node === undefined || node.gone) return no(refusals.missing());
  // Of another Page's posts its token sees nothing.
  if (node.page !== by.id) return no(refusals.permission());
  if (edge === "comments") {
    return method === "POST" ? createComment(asked, node, world) : comments(asked, node, world);
  }
  if (edge === "likes" && method === "POST") {
    world.change(node, { liked: true });
    return ok({ success: true });
  }
  if (edge !== "") return no(refusals.parameter(`(#100) Tried accessing nonexisting field (${edge})`));
  if (method === "GET") return lacking(node.kind, asked) ?? ok(nodeJson(node, world, asked.query["fields"], asked.now));
  if (method === "POST") return changeNode(asked, node, world);
  return method === "DELETE" ? remove(asked, node, world) : no(refusals.parameter("Unsupported request"));
};
