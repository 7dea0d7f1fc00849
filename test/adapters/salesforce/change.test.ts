import { salesforce } from "casethread/salesforce";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createGround, type Ground, lastOf, pagesOf, toldIn } from "./ground.ts";

let ground: Ground;
let names = 0;
beforeEach(async () => {
  ground = await createGround({}, { pageSize: 5 });
});
afterEach(() => ground[Symbol.asyncDispose]());

const talkOf = () => crmTalk(`talk-${(names += 1)}`, "salesforce", ground.clock.now());
const opened = async (count: number) => {
  const talks = Array.from({ length: count }, talkOf);
  await ground.crm.write(
    talks.map((talk) => talk.open("hi")),
    ground.kit(),
  );
  return talks;
};
const pages = (from: string | undefined, crm = ground.crm) => pagesOf({ crm, kit: ground.kit }, from);
const begin = async (): Promise<string> => lastOf(await pages(undefined));
const [told, last] = [toldIn, lastOf];

it("more than one answer holds comes in pages, each with a cursor to go on from", async () => {
  const start = await begin();
  const talks = await opened(23);
  const all = await pages(start);
  expect(all).toHaveLength(5);
  expect(new Set(told(all).map((event) => event.as === "case" && event.conversation)).size).toBe(talks.length);
  // A crash after any page: whoever comes back from there hears all that is left.
  for (const [at, page] of all.entries()) {
    const rest = told(await pages(page.cursor, ground.another()));
    const keys = new Set([...told(all.slice(0, at + 1)), ...rest].map((event) => event.key));
    expect(keys.size).toBe(23);
  }
});

it("polls cost one call, and tell nothing twice while they go on from each other", async () => {
  const start = await begin();
  await opened(3);
  const first = await pages(start);
  const before = (await ground.org.state()).requests.length;
  const second = await pages(last(first));
  expect(told(second)).toEqual([]);
  expect((await ground.org.state()).requests.length - before).toBe(1);
  expect(last(second)).toBe(last(first));
});

it("who has never answered is not heard: the first look says from where it will read, and fails", async () => {
  await ground.org.rate("503", 1);
  const all: string[] = [];
  const first = async (): Promise<void> => {
    for await (const { cursor } of ground.crm.since(undefined, ground.kit())) all.push(cursor);
  };
  await expect(first()).rejects.toMatchObject({ fault: "unavailable" });
  expect(all).toHaveLength(1);
  await ground.org.mend();
  expect(told(await pages(all[0]))).toEqual([]);
});

it("another process hears the window again, under the same keys", async () => {
  const start = await begin();
  await opened(3);
  const first = await pages(start);
  const again = await pages(last(first), ground.another());
  expect(told(again).map((event) => event.key)).toEqual(told(first).map((event) => event.key));
});

it("what is long told is not asked for any more", async () => {
  const start = await begin();
  await opened(10);
  let cursor = last(await pages(start));
  await ground.clock.advance(3_600_000);
  const [late] = await opened(1);
  cursor = last(await pages(cursor));
  expect(told(await pages(cursor, ground.another())).map((event) => event.as === "case" && event.conversation)).toEqual(
    [late?.key],
  );
});

it("a case's owner, status and number are told by the names that people know", async () => {
  const start = await begin();
  const [talk] = await opened(1);
  if (talk === undefined) throw new Error("a case was to be opened");
  await ground.org.agent("Ann").assign(talk.key, "Social Support");
  await ground.org.agent("Ann").close(talk.key);
  const [event] = told(await pages(start));
  expect(event).toMatchObject({
    as: "case",
    closed: true,
    status: "Closed",
    assignee: "Social Support",
    priority: "Medium",
    case: { number: "00001001" },
  });
});

it("a case that is closed again between two looks, opened meanwhile by us, is told again", async () => {
  const start = await begin();
  const [talk] = await opened(1);
  if (talk === undefined) throw new Error("a case was to be opened");
  const ann = ground.org.agent("Ann");
  await ann.close(talk.key);
  const first = await pages(start);
  await ground.clock.advance(2_000);
  await ann.reopen(talk.key);
  await ground.clock.advance(2_000);
  await ann.close(talk.key);
  const [again, ...more] = told(await pages(last(first)));
  expect(again).toMatchObject({ as: "case", closed: true });
  expect(more).toEqual([]);
  expect(again?.key).not.toBe(told(first)[0]?.key);
});

