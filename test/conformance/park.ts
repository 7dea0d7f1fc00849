import type { AccountRef, ChannelTask, Delivery, Kit, PublicWords } from "casethread/adapter";
import { door, keyOf } from "casethread/adapter";
import type { ChannelSubject, DeliverySample, NetworkFault } from "casethread/conformance";
import { createPark, parkChannel, type ParkFault } from "../made-up/park.ts";
import { secret, signed } from "../made-up/park-read.ts";

const account: AccountRef = { channel: "park", id: "kiosk" };

const faultOf: Readonly<Record<NetworkFault, ParkFault>> = {
  refused: "refuse",
  throttled: "busy",
  away: "before",
  "lost-answer": "lost",
  hang: "hang",
};

const deliveryOf = async (request: Request): Promise<Delivery> => ({
  method: request.method,
  url: new URL(request.url),
  headers: request.headers,
  body: new Uint8Array(await request.arrayBuffer()),
});

const kit = (over: Partial<Kit> = {}): Kit => ({
  signal: new AbortController().signal,
  now: Date.now,
  note: () => ({ read: async () => undefined, swap: async () => true }),
  depart: () => undefined,
  ...over,
});

/** The park, enrolled for the laws of channels. */
export const parkSubject = async (): Promise<ChannelSubject> => {
  const park = createPark(Date.now);
  const channel = parkChannel(park);
  const mine = park.say("maria", "cold coffee");
  const sample = async (request: Request, items: number): Promise<DeliverySample> => ({
    delivery: await deliveryOf(request),
    items,
  });
  let acts = 0;
  let since: string | undefined;
  return {
    channel,
    account,
    kit,
    samples: {
      public: await sample(park.deliver(mine), 1),
      private: await sample(park.deliver(park.whisper("maria", "on the bench")), 1),
      own: await sample(park.deliver(park.byHand("So sorry.", { under: mine.id })), 1),
      batch: await sample(park.deliver(park.say("nora", "one"), park.say("lena", "two")), 2),
      unreadable: {
        ...(await sample(signed(JSON.stringify({ words: [{ account: "kiosk", odd: "marmalade" }] })), 1)),
        words: ["marmalade"],
      },
    },
    forged: (delivery) => {
      const with_ = (signature: string | undefined): Delivery => {
        const headers = new Headers(delivery.headers);
        headers.delete("x-park-signature");
        if (signature !== undefined) headers.set("x-park-signature", signature);
        return { ...delivery, headers };
      };
      return [with_(undefined), with_(""), with_("0".repeat(64))];
    },
    reply: async (words): Promise<ChannelTask> => {
      const under = { account, id: park.say("maria", "and?").id };
      since = await channel.mark?.(door.of(account, "public"), {}, kit());
      const cause = keyOf.event("law", "cause", (acts += 1));
      return {
        effect: {
          key: keyOf.effect(cause, "reply"),
          conversation: keyOf.conversation(cause),
          door: door.of(account, "public"),
          act: { do: "reply", under },
          by: { kind: "agent" },
          cause,
          at: Date.now(),
          turn: 1,
          revision: 1,
          priority: 50,
        },
        attempt: 1,
        words: words as PublicWords,
      };
    },
    sent: () => ({ attempt: 1, sendBy: Date.now() + 2_000, ...(since === undefined ? {} : { since }) }),
    acted: async () => park.requests.length,
    fault: async (kind) => void park.faults.push(faultOf[kind]),
    shown: async () => undefined,
    secrets: [secret],
  };
};
