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

const toldBy = ({ events, unread, alarms }: Found<FromChannel>): readonly string[] => [
  ...events.map((event) => {
    const at = new Date(event.at).toISOString();
    if (event.as !== "said") return `${event.as}, ${at}`;
    const with_ = [...(event.text === "" ? ["no words"] : []), ...(event.media ?? []).map(({ kind }) => kind)];
    return [`${event.actor.kind} under ${event.parent?.id}`, `version ${event.version}`, ...with_, at].join(", ");
  }),
  ...unread.map(({ reason }) => `kept raw: ${reason}`),
  ...alarms,
];

/** Every payload, in the order of the file: what it is, and what it tells. Nothing: it is known to say nothing to the brand. */
const table: readonly (readonly [string, string | undefined])[] = [
  [
    "the Page answers a comment, 2025",
    "brand under 122131676912594941_542072878449250, version 1, 2025-03-22T18:20:04.000Z",
  ],
  [
    "the Page comments, 2016: its id a number",
    "brand under 1142469655832956_1163393020407286, version 1, 2016-11-06T13:40:30.000Z",
  ],
  ["a like is taken back", undefined],
  ["a reaction without a name", undefined],
  ["a like of the Page", undefined],
  ["a comment, 2017", "customer under 286247441793403_288731331545014, version 1, 2017-03-20T08:31:09.000Z"],
  ["it is edited", "customer under 286247441793403_288731331545014, version 1489998692, 2017-03-20T08:31:32.000Z"],
  ["it is removed", "gone, 2017-03-20T08:31:53.000Z"],
  [
    "a picture, no words and no hour",
    "customer under 286247441793403_288731331545014, version 1, no words, photo, 2017-03-20T08:53:20.000Z",
  ],
];

describe.skipIf(folder === undefined)(
  "deliveries that others have captured: each is read, or known to say nothing",
  () => {
    const payloads = (): readonly (readonly [string, unknown])[] => {
      const { deliveries, lifecycle_of_one_comment: life } = evidence();
      const page = "286247441793403";
      return [
        ...deliveries.map(({ body }) => [body.entry[0]?.id ?? "", body] as const),
        ...life.values.map((value) => {
          const changes = [{ field: "feed", value }];
          return [page, { object: "page", entry: [{ id: page, time: 1_490_000_000, changes }] }] as const;
        }),
      ];
    };
    it("none is left out", () => expect(payloads()).toHaveLength(table.length));
    it.each(table.map(([what, told], n) => [what, n, told] as const))("%s", async (_what, n, told) => {
      const [page, body] = payloads()[n] ?? ["", undefined];
      expect(toldBy(await read(body, page))).toEqual(told === undefined ? [] : [told]);
    });
  },
);
