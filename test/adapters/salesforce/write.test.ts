import { BridgeError, type CrmTask, type EntryKey } from "casethread/adapter";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createGround, failures, type Ground } from "./ground.ts";

let ground: Ground;
let names = 0;
beforeEach(async () => {
  ground = await createGround({ queues: { press: "PR" }, countryCode: "49" });
});
afterEach(() => ground[Symbol.asyncDispose]());

const talkOf = () => crmTalk(`talk-${(names += 1)}`, "salesforce", ground.clock.now());
const write = (...tasks: readonly CrmTask[]) => ground.crm.write(tasks, ground.kit());
const calls = async (): Promise<number> => (await ground.org.state()).writeCalls;

describe("a case", () => {
  it("begins with the customer's words, their name and the promise's fields, in one request", async () => {
    const talk = talkOf();
    const awaitingSince = Date.UTC(2026, 0, 2, 3, 4, 5);
    const open = talk.open(`Where is it?\n${"x".repeat(300)}`, {
      fields: { awaiting: "us", awaitingSince, department: "press", priority: 10, postUrl: "https://x.com/a/status/1" },
    });
    const [receipt] = await write(open, talk.entry("Where is it?"));
    const seen = await ground.org.caseOf(talk.key);
    expect(receipt).toMatchObject({ case: { crm: "salesforce", id: seen?.id, number: seen?.number } });
    expect(seen).toMatchObject({ key: talk.key, owner: "PR", status: "New", closed: false });
    expect(seen?.fields).toMatchObject({
      Origin: "Made-up",
      SuppliedName: "Maria Example (@maria)",
      Priority: "High",
      Casethread_Awaiting__c: "us",
      Casethread_Awaiting_Since__c: "2026-01-02T03:04:05.000Z",
      Casethread_Post_URL__c: "https://x.com/a/status/1",
    });
    const subject = seen?.fields["Subject"];
    expect(subject).toHaveLength(255);
    expect(subject).toMatch(/^Where is it\? x+…$/);
    expect(seen?.fields["Description"]).toContain(open.entry?.url);
    expect(await calls()).toBe(1);
  });

  it("keeps its queue: assignment rules are told to stay away", async () => {
    await ground.org.rate("takes-cases", 1);
    const talk = talkOf();
    await write(talk.open("mine", { fields: { assignee: "Social Support" } }));
    expect((await ground.org.caseOf(talk.key))?.owner).toBe("Social Support");
  });

  it("is closed and opened again with the values that the org has for it", async () => {
    const talk = talkOf();
    await write(talk.open("hi"), talk.state({ resolved: true }));
    expect(await ground.org.caseOf(talk.key)).toMatchObject({ status: "Closed", closed: true });
    await write(talk.state({ resolved: false }));
    expect(await ground.org.caseOf(talk.key)).toMatchObject({ status: "New", closed: false });
  });

  it("that is opened again by a repeat keeps what agents made of it", async () => {
    const talk = talkOf();
    const open = talk.open("hi", { fields: { awaiting: "us", assignee: "Social Support" } });
    await write(open);
    await ground.org.agent("Ann").assign(talk.key, "PR");
    await ground.org.agent("Ann").close(talk.key);
    const [receipt] = await write({ ...open, attempt: 2 });
    expect(receipt).toMatchObject({ case: { number: "00001001" } });
    expect(await ground.org.caseOf(talk.key)).toMatchObject({ owner: "PR", closed: true });
  });

  it("that is there already is taken over by its id, and by nobody else afterwards", async () => {
    const [talk, other] = [talkOf(), talkOf()];
    const id = await ground.org.agent("Ann").open("By phone");
    const adopts = { crm: "salesforce", id };
    const adopting = (task: CrmTask): CrmTask => ({
      ...task,
      effect: { ...task.effect, act: { ...task.effect.act, adopts } as typeof task.effect.act },
    });
    const outcomes = await write(adopting(talk.open("me again")), talk.entry("me again"));
    expect(failures(outcomes)).toEqual([]);
    expect(outcomes[0]).toMatchObject({ case: { id, number: "00001001" } });
    expect((await ground.org.caseOf(id))?.fields).toMatchObject({ Subject: "By phone", Casethread_Key__c: talk.key });
    expect(await ground.org.entriesOf(id)).toHaveLength(1);
    const [taken] = await write(adopting(other.open("mine")));
    expect(taken).toMatchObject({ fault: "taken", landed: "no" });
  });

  it("with a key longer than the field is found by what stands for it", async () => {
    const long = crmTalk("k".repeat(400), "salesforce", ground.clock.now());
    expect(failures(await write(long.open("long"), long.entry("long")))).toEqual([]);
    expect(failures(await write(long.state({ awaiting: "customer" })))).toEqual([]);
    const { cases } = await ground.org.state();
    expect(cases).toHaveLength(1);
    expect(cases[0]?.key?.length).toBeLessThanOrEqual(255);
    expect(cases[0]?.fields["Casethread_Awaiting__c"]).toBe("customer");
  });

  it("whose queue nobody knows fails with what to do, and what stands behind it waits", async () => {
    const talk = talkOf();
    const [open, entry] = await write(talk.open("hi", { fields: { assignee: "Nobody's" } }), talk.entry("hi"));
    expect(open).toMatchObject({
      fault: "invalid",
      landed: "no",
      message: expect.stringContaining("No queue and no active user is called Nobody's"),
    });
    expect(entry).toMatchObject({ fault: "unavailable", landed: "no" });
    expect(await calls()).toBe(0);
  });

  it("that was merged away points to the other", async () => {
    const [talk, other] = [talkOf(), talkOf()];
    await write(talk.open("one"), other.open("two"));
    await write(talk.state({ mergedInto: other.key }));
    expect((await ground.org.caseOf(talk.key))?.fields["ParentId"]).toBe((await ground.org.caseOf(other.key))?.id);
  });
});

