import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Found, FromChannel } from "casethread/adapter";
import { facebook } from "casethread/facebook";
import { describe, expect, it } from "vitest";
import { appSecret, kitAt, signed, verifyToken } from "./subject.ts";

const folder = process.env["CASETHREAD_EVIDENCE"];
if (folder === undefined) console.log("facebook evidence: skipped, CASETHREAD_EVIDENCE is not set");

interface Evidence {
  readonly deliveries: readonly { readonly body: { readonly entry: readonly { readonly id: string }[] } }[];
  readonly lifecycle_of_one_comment: { readonly values: readonly object[] };
}
const evidence = (): Evidence =>
  JSON.parse(readFileSync(join(folder ?? "", "facebook", "page-feed-webhooks.json"), "utf8")) as Evidence;

const read = async (body: unknown, page: string): Promise<Found<FromChannel>> => {
  const channel = facebook({ app: { secret: appSecret, verifyToken }, pages: [{ id: page, token: "t" }] });
  const reading = await channel.read(
    signed(JSON.stringify(body)),
    kitAt(() => 1_800_000_000_000),
  );
  if ("handshake" in reading) throw new Error("a handshake");
  return reading;
};

describe.skipIf(folder === undefined)("deliveries that others have captured", () => {
  it("are read, or known to say nothing", async () => {
    const told: unknown[] = [];
    for (const { body } of evidence().deliveries) {
      const { events, unread, alarms } = await read(body, body.entry[0]?.id ?? "");
      expect({ unread, alarms }).toEqual({ unread: [], alarms: [] });
      told.push(
        events.map((event) => (event.as === "said" ? `${event.actor.kind} under ${event.parent?.id}` : event.as)),
      );
    }
    expect(told).toEqual([
      // A reply of the Page's own: its parent is the comment, not the post.
      ["brand under 122131676912594941_542072878449250"],
      // The Page itself again, its id as a number.
      ["brand under 1142469655832956_1163393020407286"],
      [],
      [],
      [],
    ]);
  });

  it("one comment's life: two versions, then gone; and a picture without words or hour", async () => {
    const page = "286247441793403";
    const changes = evidence().lifecycle_of_one_comment.values.map((value) => ({ field: "feed", value }));
    const { events, unread } = await read(
      { object: "page", entry: [{ id: page, time: 1_490_000_000, changes }] },
      page,
    );
    expect(unread).toEqual([]);
    const short = events.map((event) =>
      event.as === "said"
        ? [event.version, event.text.length > 0, event.media?.length ?? 0, event.at]
        : [event.as, event.at],
    );
    expect(short).toEqual([
      [1, true, 0, 1_489_998_669_000],
      [1_489_998_692, true, 0, 1_489_998_692_000],
      ["gone", 1_489_998_713_000],
      [1, false, 1, 1_490_000_000_000],
    ]);
  });
});