it("cases that are nobody's, and answers without words, are not told", async () => {
  const start = await begin();
  const [talk] = await opened(1);
  const id = await ground.org.agent("Ann").open("By phone");
  await ground.org.agent("Ann").answer(id, { text: "not ours" });
  await ground.org.agent("Ann").answer(talk?.key ?? "", { text: "  " });
  const events = told(await pages(start));
  // Where a second ends between the two, the case is told first.
  const kinds = events.map((event) => [event.as, event.conversation] as const);
  expect(kinds.toSorted(([one], [other]) => one.localeCompare(other))).toEqual([
    ["answered", undefined],
    ["case", talk?.key],
  ]);
});

it("an answer that was sent is told no more, and one that failed is told when its words change", async () => {
  const start = await begin();
  const [talk] = await opened(1);
  if (talk === undefined) throw new Error("a case was to be opened");
  const ann = ground.org.agent("Ann");
  const [sent, failed] = [
    await ann.answer(talk.key, { text: "one", side: "public" }),
    await ann.answer(talk.key, { text: "two" }),
  ];
  const first = await pages(start);
  expect(told(first).flatMap((event) => (event.as === "answered" ? [[event.text, event.side]] : []))).toEqual([
    ["one", "public"],
    ["two", undefined],
  ]);
  await ground.clock.advance(2_000);
  const state = (id: string, to: "sent" | "failed") =>
    talk.answerState(`salesforce/entry/${id}` as Parameters<typeof talk.answerState>[0], to);
  await ground.crm.write([state(sent, "sent"), state(failed, "failed")], ground.kit());
  await ann.edit(failed, { text: "three" });
  const second = told(await pages(last(first), ground.another())).filter((event) => event.as === "answered");
  expect(second.map((event) => [event.text, event.entry])).toEqual([["three", `salesforce/entry/${failed}`]]);
});

it("an answer names what it answers: an entry of ours, or another answer", async () => {
  const start = await begin();
  const [talk] = await opened(1);
  if (talk === undefined) throw new Error("a case was to be opened");
  const said = talk.entry("first words");
  await ground.crm.write([said], ground.kit());
  const { entries } = await ground.org.entriesChanged(0);
  const ann = ground.org.agent("Ann");
  const one = await ann.answer(talk.key, { text: "one", side: "public", answers: entries[0]?.id ?? "" });
  await ann.answer(talk.key, { text: "two", side: "public", answers: one });
  await ann.answer(talk.key, { text: "three", side: "public" });
  const answers = told(await pages(start)).filter((event) => event.as === "answered");
  expect(answers.map((event) => [event.text, event.answers])).toEqual([
    ["one", said.entry?.key],
    ["two", `salesforce/entry/${one}`],
    ["three", undefined],
  ]);
  await expect(ann.answer(talk.key, { text: "four", answers: "5005e00000000abAAA" })).rejects.toThrow(
    "invalid cross reference",
  );
});

it("what changed since an earlier look is told without the rest", async () => {
  const [talk] = await opened(1);
  const before = await ground.org.entriesChanged(0);
  const id = await ground.org.agent("Ann").answer(talk?.key ?? "", { text: "one" });
  const after = await ground.org.entriesChanged(before.next);
  expect(after.entries.map((entry) => entry.id)).toEqual([id]);
  expect(await ground.org.entriesChanged(after.next)).toEqual({ entries: [], next: after.next });
});

it("the long key of a conversation is not guessed back: the case is the clue", async () => {
  const start = await begin();
  const long = crmTalk("k".repeat(400), "salesforce", ground.clock.now());
  const [receipt] = await ground.crm.write([long.open("long")], ground.kit());
  const [event] = told(await pages(start));
  expect(event?.conversation).toBeUndefined();
  expect(event).toMatchObject({ case: { id: receipt !== undefined && "case" in receipt ? receipt.case?.id : "none" } });
});

it("a cursor that is not ours is refused with what to do", async () => {
  await expect(pages("{}")).rejects.toMatchObject({
    fault: "malformed",
    message: expect.stringContaining("remove it"),
  });
});

