import { z } from "zod";

/** One post of a case that stands elsewhere, whatever the record looked like. */
export interface Row {
  /** The case's id in the CRM that the bridge works with. */
  readonly case: string;
  readonly open: boolean;
  /** The post's link, or the network's id of it. */
  readonly post: string;
  /** Which network, where the record says it: `x`, `facebook`. */
  readonly channel?: string;
  /** The brand's account: its id on the network. */
  readonly account?: string;
  /** The author's id on the network. */
  readonly person: string;
  readonly space?: string;
  readonly handle?: string;
}

/** What a record came to: rows, or why it cannot be linked. */
export type Read = { readonly rows: readonly Row[] } | { readonly why: string };

/** What records may be of. */
export const sources = ["jsonl", "socialpost", "chatwoot", "zammad"] as const;
export type Source = (typeof sources)[number];

const id = z.union([z.string().min(1), z.number().transform(String)]);
const text = z.string().min(1).nullish();

const plain = z.object({
  case: id,
  post: id.optional(),
  posts: z.array(id).min(1).optional(),
  person: id,
  open: z.boolean().default(true),
  channel: text,
  account: id.nullish(),
  space: text,
  handle: text,
});

/** One line: `{"case":"500…","post":"https://x.com/…","person":"2244994945"}`. */
const fromPlain = (raw: unknown): Read => {
  const { case: of, post, posts = [], channel, account, space, handle, ...rest } = plain.parse(raw);
  const all = [...(post === undefined ? [] : [post]), ...posts];
  if (all.length === 0) return { why: "it names no post" };
  const more = {
    ...(channel ? { channel } : {}),
    ...(account ? { account } : {}),
    ...(space ? { space } : {}),
    ...(handle ? { handle } : {}),
  };
  return { rows: all.map((one) => ({ ...rest, case: of, post: one, ...more })) };
};

// developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_socialpost.htm
const socialPost = z.object({
  ParentId: text,
  ExternalPostId: text,
  PostUrl: text,
  Provider: text,
  IsOutbound: z.boolean().nullish(),
  Handle: text,
  Persona: z.object({ ExternalId: text, Name: text }).nullish(),
  Parent: z.object({ IsClosed: z.boolean().nullish() }).nullish(),
});
const providers: Readonly<Record<string, string>> = { Twitter: "x", X: "x", Facebook: "facebook" };

/** A SocialPost with its SocialPersona, as a query brings them. Its parent is the case. */
const fromSocialPost = (raw: unknown): Read => {
  const post = socialPost.parse(raw);
  if (post.IsOutbound === true) return { why: "the brand said it" };
  if (!post.ParentId?.startsWith("500")) return { why: "its parent is no case" };
  const where = post.PostUrl ?? post.ExternalPostId;
  if (!where) return { why: "it names no post" };
  const person = post.Persona?.ExternalId;
  if (!person) return { why: "its persona has no id of the network" };
  const channel = providers[post.Provider ?? ""];
  const handle = post.Persona?.Name ?? post.Handle;
  return {
    rows: [
      {
        case: post.ParentId,
        open: post.Parent?.IsClosed !== true,
        post: where,
        person,
        ...(channel === undefined ? {} : { channel }),
        ...(handle ? { handle } : {}),
      },
    ],
  };
};

const inboxes: Readonly<Record<string, string>> = {
  "Channel::TwitterProfile": "x",
  "Channel::FacebookPage": "facebook",
};
// developers.chatwoot.com/api-reference/conversations: a conversation, with its messages.
const chatwoot = z.object({
  status: text,
  channel: text,
  meta: z.object({ channel: text, sender: z.object({ name: text }).nullish() }).nullish(),
  contact_inbox: z.object({ source_id: id.nullish() }).nullish(),
  custom_attributes: z.record(z.string(), z.unknown()).default({}),
  messages: z
    .array(
      z.object({
        message_type: z.union([z.number(), z.string()]).nullish(),
        private: z.boolean().nullish(),
        source_id: id.nullish(),
      }),
    )
    .default([]),
});

/** A conversation of Chatwoot's. The CRM's case stands in a custom attribute, which somebody has filled. */
const fromChatwoot = (raw: unknown, field: string): Read => {
  const talk = chatwoot.parse(raw);
  const of = id.safeParse(talk.custom_attributes[field]).data;
  if (of === undefined) return { why: `its custom attribute ${field} names no case` };
  const person = talk.contact_inbox?.source_id;
  if (!person) return { why: "its contact has no id of the network" };
  const incoming = talk.messages.filter(
    (one) => one.private !== true && (one.message_type === 0 || one.message_type === "incoming"),
  );
  const posts = [...new Set(incoming.flatMap(({ source_id: post }) => post ?? []))];
  if (posts.length === 0) return { why: "none of its messages names a post" };
  const channel = inboxes[talk.meta?.channel ?? talk.channel ?? ""];
  const handle = talk.meta?.sender?.name;
  return {
    rows: posts.map((post) => ({
      case: of,
      open: talk.status !== "resolved",
      post,
      person,
      ...(channel === undefined ? {} : { channel }),
      ...(handle ? { handle } : {}),
    })),
  };
};

