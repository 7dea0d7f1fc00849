import type { Clock } from "casethread";
import { x as xChannel } from "casethread/x";
import { createXSandbox, type XFault } from "casethread/x/sandbox";
import type { Network } from "./network.ts";
import type { Mishap, World } from "./world.ts";

/** The brand's account. */
const acme = { id: "1001", handle: "acme_help", tier: "enterprise" } as const;

const faults: Readonly<Partial<Record<Mishap, XFault>>> = {
  "lost-response": "lost-response",
  "503-before": "503-before",
  "503-after": "503-after",
  "429": "429",
  "401": "401",
  "duplicate-after": "duplicate-after",
  hang: "hang",
};

/** A delivery that tells the account of its own act. */
const own = /"event_type":"(?:post.create|dm.sent)"/;

/** Makes X. */
export const createXNetwork = async ({ chance, weather }: World, clock: Clock): Promise<Network> => {
  const x = await createXSandbox({
    accounts: [acme],
    clock,
    seed: chance,
    listen: false,
    hostile: {
      indexLagMs: weather.indexLagMs,
      doubleRate: weather.doubleRate,
      echoFirst: weather.echoFirst,
      lateAnswers: 0,
    },
  });
  return {
    account: { channel: "x", id: acme.id },
    channel: (hand, { act, read }, unknown) =>
      xChannel({
        ...x.options(),
        messagesEvery: 1,
        ...(unknown === undefined ? {} : { unknown }),
        client: (account) => {
          const { v2 } = x.client(account);
          type Post = ReturnType<typeof v2.post>;
          return {
            v2: {
              get: (path, query, whole) => read(hand, () => v2.get(path, query, whole)),
              delete: (path, query, whole) => read(hand, () => v2.delete(path, query, whole)),
              put: (path, body, whole) => read(hand, () => v2.put(path, body, whole)),
              post: (path, body, whole) => {
                const to = /^dm_conversations\/with\/(\d+)\//.exec(path)?.[1];
                const reply = body["reply"] as { readonly in_reply_to_tweet_id?: string } | undefined;
                const told = {
                  text: String(body["text"]),
                  side: to === undefined ? ("public" as const) : ("private" as const),
                  to: to ?? reply?.in_reply_to_tweet_id ?? "",
                };
                return act(hand, told, () => v2.post(path, body, whole)) as Post;
              },
            },
          };
        },
      }),
    attach: (deliver) => x.attach(deliver),
    isOwn: (body) => own.test(body),
    befall: (mishap) => {
      const fault = faults[mishap];
      if (fault !== undefined) x.faults.inject(fault, 1);
    },
    meant: (thrown) => {
      const { code = 0 } = thrown as { readonly code?: number };
      return { refused: code >= 400 && code < 500, throttled: code === 429, duplicate: code === 403 };
    },
    lose: (rate) => x.faults.rate("lost-webhook", rate),
    calm: () => x.calm(),
    shown: async () => {
      const { posts, dms } = await x.state();
      return { posts, dms: dms.map((one) => ({ ...one, by: one.from })) };
    },
    deliveries: async () => {
      const { pending, waiting, lost } = (await x.state()).deliveries;
      return { pending, waiting, lost: lost + (x.faults.struck.get("lost-webhook") ?? 0) };
    },
    knowsHer: true,
    customer: async (name) => {
      const { id } = await x.persona(`${name.toLowerCase()}_k`, { name, acceptsMessages: false });
      return { name, id };
    },
    say: async ({ id }, text, under) => {
      const reply = under === undefined ? {} : { replyTo: under };
      return (await x.say({ by: id, text, mentions: [acme.id], ...reply })).id;
    },
    whisper: async ({ id }, text, under) => {
      const { posts } = await x.state();
      const link = posts.find((post) => post.deepLink !== undefined && under.includes(post.replyTo ?? ""));
      if (link === undefined) await x.dm({ by: id, to: acme.id, text });
      else await x.followInvite({ by: id, post: link.id, text });
    },
    byHand: async (text, under) => void (await x.say({ by: acme.id, text, replyTo: under })),
    [Symbol.asyncDispose]: () => x[Symbol.asyncDispose](),
  };
};
