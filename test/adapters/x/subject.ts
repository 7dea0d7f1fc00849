import { createHmac } from "node:crypto";
import {
  type AccountRef,
  type Channel,
  type ChannelTask,
  type Delivery,
  door,
  type Effect,
  type EffectKey,
  keyOf,
  type Kit,
  type Note,
  type PersonaRef,
  type PrivateAct,
  type PublicAct,
  type PublicWords,
} from "casethread/adapter";
import { createClock, type SandboxClock } from "casethread/sandbox";
import { x } from "casethread/x";
import { createXSandbox, type XHostility, type XSandbox } from "casethread/x/sandbox";
import type { ChannelSubject, NetworkFault } from "../../../src/conformance/channel.ts";

export const acme = "1001";
export const other = "1002";
export const consumerSecret = "a-consumer-secret-that-nobody-may-see";

/** A kit that runs out of nothing. */
export const kitAt = (now: () => number, over: Partial<Kit> = {}): Kit => ({
  signal: new AbortController().signal,
  now,
  note: () => ({ read: async () => undefined, swap: async () => true }),
  depart: () => undefined,
  ...over,
});

/** Notes as a store keeps them: shared by all, changed by compare-and-swap. */
export const notes = (): { readonly values: Map<string, string>; note(name: string): Note } => {
  const values = new Map<string, string>();
  return {
    values,
    note: (name) => ({
      read: async () => values.get(name),
      swap: async (from, to) => {
        await Promise.resolve();
        if (values.get(name) !== from) return false;
        values.set(name, to);
        return true;
      },
    }),
  };
};

