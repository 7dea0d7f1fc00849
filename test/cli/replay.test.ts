import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { readTweets, unopened } from "../../src/cli/replay/file.ts";
import { agentOf, plotOf } from "../../src/cli/replay/plot.ts";
import { csv, written } from "./tweets.ts";

const plot = async () => plotOf((await readTweets(await written(csv))).tweets);

test("reads tweets with an index column and ids like 3.0, and lives with what is odd", async () => {
  const { tweets, oddities } = await readTweets(await written(csv));
  expect(tweets).toHaveLength(18);
  expect(tweets[0]).toEqual({
    id: "1",
    author: "900001",
    inbound: true,
    text: "@AcmeHelp my kumquat lantern arrived broken & wet",
  });
  expect(tweets[1]).toMatchObject({ author: "AcmeHelp", inbound: false, parent: "1" });
  expect(tweets.find(({ id }) => id === "13")?.text).toBe("@AcmeHelp \n\nwhat lovely buttons");
  expect(oddities).toEqual({ unreadable: 1, repeated: 1, bareReturns: 1, lastLineCut: true, unclosed: [] });
});

test("a last line with too few columns is one that was cut", async () => {
  const { tweets, oddities } = await readTweets(
    await written("tweet_id,author_id,inbound,text,in_response_to_tweet_id\n1,2,True,hello,\n3,4,Tr"),
  );
  expect(tweets).toHaveLength(1);
  expect(oddities).toEqual({ unreadable: 0, repeated: 0, bareReturns: 0, lastLineCut: true, unclosed: [] });
});

