import { createHmac } from "node:crypto";
import { BridgeError } from "casethread/adapter";
import { type Chance, type Clock, createDeliveries, type Deliveries } from "casethread/sandbox";
import type { Announcement } from "./render.ts";

/** Meta's side of the webhook of one app. */
export interface Webhook {
  readonly deliveries: Omit<Deliveries<Announcement>, "push">;
  /** Tells of something. Resolves after the first try. */
  push(announced: Announcement): Promise<void>;
  /** Ends a Page's subscription. What was not delivered until now never is. */
  end(page: string): void;
  /**
   * Registers an address: Meta asks it to say back a number.
   *
   * @throws BridgeError when the answer is another.
   */
  connect(url: string): Promise<void>;
  connected(): boolean;
  /** Where it delivers. */
  address(): string | undefined;
  signed(body: string): Request;
}

type Fetch = (request: Request) => Promise<Response>;

// Messenger gives an address 5 seconds; Graph tries again at once, then less and less often over 36 hours
// (developers.facebook.com/docs/graph-api/webhooks/getting-started, /docs/messenger-platform/webhooks).
const answerMs = 5_000;
const retriesMs = [1_000, 60_000, 600_000, 3_600_000, 6 * 3_600_000, 12 * 3_600_000];
// "Webhooks Disabled": after an hour of failures the app is unsubscribed from the Page.
const disabledMs = 3_600_000;

const overNetwork: Fetch = (request) => fetch(request, { redirect: "manual" });

/** Makes the webhook of an app. */
export const createWebhook = (
  app: { readonly secret: string; readonly verifyToken: string },
  ground: { readonly clock: Clock; readonly chance: Chance },
  manners: { readonly doubleRate: number; readonly reorder: boolean; readonly deliver: Fetch | undefined },
  unsubscribe: (page: string) => void,
): Webhook => {
  const { deliver = overNetwork } = manners;
  let address: string | undefined;
  let failingSince: number | undefined;
  const endedAt = new Map<string, number>();
  const end = (page: string): void => {
    endedAt.set(page, ground.clock.now());
    unsubscribe(page);
  };

  const signed = (body: string): Request =>
    new Request(address ?? "http://127.0.0.1/facebook", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-hub-signature-256": `sha256=${createHmac("sha256", app.secret).update(body).digest("hex")}`,
      },
      body,
    });

  const deliveries = createDeliveries<Announcement & { readonly at: number }>(
    async ({ body, page, at }) => {
      // Taken back: nobody is told.
      if (at <= (endedAt.get(page) ?? Number.NEGATIVE_INFINITY)) return true;
      const patient = new Request(signed(body), { signal: AbortSignal.timeout(answerMs) });
      const accepted = await deliver(patient).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status === 200;
        },
        () => false,
      );
      const now = ground.clock.now();
      failingSince = accepted ? undefined : (failingSince ?? now);
      if (failingSince !== undefined && now - failingSince >= disabledMs) end(page);
      return accepted;
    },
    ground,
    {
      doubleRate: manners.doubleRate,
      reorder: manners.reorder,
      inFlight: 16,
      // Under a handed-in function nothing takes time by itself.
      spreadMs: manners.reorder && manners.deliver === undefined ? 20 : 0,
      retriesMs,
    },
  );

  return {
    deliveries,
    push: (announced) => deliveries.push({ ...announced, at: ground.clock.now() }),
    end,
    signed,
    connected: () => address !== undefined,
    address: () => address,
    connect: async (url) => {
      const challenge = String(1_000_000_000 + Math.floor(ground.chance() * 1_000_000_000));
      const asked = new URL(url);
      asked.searchParams.set("hub.mode", "subscribe");
      asked.searchParams.set("hub.challenge", challenge);
      asked.searchParams.set("hub.verify_token", app.verifyToken);
      const response = await deliver(new Request(asked, { signal: AbortSignal.timeout(answerMs) }));
      const given = response.status === 200 ? await response.text() : "";
      if (given !== challenge) {
        const say = `the webhook did not answer Meta's challenge (HTTP ${response.status}): is the bridge mounted there, with this app's verify token?`;
        throw new BridgeError(say, { fault: "invalid", adapter: "facebook sandbox", landed: "no" });
      }
      address = url;
    },
  };
};
