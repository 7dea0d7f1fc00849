import type { Clock } from "casethread";
import { facebook } from "casethread/facebook";
import { createFacebookNetwork, type FacebookFault } from "casethread/facebook/sandbox";
import type { Network, Told } from "./network.ts";
import type { Mishap, World } from "./world.ts";

const acme = { id: "448242228374517", name: "Acme" } as const;
const app = "5550001";

const faults: Readonly<Partial<Record<Mishap, FacebookFault>>> = {
  "lost-response": "lost-response",
  "503-before": "503-before",
  "503-after": "503-after",
  "429": "throttled",
  "401": "revoked",
  "duplicate-after": "duplicate-after",
  hang: "hang",
};

/** A delivery that tells the Page of its own act. */
const own = new RegExp(`"is_echo":true|"from":\\{"id":"${acme.id}"`);

/** Words that a request would put on the network. Undefined: it says nothing. */
const toldBy = (path: string, body: Readonly<Record<string, unknown>>): Told | undefined => {
  const under = /\/(\d+_\d+)\/comments$/.exec(path)?.[1];
  if (under !== undefined) return { text: String(body["message"]), side: "public", to: under };
  if (!path.endsWith("/messages")) return undefined;
  const { text } = body["message"] as { readonly text: string };
  const recipient = body["recipient"] as Readonly<Record<string, string>>;
  const [[kind, to] = ["id", ""]] = Object.entries(recipient);
  return { text, side: "private", to, ...(kind === "id" ? {} : { once: true }) };
};

/** Makes Facebook. */
export const createFacebook = async ({ chance, weather }: World, clock: Clock): Promise<Network> => {
  let deliver: (request: Request) => Promise<Response> = async () => new Response(null, { status: 503 });
  const net = await createFacebookNetwork({
    clock,
    seed: chance,
    app: { id: app },
    pages: [acme],
    hostile: {
      indexLagMs: weather.indexLagMs,
      doubleRate: weather.doubleRate,
      echoFirst: weather.echoFirst,
      lateAnswers: 0,
    },
    deliver: (request) => deliver(request),
  });
  const customers = new Map<string, string>();
  const page = await net.post({ by: acme.id, page: acme.id, text: "Our new opening hours" });
  return {
    account: { channel: "facebook", id: acme.id },
    channel: (hand, { act, read }, unknown) =>
      facebook({
        ...net.options(),
        ...(unknown === undefined ? {} : { unknown }),
        client: (of, token) => {
          const client = net.client(of, token);
          return {
            call: (method, url, params) => {
              const ask = (): Promise<unknown> => client.call(method, url, params);
              const told = method === "POST" ? toldBy(new URL(url).pathname, params) : undefined;
              if (told === undefined) return read(hand, ask);
              return act(hand, { ...told, to: customers.get(told.to) ?? told.to }, ask);
            },
          };
        },
      }),
    attach: async (to) => {
      deliver = to;
      await net.connect({ url: "http://bridge.test/facebook" });
    },
    isOwn: (body) => own.test(body),
    befall: (mishap) => {
      const fault = faults[mishap];
      if (fault !== undefined) net.faults.inject(fault, 1);
    },
    meant: (thrown) => {
      const { status, response } = thrown as {
        readonly status?: number;
        readonly response?: { readonly code?: number };
      };
      const code = response?.code;
      return {
        refused: status !== undefined && status >= 400 && status < 500 && code !== 506,
        throttled: code === 32,
        duplicate: code === 506 || code === 10_900,
      };
    },
    lose: (rate) => net.faults.rate("lost-webhook", rate),
    calm: () => net.calm(),
    shown: async () => {
      const { nodes, letters } = await net.state();
      return {
        posts: nodes.filter(({ id }) => id !== page.id),
        dms: letters.map(({ psid, ours, ...one }) => ({
          ...one,
          by: ours ? one.page : (customers.get(psid) ?? psid),
          viaApi: one.app === app,
        })),
      };
    },
    deliveries: async () => {
      const { pending, waiting, lost } = (await net.state()).deliveries;
      return { pending, waiting, lost: lost + (net.faults.struck.get("lost-webhook") ?? 0) };
    },
    knowsHer: false,
    customer: async (name) => ({ name, id: (await net.persona(name)).id }),
    say: async ({ id }, text, under) => (await net.comment({ by: id, under: under ?? page.id, text })).id,
    whisper: async ({ id }, text) => {
      const { psid } = await net.message({ by: id, page: acme.id, text });
      customers.set(psid, id);
    },
    byHand: async (text, under) => void (await net.comment({ by: acme.id, under, text })),
    change: async (post, text) => void (await net.edit({ post, text })),
    remove: (post) => net.remove({ post }),
    disable: () => net.unsubscribe({ page: acme.id }),
    revoke: async (during) => {
      net.faults.rate("revoked", 1);
      await during;
      net.faults.rate("revoked", 0);
    },
    seen: async () => ({
      "a token was revoked": net.faults.struck.get("revoked") ?? 0,
      "a subscription was ended": (await net.state()).requests.filter(
        ({ method, path }) => method === "POST" && path.endsWith("/subscribed_apps"),
      ).length,
    }),
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
};
