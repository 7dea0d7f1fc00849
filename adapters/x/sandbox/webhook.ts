import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { BridgeError } from "casethread/adapter";
import { type Chance, type Clock, createDeliveries, type Deliveries } from "casethread/sandbox";
import type { Announcement } from "./events.ts";

const hmac = (secret: string, over: string): string =>
  `sha256=${createHmac("sha256", secret).update(over).digest("base64")}`;

/** Takes a request to the webhook's address: the network's own way, or a function in its place. */
type Listener = (request: Request) => Promise<Response>;

/** X's side of the webhook of one app (docs.x.com/x-api/webhooks/introduction). */
export interface Webhook {
  readonly deliveries: Deliveries<Announcement>;
  /**
   * Registers an address, or whoever listens in its place: X asks it to sign a challenge.
   *
   * @throws BridgeError when the answer is not signed with the app's secret.
   */
  connect(url: string, listener?: Listener): Promise<void>;
  connected(): boolean;
  /** X sends it nothing any more. */
  disconnect(): void;
  signed(body: string): Request;
}

// X gives an address 10 seconds to answer. What it does when none comes is not documented for its newer webhooks; the
// older ones tried three times more within five minutes.
const answerMs = 10_000;
const retriesMs = [30_000, 90_000, 180_000];

/** Makes the webhook of an app. */
export const createWebhook = (
  secret: string,
  ground: { readonly clock: Clock; readonly chance: Chance },
  manners: { readonly doubleRate: number; readonly reorder: boolean },
): Webhook => {
  let address: string | undefined;
  let listen: Listener = fetch;

  const signed = (body: string): Request =>
    new Request(address ?? "http://127.0.0.1/x", {
      method: "POST",
      headers: { "content-type": "application/json", "x-twitter-webhooks-signature": hmac(secret, body) },
      body,
    });

  const deliveries = createDeliveries<Announcement>(
    async ({ body }) => {
      const response = await listen(
        new Request(signed(body), { redirect: "manual", signal: AbortSignal.timeout(answerMs) }),
      );
      await response.arrayBuffer();
      return response.status === 200;
    },
    ground,
    { ...manners, inFlight: 16, spreadMs: manners.reorder ? 20 : 0, retriesMs },
  );

  return {
    deliveries,
    signed,
    connected: () => address !== undefined,
    disconnect: () => {
      address = undefined;
    },
    connect: async (url, listener = fetch) => {
      const token = randomBytes(24).toString("base64url");
      const asked = new URL(url);
      asked.searchParams.set("crc_token", token);
      const response = await listener(
        new Request(asked, { redirect: "manual", signal: AbortSignal.timeout(answerMs) }),
      );
      const answer: unknown = response.status === 200 ? await response.json() : undefined;
      const given =
        typeof answer === "object" && answer !== null && "response_token" in answer
          ? String(answer.response_token)
          : "";
      const due = hmac(secret, token);
      if (given.length !== due.length || !timingSafeEqual(Buffer.from(given), Buffer.from(due))) {
        const say = `the webhook did not answer X's challenge (CrcValidationFailed, HTTP ${response.status}): is the bridge mounted there, with this app's consumer secret?`;
        throw new BridgeError(say, { fault: "invalid", adapter: "x sandbox", landed: "no" });
      }
      address = url;
      listen = listener;
    },
  };
};
