import { createHmac } from "node:crypto";
import {
  type AccountRef,
  type Channel,
  type ChannelTask,
  type Delivery,
  door,
  type Effect,
  keyOf,
  type Kit,
  type PersonaRef,
  type PrivateAct,
  type PublicAct,
  type PublicWords,
} from "casethread/adapter";
import { facebook, type FacebookOptions } from "casethread/facebook";
import { createFacebookSandbox, type FacebookHostility, type FacebookSandbox } from "casethread/facebook/sandbox";
import { createClock, type SandboxClock } from "casethread/sandbox";
import type { ChannelSubject, NetworkFault } from "../../../src/conformance/channel.ts";

export const acme = "448242228374517";
export const other = "1142469655832956";
export const appSecret = "an-app-secret-that-nobody-may-see";
export const verifyToken = "a-verify-token-that-nobody-may-see";

/** Notes that outlive a kit. */
export const notes = (): Kit["note"] => {
  const kept = new Map<string, string>();
  return (name) => ({
    read: async () => kept.get(name),
    swap: async (from, to) => {
      if (kept.get(name) !== from) return false;
      kept.set(name, to);
      return true;
    },
  });
};

export const kitAt = (now: () => number, over: Partial<Kit> = {}): Kit => ({
  signal: new AbortController().signal,
  now,
  note: () => ({ read: async () => undefined, swap: async () => true }),
  depart: () => undefined,
  ...over,
});

const effectOf = <A extends PublicAct | PrivateAct>(
  account: AccountRef,
  act: A,
  at: number,
  more: Partial<Effect> = {},
): Effect<A> => {
  const cause = keyOf.event("test", "cause", at);
  const inPrivate = act.do === "message" || act.do === "privateReply" || act.do === "control";
  return {
    key: keyOf.effect(cause, act.do),
    conversation: keyOf.conversation(cause),
    door: door.of(account, inPrivate ? "private" : "public"),
    by: { kind: "agent" },
    cause,
    at,
    turn: 1,
    revision: 1,
    priority: 50,
    words: "person",
    ...more,
    act,
  };
};

export const replyTask = (
  account: AccountRef,
  under: string,
  words: string,
  at: number,
  invite?: string,
): ChannelTask => ({
  effect: effectOf(
    account,
    { do: "reply", under: { account, id: under }, ...(invite === undefined ? {} : { invite }) },
    at,
  ),
  attempt: 1,
  words: words as PublicWords,
});

export const privateReplyTask = (
  account: AccountRef,
  under: string,
  words: string,
  at: number,
  attempt = 1,
): ChannelTask =>
  ({
    effect: effectOf(account, { do: "privateReply", under: { account, id: under } }, at),
    attempt,
    words,
  }) satisfies ChannelTask;

export const messageTask = (
  to: PersonaRef,
  words: string,
  at: number,
  more: { readonly heardAt?: number; readonly words?: "person" | "automatic" } = {},
): ChannelTask => ({
  effect: effectOf(to.account, { do: "message", to }, at, { words: more.words ?? "person" }),
  attempt: 1,
  words,
  ...(more.heardAt === undefined ? {} : { heardAt: more.heardAt }),
});

export const actTask = (
  account: AccountRef,
  act: Exclude<PublicAct, { do: "reply" }> | Extract<PrivateAct, { do: "control" }>,
  at: number,
): ChannelTask => ({ effect: effectOf(account, act, at), attempt: 1 }) as ChannelTask;

const delivered = async (request: Request): Promise<Delivery> => ({
  method: request.method,
  url: new URL(request.url),
  headers: request.headers,
  body: new Uint8Array(await request.arrayBuffer()),
});

/** A body, signed as Meta signs it. */
export const signed = (body: string, secret: string = appSecret): Delivery => ({
  method: "POST",
  url: new URL("https://brand.example/facebook"),
  headers: new Headers({
    "content-type": "application/json",
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
  }),
  body: new TextEncoder().encode(body),
});

export interface Ground {
  readonly sandbox: FacebookSandbox;
  readonly channel: Channel;
  readonly account: AccountRef;
  readonly clock: SandboxClock;
  /** A post of the Page's, to comment on. */
  readonly post: string;
  kit(over?: Partial<Kit>): Kit;
}

