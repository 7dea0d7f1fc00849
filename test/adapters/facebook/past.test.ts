import type { PastPage } from "casethread/adapter";
import { expect, test } from "vitest";
import { acme, type Ground, ground } from "./subject.ts";

const calm = { hostile: { doubleRate: 0, echoFirst: 0, indexLagMs: 0, reorder: false }, still: true } as const;
const day = 86_400_000;

const read = async (at: Ground, from: number, cursor?: string): Promise<readonly PastPage[]> => {
  const pages: PastPage[] = [];
  const about = { from, to: at.clock.now(), ...(cursor === undefined ? {} : { cursor }) };
  for await (const page of at.channel.past?.read(at.account, about, at.kit()) ?? []) pages.push(page);
  return pages;
};
const texts = (pages: readonly PastPage[]): readonly string[] =>
  pages.flatMap(({ events }) => events.map((event) => (event.as === "said" ? event.text : event.as)));

/** A year of posts, comments and private words. */
const year = async () => {
  const at = await ground(calm);
  const maria = await at.sandbox.persona("Maria Keller");
  const from = at.clock.now();
  for (let month = 0; month < 6; month += 1) {
    const post = await at.sandbox.post({ by: acme, page: acme, text: `news ${month}` });
    await at.clock.advance(day);
    await at.sandbox.comment({ by: maria, under: post.id, text: `comment ${month}` });
    await at.clock.advance(29 * day);
  }
  await at.sandbox.message({ by: maria, page: acme, text: "private" });
  await at.clock.advance(day);
  return { ...at, maria, from };
};

test("the time before is free, read from the oldest on, and told as what it is", async () => {
  const at = await year();
  await using _sandbox = at.sandbox;
  const plan = await at.channel.past?.plan(at.account, at.from + 1, at.kit());
  expect(plan).toMatchObject({ from: at.from + 1, price: { usd: 0 } });
  expect(plan?.notes.join()).toContain("Graph does not count");
  const pages = await read(at, at.from + day);
  const found = texts(pages);
  expect(found.filter((text) => text.startsWith("comment"))).toEqual(
    Array.from({ length: 5 }, (_, n) => `comment ${n + 1}`),
  );
  expect(found.filter((text) => text.startsWith("news"))).toHaveLength(5);
  expect(found.at(-1)).toBe("private");
  const sources = pages.flatMap(({ events }) => events.map(({ source }) => source));
  expect(new Set(sources)).toEqual(new Set(["backfill"]));
  // Stretches grow while nothing is found: a year takes dozens of questions, and not hundreds.
  expect(pages.length).toBeLessThan(60);
});

test("stopped anywhere it goes on there, and leaves nothing out", async () => {
  const at = await year();
  await using _sandbox = at.sandbox;
  const whole = texts(await read(at, at.from + day));
  const cursors = (await read(at, at.from + day)).map(({ cursor }) => cursor);
  for (const cursor of [cursors[0], cursors[3], cursors.at(-1)]) {
    const rest = texts(await read(at, at.from + day, cursor));
    expect(rest).toEqual(whole.slice(whole.length - rest.length));
  }
  await expect(read(at, at.from, "none of ours")).rejects.toMatchObject({ fault: "malformed" });
});

test(
  "an hour in which thousands post is read in shorter stretches, and none of it is passed over",
  { timeout: 90_000 },
  async () => {
    const at = await ground(calm);
    await using _sandbox = at.sandbox;
    const from = at.clock.now();
    const maria = await at.sandbox.persona("Maria Keller");
    // More than one stretch is read of: twenty pages.
    const posts = 2_050;
    for (let n = 0; n < posts; n += 1) {
      await at.sandbox.post({ by: maria, page: acme, text: `post ${n}` });
      await at.clock.advance(5_000);
    }
    const pages = await read(at, from);
    expect(new Set(texts(pages).filter((text) => text.startsWith("post"))).size).toBe(posts);
    expect(pages.flatMap(({ alarms }) => alarms)).toEqual([]);
  },
);

test("what no stretch can be short enough for is told", { timeout: 90_000 }, async () => {
  const at = await ground(calm);
  await using _sandbox = at.sandbox;
  const from = at.clock.now();
  const maria = await at.sandbox.persona("Maria Keller");
  for (let n = 0; n < 2_050; n += 1) await at.sandbox.post({ by: maria, page: acme, text: `post ${n}` });
  await at.clock.advance(60_000);
  const pages = await read(at, from);
  expect(texts(pages)).toHaveLength(2_000);
  expect(pages.flatMap(({ alarms }) => alarms)).toEqual([
    expect.stringContaining("more than 2000 posts stand in one hour"),
  ]);
});