it("two edits within one second are two versions, and so are two states of a case", async () => {
  const start = await begin();
  const [talk] = await opened(1);
  const key = talk?.key ?? "";
  const ann = ground.org.agent("Ann");
  const id = await ann.answer(key, { text: "one" });
  let cursor = start;
  const versions: (readonly [string, number])[] = [];
  const states: (readonly [boolean, string])[] = [];
  const look = async (crm = ground.crm): Promise<void> => {
    const all = await pages(cursor, crm);
    cursor = last(all);
    for (const event of told(all)) {
      if (event.as === "answered") versions.push([event.text, event.version]);
      if (event.as === "case") states.push([event.closed, event.key]);
    }
  };
  await look();
  // The clock stands: whatever happens has one stamp.
  for (const text of ["two", "one", "two"]) {
    await ann.edit(id, { text });
    await look();
  }
  for (const turn of ["close", "reopen", "close"] as const) {
    await ann[turn](key);
    await look();
  }
  expect(versions.map(([text]) => text)).toEqual(["one", "two", "one", "two"]);
  const numbers = versions.map(([, version]) => version);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(states.map(([closed]) => closed)).toEqual([false, true, false, true]);
  expect(new Set(states.map(([, event]) => event)).size).toBe(4);
  // Who goes on from the cursor goes on with the versions.
  await ann.edit(id, { text: "three" });
  await look(ground.another());
  expect(versions.at(-1)?.[0]).toBe("three");
  expect(versions.at(-1)?.[1]).toBeGreaterThan(numbers.at(-1) ?? 0);
});

it("a row whose stamp cannot be read is kept raw, once, and the cursor leads on", async () => {
  const [talk] = await opened(1);
  const start = await begin();
  const id = await ground.org.agent("Ann").answer(talk?.key ?? "", { text: "on its way" });
  let broken = false;
  const crm = salesforce({
    connection: async () => {
      const real = await ground.org.connect();
      const spoil = (answer: unknown): unknown =>
        broken ? JSON.parse(JSON.stringify(answer).replaceAll(/("SystemModstamp":)"[^"]*"/g, '$1"yesterday"')) : answer;
      return { ...real, request: async (...asked) => spoil(await real.request(...asked)) };
    },
  });
  const first = await pages(start, crm);
  expect(told(first).map((event) => event.as)).toContain("answered");
  broken = true;
  const second = await pages(last(first), crm);
  const reasons = second.flatMap((page) => page.unread.map(({ reason }) => reason));
  expect(reasons).toEqual(expect.arrayContaining([expect.stringContaining("a entry cannot be read (at: at)")]));
  const third = await pages(last(second), crm);
  expect(third.flatMap((page) => page.unread)).toEqual([]);
  broken = false;
  await ground.clock.advance(1_000);
  await ground.org.agent("Ann").edit(id, { text: "here" });
  expect(told(await pages(last(third), crm)).flatMap((event) => (event.as === "answered" ? [event.text] : []))).toEqual(
    ["here"],
  );
});

// Late commits, polls and restarts at any moment: the last state of every case is learned in the end.
it("no last state is missed, whatever becomes visible late", async () => {
  const step = fc.record({
    who: fc.nat(3),
    late: fc.boolean(),
    poll: fc.boolean(),
    pass: fc.integer({ min: 0, max: 4_000 }),
    restart: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      let crm = ground.another();
      let cursor = last(await pages(undefined, crm));
      const talks = await opened(4);
      const known = new Map<string, boolean>();
      const learn = async (): Promise<void> => {
        const all = await pages(cursor, crm);
        cursor = last(all);
        for (const event of told(all)) if (event.as === "case") known.set(event.conversation ?? "", event.closed);
      };
      for (const { who, late, poll, pass, restart } of steps) {
        const key = talks[who]?.key ?? "";
        const closed = (await ground.org.caseOf(key))?.closed === true;
        if (late) await ground.org.inject("late-commit");
        const ann = ground.org.agent("Ann");
        // A record that a late transaction holds cannot be changed meanwhile.
        await (closed ? ann.reopen(key) : ann.close(key)).catch(() => undefined);
        await ground.clock.advance(pass);
        if (restart) crm = ground.another();
        if (poll) await learn();
      }
      await ground.org.mend();
      await learn();
      for (const { key } of talks) expect(known.get(key)).toBe((await ground.org.caseOf(key))?.closed);
    }),
    { numRuns: 30 },
  );
});