describe("an entry", () => {
  it("says who spoke, where, when, and in which version", async () => {
    const talk = talkOf();
    const task = talk.entry("Hé \u{1F600}\0 there", { version: 3, side: "private" });
    await write(talk.open("hi"), task);
    const [entry] = await ground.org.entriesOf(talk.key);
    expect(entry).toMatchObject({
      direction: "inbound",
      side: "private",
      state: "said",
      text: "Hé \u{1F600} there",
      key: task.entry?.key,
    });
    expect(entry?.fields).toMatchObject({
      Author__c: "Maria Example (@maria)",
      Network__c: "Made-up",
      Version__c: 3,
      Automatic__c: false,
      Permalink__c: task.entry?.url,
    });
  });

  it("too long for its field is cut, and says so", async () => {
    const talk = talkOf();
    await write(talk.open("hi"), talk.entry("y".repeat(40_000)));
    const [entry] = await ground.org.entriesOf(talk.key);
    expect(entry?.text).toHaveLength(32_000);
    expect(entry?.text).toMatch(/\[cut here: 40000 characters in all\]$/);
  });

  it("that was erased is erased in the org too", async () => {
    const talk = talkOf();
    const task = talk.entry("secret");
    await write(talk.open("hi"), task);
    const { entry } = task;
    if (entry === undefined) throw new Error("an entry was to be made");
    await write({ ...talk.entry("", { key: entry.key }), entry: { ...entry, text: null, state: "gone" } });
    expect((await ground.org.entriesOf(talk.key))[0]).toMatchObject({ text: null, state: "gone" });
  });

  it("that an agent wrote in the org is written back to its own record, and keeps its words", async () => {
    const talk = talkOf();
    await write(talk.open("hi"));
    const id = await ground.org.agent("Ann").answer(talk.key, { text: "on its way", side: "private" });
    const answer = `salesforce/entry/${id}` as EntryKey;
    const outcomes = await write(
      talk.answerState(answer, "queued"),
      talk.entry("on its way!", { key: answer, by: "agent" }),
    );
    expect(failures(outcomes)).toEqual([]);
    const entries = await ground.org.entriesOf(talk.key);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ id, state: "said", text: "on its way", side: "private", by: "Ann" });
  });
});