/** A sandbox and a channel on it, with a clock of their own. */
export const ground = async (
  over: {
    readonly hostile?: FacebookHostility;
    readonly still?: boolean;
    readonly options?: Partial<FacebookOptions>;
    readonly humanAgent?: boolean;
    readonly ads?: boolean;
  } = {},
): Promise<Ground> => {
  const clock = createClock({ still: over.still ?? false });
  const sandbox = await createFacebookSandbox({
    clock,
    app: { id: "5550001", secret: appSecret, verifyToken },
    pages: [
      { id: acme, name: "Acme", humanAgent: over.humanAgent ?? false, ads: over.ads ?? false },
      { id: other, name: "Acme News" },
    ],
    hostile: { lateAnswers: 0, ...over.hostile },
  });
  const channel = facebook({ ...sandbox.options(), ...over.options });
  const [account] = channel.accounts();
  if (account === undefined) throw new Error("no account");
  const post = await sandbox.post({ by: acme, page: acme, text: "Our new opening hours" });
  const note = notes();
  return {
    sandbox,
    channel,
    account,
    clock,
    post: post.id,
    kit: (more) => kitAt(() => clock.now(), { note, ...more }),
  };
};

const faultOf = {
  refused: undefined,
  throttled: "throttled",
  away: "503-before",
  "lost-answer": "lost-response",
  hang: "hang",
} as const;

/** Facebook, enrolled for the laws of channels. */
export const facebookSubject = async (
  over: (channel: Channel) => Channel = (channel) => channel,
): Promise<ChannelSubject & AsyncDisposable> => {
  const at = await ground();
  const { sandbox, channel: real, account, clock, post } = at;
  const channel = over(real);
  const maria = await sandbox.persona("Maria Keller");
  const announced = async (id: string): Promise<Delivery> => {
    const [body] = sandbox.announces(id);
    if (body === undefined) throw new Error(`nothing announces ${id}`);
    return delivered(sandbox.signed(body));
  };
  const asked = await sandbox.comment({ by: maria, under: post, text: "where is my order?" });
  const letter = await sandbox.message({ by: maria, page: acme, text: "it is order 77" });
  const own = await sandbox.comment({ by: acme, under: asked.id, text: "We look into it." });
  const entryOf = async (id: string): Promise<unknown> =>
    (JSON.parse(new TextDecoder().decode((await announced(id)).body)) as { entry: unknown[] }).entry[0];
  const odd = { id: acme, time: 1, changes: [{ field: "feed", value: { item: 5, secretWord: "marmalade" } }] };
  const body = (...entry: readonly unknown[]): string => JSON.stringify({ object: "page", entry });

  return {
    channel,
    account,
    kit: (more) => at.kit(more),
    samples: {
      public: { delivery: await announced(asked.id), items: 1 },
      private: { delivery: await announced(letter.id), items: 1 },
      own: { delivery: await announced(own.id), items: 1 },
      batch: { delivery: signed(body(await entryOf(asked.id), await entryOf(letter.id))), items: 2 },
      unreadable: { delivery: signed(body(odd)), items: 1, words: ["marmalade"] },
    },
    forged: (delivery) => {
      const without = new Headers(delivery.headers);
      without.delete("x-hub-signature-256");
      const text = new TextDecoder().decode(delivery.body);
      return [{ ...delivery, headers: without }, signed(text, "another secret"), signed(text, "")];
    },
    handshake: {
      genuine: {
        ...signed(""),
        method: "GET",
        url: new URL(
          `https://brand.example/facebook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${verifyToken}`,
        ),
      },
      over: (text) => {
        const url = new URL(`https://brand.example/facebook?hub.mode=subscribe&hub.verify_token=${verifyToken}`);
        url.searchParams.set("hub.challenge", text);
        return { ...signed(""), method: "GET", url };
      },
    },
    reply: async (words) => {
      const comment = await sandbox.comment({ by: maria, under: post, text: "and?" });
      return replyTask(account, comment.id, words, clock.now());
    },
    sent: () => ({ attempt: 1, sendBy: clock.now() + 2_000 }),
    acted: async () => (await sandbox.state()).requests.filter(({ method }) => method !== "GET").length,
    fault: async (kind: NetworkFault) => {
      const fault = faultOf[kind];
      if (fault !== undefined) await sandbox.inject({ fault });
      // A comment that is gone: Graph refuses to have it answered.
      else {
        const { nodes } = await sandbox.state();
        for (const { id, by, gone } of nodes) if (by === maria.id && !gone) await sandbox.remove({ post: id });
      }
    },
    shown: () => clock.advance(2_000),
    speak: async () => announced((await sandbox.comment({ by: maria, under: post, text: "hello again" })).id),
    secrets: [appSecret, verifyToken, `EAAG-${acme}-sandbox`],
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
};
