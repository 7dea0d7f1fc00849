import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Found, FromChannel } from "casethread/adapter";
import { x } from "casethread/x";
import { rowOf } from "../../../adapters/x/rows.ts";
import { saidOfDmEvent, saidOfPost, type Told } from "../../../adapters/x/said.ts";
import { dmEvent, includes, post, whatWasWrong } from "../../../adapters/x/shapes.ts";
import { acme, consumerSecret, kitAt, signed } from "./subject.ts";

const folder = join(process.env["CASETHREAD_EVIDENCE"] ?? "", "x");
const there = process.env["CASETHREAD_EVIDENCE"] !== undefined && existsSync(folder);
if (!there) console.log("skipped: X's own samples are read where CASETHREAD_EVIDENCE names a folder that holds them.");
const filesIn = (name: string): readonly string[] => (there ? readdirSync(join(folder, name)) : []);
const textOf = (name: string, file: string): string => readFileSync(join(folder, name, file), "utf8");

const now = Date.parse("2026-09-01T12:00:00Z");
const kit = kitAt(() => now);
const read = async (body: string, account: string): Promise<Found<FromChannel>> => {
  const channel = x({ app: { consumerSecret }, accounts: [{ id: account, credentials: { bearer: "token" } }] });
  const reading = await channel.read(signed(body), kit);
  if ("handshake" in reading) throw new Error("a handshake");
  return reading;
};
const inShort = ({ events, unread, alarms }: Found<FromChannel>): string =>
  [
    ...events.map(({ as }) => as),
    ...unread.map(({ reason }) => `refused: ${reason}`),
    ...alarms.map(() => "alarm"),
  ].join(", ") || "nothing";

// What each of X's samples becomes; a sample that is new to this table fails, and so does one that is let fall silently.
const becomes: Readonly<Record<string, string>> = {
  "Event_envelope.json": "refused: post.create: id: invalid_union, author_id: invalid_union, text: invalid_type",
  "broadcast.chat.json": "nothing",
  "broadcast.end.json": "nothing",
  "broadcast.start.json": "nothing",
  "chat.received.json": "alarm",
  "chat.sent.json": "alarm",
  "dm.received.json": "said",
  "dm.sent.json": "said",
  "follow.follow.json": "nothing",
  "follow.unfollow.json": "nothing",
  "like.create.json": "nothing",
  "news.new.json": "nothing",
  "oauth.revoke.json": "alarm",
  "post.create.json": "said",
  "post.delete.json": "gone",
  "post.mention.create.json": "said",
  "post.quote.create.json": "said",
  "post.reply.create.json": "said",
  "post.repost.create.json": "said",
  "profile.update.banner_picture.json": "profiled",
  "profile.update.bio.json": "profiled",
  "profile.update.geo.json": "profiled",
  "profile.update.profile_picture.json": "profiled",
  "profile.update.screenname.json": "profiled",
  "profile.update.url.json": "profiled",
  "spaces.end.json": "nothing",
  "spaces.start.json": "nothing",
};

describe.skipIf(!there)("deliveries of the X Activity API", () => {
  test("each of X's own samples becomes what the table says", async () => {
    const became: Record<string, string> = {};
    for (const file of filesIn("activity-api-events")) {
      const found = await read(textOf("activity-api-events", file), "1111111111111111111");
      became[file] = inShort(found);
    }
    console.table(became);
    expect(became).toEqual(becomes);
  });

  test("each under another kind is kept raw", async () => {
    for (const file of filesIn("activity-api-events")) {
      const text = textOf("activity-api-events", file).replace(/"event_type": ?"[^"]+"/, '"event_type":"some.news"');
      const { data } = JSON.parse(text) as { data: { filter: object } };
      const found = await read(JSON.stringify({ data: { ...data, filter: { user_id: acme } } }), acme);
      expect(inShort(found), file).toBe("refused: an event of an unknown kind: some.news");
    }
  });
});

type Example = Readonly<Record<string, unknown>>;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** An item of an answer of the API: a post, or a private message. */
const itemRead = (item: unknown, along: unknown): string => {
  const told: Told = { account: { channel: "x", id: acme }, source: "poll", now, ours: new Set([acme]) };
  const letter = dmEvent.safeParse(item);
  const kind = (item as Example)["event_type"];
  if (letter.success)
    return saidOfDmEvent(letter.data, includes.parse(along), told) === undefined ? "refused: a group" : "said";
  if (typeof kind === "string") return `refused: ${whatWasWrong(letter.error)}`;
  const shown = post.safeParse(item);
  if (!shown.success) return `refused: ${whatWasWrong(shown.error)}`;
  return saidOfPost(shown.data, includes.parse(along), told).as;
};

const becameOf = async (example: Example): Promise<string> => {
  const { data } = example;
  const isDelivery =
    "for_user_id" in example ||
    "user_event" in example ||
    "replay_job_status" in example ||
    (typeof data === "object" && data !== null && "event_type" in data && "payload" in data);
  if (isDelivery) {
    const body = JSON.stringify(example).replace("<USER_ID>", acme);
    const whose = /"(?:for_user_id|user_id)":"(\d+)"/.exec(body)?.[1] ?? acme;
    return inShort(await read(body, whose));
  }
  const fails = data === undefined && ("errors" in example || "title" in example);
  if (fails) return `fault: ${rowOf(400, example).fault}`;
  const items = data === undefined ? [example] : listOf(data);
  const each = items.map((item) => itemRead(item, example["includes"]));
  return [...new Set(each)].join(", ") || "nothing";
};