describe("a person", () => {
  const contact = (email: string) => ground.org.contact({ name: "Maria Example", email });
  const persona = async () => (await ground.org.state()).personas[0];

  it("is suggested by the e-mail address that the customer gave in private, and linked by nobody but an agent", async () => {
    const talk = talkOf();
    const id = await contact("Maria@Example.com");
    await write(talk.open("hi"), talk.entry("I am maria@example.com, see above."));
    // In public anybody may write anybody's.
    expect((await persona())?.["Suggested_Contact__c"] ?? null).toBeNull();
    const before = (await ground.org.state()).requests.length;
    expect(failures(await write(talk.entry("I am maria@example.com.", { side: "private" })))).toEqual([]);
    expect((await ground.org.state()).requests.length - before).toBe(2);
    expect(await persona()).toMatchObject({
      Suggested_Contact__c: id,
      Suggestion_Basis__c: "wrote this contact's e-mail address in private",
      Handle__c: "maria",
    });
    expect((await persona())?.["Contact__c"] ?? null).toBeNull();
  });

  it.each([
    ["+49 (151) 1234-5678", "Call me: 0151 / 12345678, please"],
    ["0151 12345678", "it is +49 151 12345678."],
    ["(0555) 0123456-78", "0555.0123456-78"],
  ])("is suggested by the phone number that the customer gave in private: %s, as %s", async (phone, words) => {
    const talk = talkOf();
    const id = await ground.org.contact({ name: "Maria Example", phone });
    await ground.org.contact({ name: "Somebody Else", phone: "+49 30 1234567" });
    await write(talk.open("hi"), talk.entry(words));
    expect((await persona())?.["Suggested_Contact__c"] ?? null).toBeNull();
    expect(failures(await write(talk.entry(words, { side: "private" })))).toEqual([]);
    expect(await persona()).toMatchObject({
      Suggested_Contact__c: id,
      Suggestion_Basis__c: "wrote this contact's phone number in private",
    });
    expect((await persona())?.["Contact__c"] ?? null).toBeNull();
  });

  it("is suggested among however many numbers: a search that grows too long finds nobody", async () => {
    const id = await ground.org.contact({ name: "Maria Example", phone: "0151 12345699" });
    const crm = ground.another({ countryCode: "49" });
    const talks = Array.from({ length: 45 }, () => talkOf());
    const numbers = (at: number) => [0, 1, 2].map((one) => `+49 151 123456${String(at * 3 + one).padStart(2, "0")}`);
    const said = talks.flatMap((talk, at) => [
      talk.open("hi"),
      talk.entry(numbers(at).join(" or "), { side: "private" }),
    ]);
    expect(failures(await crm.write(said, ground.kit()))).toEqual([]);
    const { personas } = await ground.org.state();
    expect(personas.flatMap((one) => one["Suggested_Contact__c"] ?? [])).toEqual([id]);
  });

  it("is nobody by a number that is none of theirs, and what cannot be searched keeps no word from the case", async () => {
    const talk = talkOf();
    await ground.org.contact({ name: "Maria Example", phone: "+49 151 12345678" });
    const words = "order 4711-0815, 12345678 and 2026-11-27 10:00";
    expect(failures(await write(talk.open("hi"), talk.entry(words, { side: "private" })))).toEqual([]);
    expect((await persona())?.["Suggested_Contact__c"] ?? null).toBeNull();
  });

  it("is nobody where several have the address, or nobody has", async () => {
    const talk = talkOf();
    await contact("office@example.com");
    await contact("office@example.com");
    const words = talk.entry("office@example.com or nobody@example.com", { side: "private" });
    expect(failures(await write(talk.open("hi"), words))).toEqual([]);
    expect((await persona())?.["Suggested_Contact__c"] ?? null).toBeNull();
  });
});