// docs.zammad.org/en/latest/api/ticket/articles.html; what a network told stands in an article's preferences.
const zammad = z.object({
  state: text,
  case: id.nullish(),
  preferences: z.record(z.string(), z.unknown()).nullish(),
  articles: z
    .array(
      z.object({
        sender: text,
        type: text,
        from: text,
        message_id: id.nullish(),
        preferences: z
          .object({
            twitter: z.object({ user_id: id.nullish(), created_by_id: id.nullish() }).nullish(),
            facebook: z.object({ from: z.object({ id: id.nullish() }).nullish() }).nullish(),
          })
          .nullish(),
      }),
    )
    .default([]),
});

/** A ticket of Zammad's with its articles. The CRM's case stands in a field of the ticket, which somebody has filled. */
const fromZammad = (raw: unknown, field: string): Read => {
  const ticket = zammad.parse(raw);
  const of = id.safeParse((raw as Readonly<Record<string, unknown>>)[field] ?? ticket.preferences?.[field]).data;
  if (of === undefined) return { why: `its field ${field} names no case` };
  const rows = ticket.articles.flatMap((article): readonly Row[] => {
    const { twitter, facebook } = article.preferences ?? {};
    const person = twitter?.user_id ?? twitter?.created_by_id ?? facebook?.from?.id;
    const post = article.message_id;
    if (article.sender !== "Customer" || !post || !person) return [];
    const channel = article.type?.startsWith("twitter") === true ? "x" : "facebook";
    const handle = article.from;
    const open = ticket.state !== "closed" && ticket.state !== "merged";
    return [{ case: of, open, post, person, channel, ...(handle ? { handle } : {}) }];
  });
  return rows.length > 0 ? { rows } : { why: "none of its articles names a post and its author" };
};

const readers: Readonly<Record<Source, (raw: unknown, field: string) => Read>> = {
  jsonl: fromPlain,
  socialpost: fromSocialPost,
  chatwoot: fromChatwoot,
  zammad: fromZammad,
};

/** The least of a record that can be linked. */
const examples: Readonly<Record<Source, (field: string) => object>> = {
  jsonl: () => ({ case: "500…", post: "https://x.com/maria/status/1871…", person: "2244994945" }),
  socialpost: () => ({
    ParentId: "500…",
    PostUrl: "https://x.com/maria/status/1871…",
    Provider: "Twitter",
    Persona: { ExternalId: "2244994945" },
  }),
  chatwoot: (field) => ({
    contact_inbox: { source_id: "2244994945" },
    custom_attributes: { [field]: "500…" },
    messages: [{ message_type: "incoming", source_id: "1871…" }],
  }),
  zammad: (field) => ({
    [field]: "500…",
    articles: [
      {
        sender: "Customer",
        type: "twitter status",
        message_id: "1871…",
        preferences: { twitter: { user_id: "2244994945" } },
      },
    ],
  }),
};

/** Reads one record. */
export const readRecord = (source: Source, raw: unknown, field: string): Read => {
  try {
    return readers[source](raw, field);
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const places = thrown.issues.map(({ path }) => path.join(".") || "its root").join(", ");
    return { why: `it is not as expected at ${places}: such is one ${JSON.stringify(examples[source](field))}` };
  }
};

/** The records of a file: one JSON value a line, one array, or an answer of an API that holds one. */
export const recordsIn = (whole: string): readonly unknown[] => {
  const parse = (one: string): unknown => {
    try {
      return JSON.parse(one);
    } catch {
      return undefined;
    }
  };
  const value = parse(whole);
  const lists = z.union([
    z.array(z.unknown()),
    z.object({ result: z.object({ records: z.array(z.unknown()) }) }).transform(({ result }) => result.records),
    z.object({ records: z.array(z.unknown()) }).transform(({ records }) => records),
    z.object({ data: z.object({ payload: z.array(z.unknown()) }) }).transform(({ data }) => data.payload),
    z.object({ payload: z.array(z.unknown()) }).transform(({ payload }) => payload),
  ]);
  const list = lists.safeParse(value);
  if (list.success) return list.data;
  if (value !== undefined) return [value];
  return whole
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parse);
};