const effectOf = <A extends PublicAct | PrivateAct>(account: AccountRef, act: A, at: number): Effect<A> => {
  const cause = keyOf.event("test", "cause", at);
  return {
    key: keyOf.effect(cause, act.do) satisfies EffectKey,
    conversation: keyOf.conversation(cause),
    door: door.of(
      account,
      act.do === "message" || act.do === "privateReply" || act.do === "control" ? "private" : "public",
    ),
    act,
    by: { kind: "agent" },
    cause,
    at,
    turn: 1,
    revision: 1,
    priority: 50,
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

export const messageTask = (to: PersonaRef, words: string, at: number): ChannelTask => ({
  effect: effectOf(to.account, { do: "message", to }, at),
  attempt: 1,
  words,
});

export const actTask = (account: AccountRef, act: Exclude<PublicAct, { do: "reply" }>, at: number): ChannelTask => ({
  effect: effectOf(account, act, at),
  attempt: 1,
});

export const delivered = async (request: Request): Promise<Delivery> => ({
  method: request.method,
  url: new URL(request.url),
  headers: request.headers,
  body: new Uint8Array(await request.arrayBuffer()),
});

/** A body, signed as X signs it. */
export const signed = (body: string, secret: string = consumerSecret): Delivery => ({
  method: "POST",
  url: new URL("https://brand.example/x"),
  headers: new Headers({
    "content-type": "application/json",
    "x-twitter-webhooks-signature": `sha256=${createHmac("sha256", secret).update(body).digest("base64")}`,
  }),
  body: new TextEncoder().encode(body),
});

export interface Ground {
  readonly sandbox: XSandbox;
  readonly channel: Channel;
  readonly account: AccountRef;
  readonly clock: SandboxClock;
  kit(over?: Partial<Kit>): Kit;
}

/** A sandbox and a channel on it, with a clock of their own. */
export const ground = async (
  over: { readonly hostile?: XHostility; readonly tier?: "self-serve" | "enterprise"; readonly still?: boolean } = {},
): Promise<Ground> => {
  const clock = createClock({ still: over.still ?? false });
  const sandbox = await createXSandbox({
    clock,
    app: { consumerKey: "a-consumer-key", consumerSecret },
    accounts: [
      { id: acme, handle: "AcmeHelp", tier: over.tier ?? "self-serve" },
      { id: other, handle: "AcmeNews" },
    ],
    hostile: { lateAnswers: 0, ...over.hostile },
  });
  const channel = x(sandbox.options());
  const [account] = channel.accounts();
  if (account === undefined) throw new Error("no account");
  return { sandbox, channel, account, clock, kit: (more) => kitAt(() => clock.now(), more) };
};

const faultOf = {
  refused: undefined,
  throttled: "429",
  away: "503-before",
  "lost-answer": "lost-response",
  hang: "hang",
} as const;

/** X, enrolled for the laws of channels. */
export const xSubject = async (
  over: (channel: Channel) => Channel = (channel) => channel,
): Promise<ChannelSubject & AsyncDisposable> => {
  const at = await ground({ tier: "enterprise" });
  const { sandbox, channel: real, account, clock } = at;
  const kit: Ground["kit"] = (more) => at.kit(more);
  const channel = over(real);
  const maria = await sandbox.persona("maria");
  let mark: string | undefined;
  const announced = async (id: string, type: string): Promise<Delivery> => {
    const body = sandbox.announces(id).find((text) => text.includes(`"event_type":"${type}"`));
    if (body === undefined) throw new Error(`no ${type} is announced`);
    return delivered(sandbox.signed(body));
  };
  const asked = await sandbox.say({ by: maria, text: "@AcmeHelp where is my order?" });
  const letter = await sandbox.dm({ by: maria, to: acme, text: "it is order 77" });
  const own = await sandbox.say({ by: acme, text: "We look into it.", replyTo: asked.id });
  const one: unknown = JSON.parse(new TextDecoder().decode((await announced(asked.id, "post.mention.create")).body));
  const two: unknown = JSON.parse(new TextDecoder().decode((await announced(letter.id, "dm.received")).body));
  const odd = {
    event_uuid: "1",
    event_type: "post.create",
    filter: { user_id: acme },
    payload: { id: "5", secretWord: "marmalade" },
  };

  return {
    channel,
    account,
    kit,
    samples: {
      public: { delivery: await announced(asked.id, "post.mention.create"), items: 1 },
      private: { delivery: await announced(letter.id, "dm.received"), items: 1 },
      own: { delivery: await announced(own.id, "post.create"), items: 1 },
      batch: { delivery: signed(JSON.stringify([one, two])), items: 2 },
      unreadable: { delivery: signed(JSON.stringify({ data: odd })), items: 1, words: ["marmalade"] },
    },
    forged: (delivery) => {
      const without = new Headers(delivery.headers);
      without.delete("x-twitter-webhooks-signature");
      const body = new TextDecoder().decode(delivery.body);
      return [{ ...delivery, headers: without }, signed(body, "another secret"), signed(body, "")];
    },
    handshake: {
      genuine: { ...signed(""), method: "GET", url: new URL("https://brand.example/x?crc_token=4zUm0cLlSvOGcNHGZ7KQ") },
      over: (text) => {
        const url = new URL("https://brand.example/x");
        url.searchParams.set("crc_token", text);
        return { ...signed(""), method: "GET", url };
      },
    },
    reply: async (words) => {
      const post = await sandbox.say({ by: maria, text: "@AcmeHelp and?" });
      mark = await real.mark?.(door.of(account, "public"), {}, kit());
      return replyTask(account, post.id, words, clock.now());
    },
    sent: () => ({ attempt: 1, sendBy: clock.now() + 2_000, ...(mark === undefined ? {} : { since: mark }) }),
    acted: async () => (await sandbox.state()).requests.filter(({ method }) => method !== "GET").length,
    fault: async (kind: NetworkFault) => {
      const fault = faultOf[kind];
      if (fault !== undefined) await sandbox.inject({ fault });
      // A post that is gone: X refuses to have it answered.
      else
        await Promise.all(
          (await sandbox.state()).posts
            .filter(({ by }) => by === maria.id)
            .map(({ id }) => sandbox.remove({ post: id }).catch(() => undefined)),
        );
    },
    shown: () => clock.advance(2_000),
    speak: async () => {
      const post = await sandbox.say({ by: maria, text: "@AcmeHelp hello again" });
      return announced(post.id, "post.mention.create");
    },
    secrets: [consumerSecret, "a-consumer-key", `${acme}-sandbox`, "sandbox-access-secret"],
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
};