/** Alike examples of a page as one: "said ×2". */
const counted = (outcomes: readonly string[]): string =>
  [...new Set(outcomes)]
    .map((one) => {
      const times = outcomes.filter((other) => other === one).length;
      return times === 1 ? one : `${one} ×${times}`;
    })
    .join("; ");

/** What each example of X's documentation becomes. Refused are settings, requests and posts shown without the fields that this adapter asks for. */
const examplesBecome: Readonly<Record<string, string>> = {
  "account-activity__introduction.json": "alarm; said; nothing ×2; gone",
  "account-activity__quickstart.json":
    "refused: id: invalid_union, author_id: invalid_union, text: invalid_type ×2; refused: an event of an unknown kind: replay_event; nothing; alarm",
  "activity__quickstart.json":
    "refused: author_id: invalid_union, text: invalid_type; refused: id: invalid_union, event_type: invalid_value, sender_id: invalid_union ×5; profiled; refused: id: invalid_union, author_id: invalid_union, text: invalid_type",
  "direct-messages__lookup__integrate.json":
    "refused: a group; refused: event_type: invalid_value; refused: event_type: invalid_value, sender_id: invalid_union",
  "direct-messages__lookup__quickstart.json": "refused: dm_conversation_id: invalid_type ×2",
  "direct-messages__manage__integrate.json": "refused: id: invalid_union, author_id: invalid_union ×2",
  "direct-messages__manage__introduction.json":
    "refused: id: invalid_union, author_id: invalid_union, text: invalid_type; refused: id: invalid_union, author_id: invalid_union",
  "direct-messages__manage__quickstart.json":
    "refused: id: invalid_union, author_id: invalid_union, text: invalid_type ×2",
  "fundamentals__consistency.json": "refused: text: invalid_type; fault: invalid",
  "fundamentals__consuming-streaming-data.json": "fault: unavailable",
  "fundamentals__conversation-id.json": "refused: author_id: invalid_union; said",
  "fundamentals__data-dictionary.json": "refused: author_id: invalid_union",
  "fundamentals__data-dictionary__reference.json": "said ×3",
  "fundamentals__developer-apps.json": "fault: invalid",
  "fundamentals__edit-posts.json": "refused: author_id: invalid_union ×3",
  "fundamentals__expansions.json": "said ×2",
  "fundamentals__fields.json":
    "refused: author_id: invalid_union; refused: author_id: invalid_union, text: invalid_type; said",
  "fundamentals__handling-disconnections.json": "fault: unavailable ×2",
  "fundamentals__metrics.json": "refused: author_id: invalid_union ×3",
  "fundamentals__pagination.json": "refused: author_id: invalid_union",
  "fundamentals__post-annotations.json": "refused: author_id: invalid_union",
  "fundamentals__rate-limits.json": "fault: throttled",
  "fundamentals__response-codes-and-errors.json": "fault: invalid; refused: author_id: invalid_union",
  "posts__filtered-stream__integrate__build-a-rule.json":
    "refused: id: invalid_union, author_id: invalid_union, text: invalid_type ×6",
  "posts__filtered-stream__integrate__matching-returned-tweets.json": "refused: author_id: invalid_union",
  "posts__filtered-stream__introduction.json": "refused: author_id: invalid_union",
  "posts__filtered-stream__quickstart.json": "refused: author_id: invalid_union, text: invalid_type; said",
  "posts__lookup__integrate.json": "refused: author_id: invalid_union ×3",
  "posts__lookup__quickstart.json": "refused: author_id: invalid_union; said",
  "posts__search__quickstart__full-archive-search.json": "refused: author_id: invalid_union",
  "posts__search__quickstart__recent-search.json": "refused: author_id: invalid_union; said",
  "posts__timelines__integrate.json": "refused: id: invalid_union, author_id: invalid_union, text: invalid_type",
  "posts__timelines__quickstart__reverse-chron-quickstart.json":
    "refused: author_id: invalid_union, text: invalid_type; refused: author_id: invalid_union",
  "posts__timelines__quickstart__user-mention-quickstart.json": "said",
  "webhooks__quickstart.json":
    "refused: id: invalid_union, author_id: invalid_union, text: invalid_type; refused: author_id: invalid_union, text: invalid_type ×2; nothing",
  "webhooks__stream__quickstart.json": "said; refused: id: invalid_union, author_id: invalid_union, text: invalid_type",
};

test.skipIf(!there)("each example of X's documentation is read, or refused with a reason", async () => {
  const became: Record<string, string> = {};
  for (const file of filesIn("docs-examples")) {
    const { examples } = JSON.parse(textOf("docs-examples", file)) as { examples: readonly Example[] };
    became[file] = counted(await Promise.all(examples.map(becameOf)));
  }
  console.table(became);
  expect(became).toEqual(examplesBecome);
});
