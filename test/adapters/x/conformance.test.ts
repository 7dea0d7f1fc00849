import { describe, expect, test } from "vitest";
import type { Channel } from "casethread/adapter";
import { channelLaws } from "../../../src/conformance/channel.ts";
import { xSubject } from "./subject.ts";

describe("X keeps the laws of channels", () => {
  for (const law of channelLaws) {
    test(law.name, async () => {
      await using subject = await xSubject();
      await law.run(subject);
    });
  }
});

/** Ways to be bad, and which law has to notice. */
const vices: readonly (readonly [string, RegExp, (good: Channel) => Channel])[] = [
  [
    "tries twice",
    /never tries twice.*away/,
    (good) => ({ ...good, perform: (task, kit) => good.perform(task, kit).catch(() => good.perform(task, kit)) }),
  ],
  [
    "believes anyone",
    /flipped byte/,
    (good) => ({
      ...good,
      read: (delivery, kit) => good.read(delivery, kit).catch(() => ({ events: [], unread: [], alarms: [] })),
    }),
  ],
  [
    "drops what it cannot read",
    /kept raw, with a reason/,
    (good) => ({
      ...good,
      read: async (delivery, kit) => {
        const reading = await good.read(delivery, kit);
        return "handshake" in reading ? reading : { ...reading, unread: [] };
      },
    }),
  ],
  [
    "makes new keys each time",
    /same keys, later/,
    (good) => ({
      ...good,
      read: async (delivery, kit) => {
        const reading = await good.read(delivery, kit);
        if ("handshake" in reading) return reading;
        return {
          ...reading,
          events: reading.events.map((event) => ({ ...event, key: `${event.key}/${kit.now()}` as typeof event.key })),
        };
      },
    }),
  ],
  [
    "cuts words into parts that do not fit",
    /come in parts that fit/,
    (good) => ({
      ...good,
      parts: (text, side) => (good.fits(text, side) ? [text] : [text.slice(0, -1), text.slice(-1)]),
    }),
  ],
  ["takes absence for proof", /finds what landed/, (good) => ({ ...good, landed: async () => "no" })],
  [
    "looks by acting",
    /finds what landed/,
    (good) => ({ ...good, landed: (task, _sent, kit) => good.perform(task, kit) }),
  ],
  [
    "does not stop",
    /abort while the network/,
    (good) => ({
      ...good,
      perform: (task, kit) => good.perform(task, { ...kit, signal: new AbortController().signal }),
    }),
  ],
  [
    "does not say that it leaves",
    /departs before it/,
    (good) => ({ ...good, perform: (task, kit) => good.perform(task, { ...kit, depart: () => undefined }) }),
  ],
  [
    "tells its token",
    /no error tells a secret/,
    (good) => ({
      ...good,
      perform: (task, kit) =>
        good.perform(task, kit).catch((error: unknown) => {
          throw Object.assign(error as Error, { cause: { headers: { authorization: "Bearer 1001-sandbox" } } });
        }),
    }),
  ],
  [
    "skips what it catches up",
    /catch-up gives the keys/,
    (good) => ({
      ...good,
      since: async function* (account, from, kit) {
        for await (const page of good.since?.(account, from, kit) ?? [])
          yield { ...page, events: page.events.slice(0, -1) };
      },
    }),
  ],
];

describe("the laws notice a channel that", () => {
  for (const [name, law, vice] of vices) {
    test(name, async () => {
      const due = channelLaws.filter((one) => law.test(one.name));
      expect(due).toHaveLength(1);
      await using subject = await xSubject(vice);
      await expect(due[0]?.run(subject)).rejects.toThrow();
    });
  }
});
