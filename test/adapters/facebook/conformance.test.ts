import { describe, expect, test } from "vitest";
import type { Channel } from "casethread/adapter";
import { channelLaws } from "../../../src/conformance/channel.ts";
import { facebookSubject } from "./subject.ts";

describe("Facebook keeps the laws of channels", () => {
  for (const law of channelLaws) {
    test(law.name, async () => {
      await using subject = await facebookSubject();
      await law.run(subject);
    });
  }
});

/** Ways to be bad that only this network offers, and which law has to notice. */
const vices: readonly (readonly [string, RegExp, (good: Channel) => Channel])[] = [
  [
    "answers any challenge",
    /handshake is answered/,
    (good) => ({
      ...good,
      read: (delivery, kit) =>
        delivery.method === "GET"
          ? Promise.resolve({ handshake: new Response(delivery.url.searchParams.get("hub.challenge")) })
          : good.read(delivery, kit),
    }),
  ],
  [
    "tells the address with its token",
    /no error tells a secret/,
    (good) => ({
      ...good,
      perform: (task, kit) =>
        good.perform(task, kit).catch((error: unknown) => {
          throw Object.assign(error as Error, {
            cause: { url: "https://graph.facebook.com/1?access_token=EAAG-448242228374517-sandbox" },
          });
        }),
    }),
  ],
  [
    "follows Graph's own way on",
    /no receipt, event, cursor/,
    (good) => ({
      ...good,
      since: async function* (account, from, kit) {
        for await (const page of good.since?.(account, from, kit) ?? [])
          yield { ...page, cursor: "https://graph.facebook.com/?access_token=EAAG-448242228374517-sandbox" };
      },
    }),
  ],
];

describe("the laws notice a channel that", () => {
  for (const [name, law, vice] of vices) {
    test(name, async () => {
      const due = channelLaws.filter((one) => law.test(one.name));
      expect(due).toHaveLength(1);
      await using subject = await facebookSubject(vice);
      await expect(due[0]?.run(subject)).rejects.toThrow();
    });
  }
});