test("a quote that nothing closes takes its own tweet and no other", async () => {
  const rows = csv.split("\r\n").slice(0, -1);
  // Of the third and the ninth tweet the words begin with a quote, and go on without.
  const spoilt = rows.map((row) => (/^(?:2|8),/.test(row) ? row.replace(/"/g, "").replace("@", '"@') : row));
  expect(spoilt.filter((row, at) => row !== rows[at])).toHaveLength(2);
  for (const end of ["\r\n", "\n"]) {
    const { tweets, oddities } = await readTweets(await written(spoilt.join(end)));
    expect(tweets).toHaveLength(16);
    expect(tweets.some(({ id }) => id === "3" || id === "9")).toBe(false);
    expect(oddities).toMatchObject({
      unreadable: 1,
      repeated: 1,
      lastLineCut: false,
      unclosed: [
        { line: 4, lines: 1 },
        { line: 10, lines: 1 },
      ],
    });
  }
});

test("what a quote swallows to the end of the file is told, where no tweet begins in it", async () => {
  const head = "tweet_id,author_id,inbound,text,in_response_to_tweet_id\n1,2,True,hello,\n";
  const { tweets, oddities } = await readTweets(await written(`${head}3,2,True,"a\nb\nc\n`));
  expect(tweets).toHaveLength(1);
  expect(oddities).toMatchObject({ lastLineCut: true, unclosed: [{ line: 3, lines: 3 }] });
  const whole = await readTweets(await written(`${head}3,2,True,"a ""b""\n4 of them, True\nc",\n4,2,True,"""d""",3`));
  expect(whole.tweets.map(({ text }) => text)).toEqual(["hello", 'a "b"\n4 of them, True\nc', '"d"']);
  expect(whole.oddities).toMatchObject({ unreadable: 0, lastLineCut: false, unclosed: [] });
});

test.each([
  ["", /is empty: give --replay a CSV with the columns/],
  ["a,b\n1,2\n", /the file has no column tweet_id, author_id, inbound, text.*: give --replay a CSV/],
])("says what is wrong with a file that is none: %j", async (text, sentence) => {
  await expect(written(text).then(readTweets)).rejects.toThrow(sentence);
});

test("says what is wrong with a path that is no file", async () => {
  await expect(readTweets("/nowhere/tweets.csv")).rejects.toThrow(/there is no file \/nowhere\/tweets.csv: give/);
  // Nothing is closed to root, as whom tests may run.
  expect(unopened("tweets.csv", Object.assign(new Error("no"), { code: "EACCES" })).message).toBe(
    "[demo: invalid] tweets.csv may not be read by this user: change its permissions",
  );
  await expect(readTweets(tmpdir())).rejects.toThrow(/ is a folder: name a file in it/);
});

test("customers' tweets are told to whom they name, whom they answer, and who answers them", async () => {
  const { brands, parts, oddities, roots, deepest } = await plot();
  expect(brands.map(({ handle }) => handle)).toEqual(["AcmeHelp", "NordicAir"]);
  const [acme, nordic] = brands.map(({ id }) => id);
  expect(parts.get("1")).toMatchObject({ as: "heard", handle: "c900001", told: [acme], calls: [] });
  expect(parts.get("3")).toMatchObject({ as: "heard", parent: "2", told: [acme], calls: [] });
  expect(parts.get("8")).toMatchObject({ told: [nordic, acme], calls: [] });
  expect(parts.get("16")).toMatchObject({ told: [nordic], calls: ["NordicAir"] });
  expect(parts.get("12")).not.toHaveProperty("parent");
  expect({ roots, deepest, ...oddities }).toEqual({
    roots: 7,
    deepest: 3,
    danglingParents: 1,
    forks: 2,
    circles: 0,
    shortened: 0,
  });
});

test("brands answer customers as agents, and say the rest by hand", async () => {
  const { parts } = await plot();
  expect(parts.get("6")).toMatchObject({
    as: "answer",
    agent: "AcmeHelp CD",
    parent: "4",
    words: "Please call 0171 123 4567 and we will help. *CD 1/2",
  });
  expect(parts.get("17")).toMatchObject({ as: "answer", agent: "NordicAir team", words: "Here it is." });
  expect(parts.get("15")).toMatchObject({ as: "own", told: [] });
  expect(parts.get("18")).toMatchObject({ as: "own", parent: "15", told: ["1001"] });
});

test.each([
  ["We will help. ^AB", "AB"],
  ["We will help. ^kl 2/2", "KL"],
  ["We will help. *CD 1/2", "CD"],
  ["I like it - Becky https://t.co/x", "BECKY"],
  ["We will help. /EF", "EF"],
  ["Mind the wi-Fi", "team"],
  ["We will help.", "team"],
])("%s is by %s", (text, agent) => expect(agentOf(text)).toBe(agent));

test("parents come before those that answer them, and a circle is cut", () => {
  const by = { author: "7", inbound: true, text: "hello" };
  const { parts, oddities } = plotOf([
    { id: "3", parent: "2", ...by },
    { id: "2", parent: "1", ...by },
    { id: "1", ...by },
    { id: "8", parent: "9", ...by },
    { id: "9", parent: "8", ...by },
  ]);
  expect([...parts.keys()].slice(0, 3)).toEqual(["1", "2", "3"]);
  expect([...parts.values()].map(({ height }) => height)).toEqual([2, 1, 0, 1, 0]);
  expect(oddities.circles).toBe(1);
  expect(parts.get("9")).not.toHaveProperty("parent");
});

test("handles are cut to what X takes and stay apart; answers are cut to what X takes", () => {
  const { brands, parts, oddities } = plotOf([
    { id: "1", author: "7", inbound: true, text: "hello @a_very_long_bra" },
    { id: "2", author: "a_very_long_brand_1", inbound: false, text: "word ".repeat(80), parent: "1" },
    { id: "3", author: "a_very_long_brand_2", inbound: false, text: "hello", parent: "1" },
  ]);
  expect(brands.map(({ handle }) => handle)).toEqual(["a_very_long_bra", "a_very_long_br2"]);
  const words = parts.get("2")?.words ?? "";
  expect(words.endsWith("…") && words.length <= 280).toBe(true);
  expect(oddities.shortened).toBe(1);
});