describe("a batch", () => {
  it("of 66 conversations, 198 acts and 264 records is one request, and says what became of each", async () => {
    await using wide = await createGround();
    const tasks = Array.from({ length: 66 }, () => talkOf()).flatMap((talk) => [
      talk.open("hi"),
      talk.entry("hi"),
      talk.state({ awaiting: "customer" }),
    ]);
    const outcomes = await wide.crm.write(tasks, wide.kit());
    expect(failures(outcomes)).toEqual([]);
    expect(
      outcomes.filter((_outcome, at) => at % 3 === 0).every((one) => "case" in one && one.case?.number !== undefined),
    ).toBe(true);
    const { requests } = await wide.org.state();
    expect(requests.map((one) => one.writes)).toEqual([264]);
  });

  it("with one locked record costs one more request, and only its conversation waits", async () => {
    const talks = Array.from({ length: 5 }, talkOf);
    await write(...talks.map((talk) => talk.open("hi")));
    const before = await calls();
    await ground.org.inject("lock-row");
    const outcomes = await write(...talks.map((talk) => talk.state({ awaiting: "customer" })));
    expect(failures(outcomes)).toHaveLength(1);
    expect(outcomes.find((one) => one instanceof BridgeError)).toMatchObject({ fault: "unavailable", landed: "no" });
    expect((await calls()) - before).toBe(2);
  });

  it("whose key another process inserts at the same moment is written all the same", async () => {
    const talk = talkOf();
    await ground.org.inject("racing-insert");
    expect(failures(await write(talk.open("hi"), talk.entry("hi")))).toEqual([]);
    const { cases } = await ground.org.state();
    expect(cases.map((one) => [one.key, one.fields["Subject"]])).toEqual([[talk.key, "hi"]]);
  });

  it("that comes late says that a newer state stands, and what it carries besides is written", async () => {
    const [talk, other] = [talkOf(), talkOf()];
    const late = talk.state({ awaiting: "us" }, 5);
    await write(talk.open("hi", { revision: 1 }), talk.state({ awaiting: "nobody" }, 9));
    const outcomes = await write(late, other.open("hello"), talk.entry("words"));
    expect(failures(outcomes)).toEqual([]);
    expect(outcomes[0]).toMatchObject({ proof: "newer stands" });
    expect(outcomes[1]).toMatchObject({ case: { number: (await ground.org.caseOf(other.key))?.number } });
    expect((await ground.org.caseOf(talk.key))?.fields["Casethread_Awaiting__c"]).toBe("nobody");
    expect(await ground.org.entriesOf(talk.key)).toHaveLength(1);
  });

  it("goes through once more when the session has expired, with one sign-in for all who meet it", async () => {
    await write(talkOf().open("hi"));
    await ground.org.expire();
    const outcomes = (await Promise.all(Array.from({ length: 10 }, () => write(talkOf().open("hi"))))).flat();
    expect(failures(outcomes)).toEqual([]);
    const { requests } = await ground.org.state();
    expect(requests.filter((one) => one.status === 401).length).toBeLessThanOrEqual(10);
    expect(requests.filter((one) => one.status === 200)).toHaveLength(11);
  });

  // The oracle: in each conversation all acts before the first bad one are done, that one fails, what follows fails with it.
  it("of any mixture comes to what its acts deserve", async () => {
    const fate = fc.constantFrom("good", "good", "good", "refused", "poisoned");
    await ground.org.refuse("REFUSED");
    await ground.org.poison("POISONED");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fate, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.integer(),
        async (plan, seed) => {
          const talks = plan.map((fates) => {
            const talk = talkOf();
            const tasks = [
              talk.open("hi"),
              ...fates.map((one, at) => talk.entry(one === "good" ? `fine ${at}` : `${one.toUpperCase()} ${at}`)),
            ];
            const bad = fates.findIndex((one) => one !== "good") + 1;
            return { talk, tasks, bad: bad === 0 ? tasks.length : bad };
          });
          // Interleaved, each conversation in its order.
          const queue = talks.map((one) => one.tasks.map((task, at) => ({ task, good: at < one.bad })));
          const batch: { readonly task: CrmTask; readonly good: boolean }[] = [];
          for (let turn = Math.abs(seed); queue.some((own) => own.length > 0); turn += 7) {
            const one = queue[turn % queue.length]?.shift();
            if (one !== undefined) batch.push(one);
          }
          const outcomes = await write(...batch.map((one) => one.task));
          expect(outcomes.map((one) => !(one instanceof BridgeError))).toEqual(batch.map((one) => one.good));
          for (const { talk, bad } of talks) expect(await ground.org.entriesOf(talk.key)).toHaveLength(bad - 1);
        },
      ),
      { numRuns: 40 },
    );
  });
});
