import { BridgeError, type Crm, type CrmTask } from "casethread/adapter";
import { salesforce, type SalesforceConnection } from "casethread/salesforce";
import type { SalesforceSandbox } from "casethread/salesforce/sandbox";
import { describe, expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createGround, type Ground } from "./ground.ts";

const talksOf = (count: number, name: string) =>
  Array.from({ length: count }, (_one, at) => crmTalk(`${name}-${at}`, "salesforce", 0));
const failures = (outcomes: readonly unknown[]) => outcomes.filter((one) => one instanceof BridgeError);
const owners = async (org: SalesforceSandbox): Promise<Readonly<Record<string, number>>> => {
  const { cases } = await org.state();
  return Object.fromEntries([...Map.groupBy(cases, ({ owner }) => owner)].map(([owner, all]) => [owner, all.length]));
};

/** What a subrequest says of assignment rules, changed on its way out. */
const saying = async (org: SalesforceSandbox, header: string | undefined): Promise<SalesforceConnection> => {
  const connection = await org.connect();
  return {
    ...connection,
    request: (request) => {
      const { compositeRequest: parts, ...rest } = JSON.parse(request.body ?? "{}") as { compositeRequest?: object[] };
      const changed = parts?.map((part) => {
        const { httpHeaders: _, ...bare } = part as { httpHeaders?: object };
        return header === undefined ? bare : { ...bare, httpHeaders: { "Sforce-Auto-Assign": header } };
      });
      const body =
        request.body === undefined || parts === undefined
          ? request.body
          : JSON.stringify({ ...rest, compositeRequest: changed });
      return connection.request({ ...request, ...(body === undefined ? {} : { body }) });
    },
  };
};

/** A hundred agents' cases are updated ten times each, in an org whose rule takes whatever it may. */
const updated = async (ground: Ground, crm: Crm): Promise<Readonly<Record<string, number>>> => {
  const talks = talksOf(100, "owned");
  const kit = ground.kit();
  expect(
    failures(
      await ground.crm.write(
        talks.map((talk) => talk.open("hi")),
        kit,
      ),
    ),
  ).toEqual([]);
  for (const talk of talks) await ground.org.agent("Ann").assign(talk.key, "Ann");
  await ground.org.rate("takes-cases", 1);
  for (let round = 1; round <= 10; round++) {
    const tasks = talks.flatMap((talk) => [
      talk.state({ awaiting: "customer" }, round + 1),
      talk.entry(`words ${round}`),
    ]);
    expect(failures(await crm.write(tasks, kit))).toEqual([]);
  }
  return owners(ground.org);
};

describe("cases stay in the hands they are in", () => {
  it("after 1,000 updates no case has changed hands", async () => {
    await using ground = await createGround();
    expect(await updated(ground, ground.crm)).toEqual({ Ann: 100 });
  });

  it("with the org's rules choosing new owners, too", async () => {
    await using ground = await createGround({ assignment: true });
    expect(await updated(ground, ground.crm)).toEqual({ Ann: 100 });
  });

  it.each([undefined, "TRUE"])("and would not if updates said %s", async (header) => {
    await using ground = await createGround();
    const crm = salesforce({ connection: await saying(ground.org, header) });
    expect(await updated(ground, crm)).toEqual({ "Taken by a rule": 100 });
  });

  it("the org's rules choose the owners of new cases where they may, and of no others", async () => {
    await using ground = await createGround({ assignment: true });
    await ground.org.rate("takes-cases", 1);
    const [old, fresh] = [talksOf(30, "old"), talksOf(30, "fresh")];
    await ground.crm.write(
      old.map((talk) => talk.open("hi")),
      ground.kit(),
    );
    expect(await owners(ground.org)).toEqual({ "Taken by a rule": 30 });
    for (const talk of old) await ground.org.agent("Ann").assign(talk.key, "Ann");
    // Made, changed, and written into in one batch.
    const tasks = [
      ...fresh.flatMap((talk) => [talk.open("hi"), talk.entry("hi")]),
      ...old.flatMap((talk) => [talk.state({ awaiting: "us" }, 5), talk.entry("again")]),
    ];
    expect(failures(await ground.crm.write(tasks, ground.kit()))).toEqual([]);
    expect(await owners(ground.org)).toEqual({ "Taken by a rule": 30, Ann: 30 });
  });

  it("a case that is made a second time under the org's rules is looked up, and left where it is", async () => {
    await using ground = await createGround({ assignment: true });
    await ground.org.rate("takes-cases", 1);
    const [talk] = talksOf(1, "twice");
    if (talk === undefined) throw new Error("a talk was to be made");
    const open = talk.open("hi");
    await ground.crm.write([open], ground.kit());
    await ground.org.agent("Ann").assign(talk.key, "Ann");
    // Once as a try that is known to be one, once by a bridge that remembers none.
    for (const attempt of [2, 1]) {
      const [receipt] = await ground.another().write([{ ...open, attempt }], ground.kit());
      expect(receipt).toMatchObject({ case: { number: "00001001" } });
    }
    expect(await owners(ground.org)).toEqual({ Ann: 1 });
  });

  it("20 racers on one key make one case, with the org's rules and without", async () => {
    for (const assignment of [false, true]) {
      await using ground = await createGround({ assignment });
      const [talk] = talksOf(1, "raced");
      const open = talk?.open("hi") as CrmTask;
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => ground.another().write([open], ground.kit())),
      );
      expect(failures(outcomes.flat())).toEqual([]);
      const { cases, conversations, personas } = await ground.org.state();
      expect([cases.length, conversations.length, personas.length]).toEqual([1, 1, 1]);
    }
  });
});

describe("a Status is compared by whether it closes", () => {
  it("a case that a person closed their own way keeps that Status, and is opened and closed as asked", async () => {
    await using ground = await createGround({ statuses: { closed: "Closed", reopened: "Working" } });
    const [talk] = talksOf(1, "status");
    if (talk === undefined) throw new Error("a talk was to be made");
    await ground.crm.write([talk.open("hi")], ground.kit());
    const status = async () => (await ground.org.caseOf(talk.key))?.status;
    // Open already: it stays New, and does not become Working.
    await ground.crm.write([talk.state({ resolved: false }, 2)], ground.kit());
    expect(await status()).toBe("New");
    await ground.crm.write([talk.state({ resolved: true }, 3)], ground.kit());
    expect(await status()).toBe("Closed");
    await ground.crm.write([talk.state({ resolved: false }, 4), talk.state({ resolved: true }, 5)], ground.kit());
    expect(await status()).toBe("Closed");
    await ground.crm.write([talk.state({ resolved: true }, 6), talk.state({ resolved: false }, 7)], ground.kit());
    expect(await status()).toBe("Working");
  });
});

describe("how many go together is learnt", () => {
  const sizesOf = async (org: SalesforceSandbox): Promise<readonly number[]> => {
    const { requests } = await org.state();
    return requests.filter(({ writes }) => writes > 0).map(({ records }) => records["Case"] ?? 0);
  };

  it("a trigger that bears fifty cases loses nothing, and calls end at fifty or below", async () => {
    await using ground = await createGround({}, { triggerLimit: 50 });
    const talks = talksOf(600, "trigger");
    for (let at = 0; at < talks.length; at += 200) {
      const some = talks.slice(at, at + 200).flatMap((talk) => [talk.open("hi"), talk.entry("hi")]);
      expect(failures(await ground.crm.write(some, ground.kit()))).toEqual([]);
    }
    const { cases, entries } = await ground.org.state();
    expect([cases.length, entries.length]).toEqual([600, 600]);
    const sizes = await sizesOf(ground.org);
    // 200 and 100 were too many; then it is known.
    expect(sizes.slice(0, 2)).toEqual([200, 100]);
    expect(sizes.slice(2)).toEqual(Array(12).fill(50));
  });

  it("grows slowly, and not up to what was too many", async () => {
    await using ground = await createGround({}, { triggerLimit: 60 });
    const talks = talksOf(4_000, "grow");
    for (let at = 0; at < talks.length; at += 200)
      await ground.crm.write(
        talks.slice(at, at + 200).map((talk) => talk.open("hi")),
        ground.kit(),
      );
    const sizes = await sizesOf(ground.org);
    expect((await ground.org.state()).cases).toHaveLength(4_000);
    // 50 bears it; 55 is tried, and then 60; a tenth more than that is too many, and not tried again for long.
    expect(sizes.filter((size) => size === 60).length).toBeGreaterThan(1);
    expect(sizes.filter((size) => size > 60).length).toBeLessThan(5);
    expect(sizes.at(-1)).toBeLessThanOrEqual(60);
  });

  it("locked rows make the next calls smaller", async () => {
    await using ground = await createGround();
    const talks = talksOf(200, "locks");
    await ground.crm.write(
      talks.map((talk) => talk.open("hi")),
      ground.kit(),
    );
    await ground.org.inject("lock-row");
    const states = (revision: number) => talks.map((talk) => talk.state({ awaiting: "customer" }, revision));
    expect(failures(await ground.crm.write(states(2), ground.kit()))).toHaveLength(1);
    await ground.crm.write(states(3), ground.kit());
    expect((await sizesOf(ground.org)).slice(-2)).toEqual([100, 100]);
  });
});

describe("a case that was deleted", () => {
  it("is not made anew by what changes it: that waits for a person, with the org's own words", async () => {
    await using ground = await createGround();
    const [talk, other] = talksOf(2, "deleted");
    if (talk === undefined || other === undefined) throw new Error("talks were to be made");
    await ground.crm.write([talk.open("hi"), talk.entry("hi"), other.open("hi")], ground.kit());
    await ground.org.agent("Ann").delete(talk.key);
    const [state, entry, fine] = await ground.crm.write(
      [talk.state({ awaiting: "customer" }, 5), talk.entry("more"), other.state({ awaiting: "customer" }, 5)],
      ground.kit(),
    );
    expect(state).toMatchObject({
      fault: "missing",
      landed: "no",
      message: expect.stringMatching(/casethread-missing: the case was deleted, or merged .*drop the act/),
    });
    expect(entry).toMatchObject({ fault: "unavailable", landed: "no" });
    expect(fine).not.toBeInstanceOf(BridgeError);
    const [alone] = await ground.crm.write([talk.entry("only words")], ground.kit());
    expect(alone).toMatchObject({ fault: "missing", landed: "no" });
    expect((await ground.org.state()).cases.map(({ key }) => key)).toEqual([other.key]);
  });
});

describe("what a duplicate rule takes for another", () => {
  it("is linked to the case that it names, where that is nobody's; where it is, a person has to see to it", async () => {
    await using ground = await createGround();
    const [first, second] = talksOf(2, "double");
    if (first === undefined || second === undefined) throw new Error("talks were to be made");
    const phoned = await ground.org.agent("Ann").open("My parcel");
    await ground.org.doubled("parcel", phoned);
    const outcomes = await ground.crm.write([first.open("the parcel"), first.entry("the parcel")], ground.kit());
    expect(failures(outcomes)).toEqual([]);
    expect(await ground.org.caseOf(phoned)).toMatchObject({ key: first.key, fields: { Subject: "My parcel" } });
    const [taken, behind] = await ground.crm.write([second.open("a parcel"), second.entry("a parcel")], ground.kit());
    expect(taken).toMatchObject({
      fault: "taken",
      landed: "no",
      message: expect.stringContaining("DUPLICATES_DETECTED"),
    });
    expect(behind).toMatchObject({ fault: "unavailable" });
    expect((await ground.org.caseOf(phoned))?.key).toBe(first.key);
  });
});

describe("a key that two cases have", () => {
  it("is a person's to mend, with what to do; nobody else waits", async () => {
    await using ground = await createGround();
    const [one, other] = talksOf(2, "twin");
    if (one === undefined || other === undefined) throw new Error("talks were to be made");
    await ground.crm.write([one.open("one"), other.open("other")], ground.kit());
    await ground.org.agent("Ann").twin(one.key);
    const [mine, fine] = await ground.crm.write(
      [one.state({ awaiting: "customer" }), other.state({ awaiting: "customer" })],
      ground.kit(),
    );
    expect(mine).toMatchObject({
      fault: "taken",
      landed: "no",
      message: expect.stringMatching(/DUPLICATE_EXTERNAL_ID.*find it in the org and merge the two/),
    });
    expect(fine).not.toBeInstanceOf(BridgeError);
  });
});

describe("what is merged into a case of the same batch", () => {
  it("goes after it", async () => {
    await using ground = await createGround();
    const [one, other] = talksOf(2, "merge");
    if (one === undefined || other === undefined) throw new Error("talks were to be made");
    const outcomes = await ground.crm.write(
      [one.open("one"), one.state({ mergedInto: other.key }, 2), other.open("other"), other.entry("other")],
      ground.kit(),
    );
    expect(failures(outcomes)).toEqual([]);
    const { cases, conversations } = await ground.org.state();
    const idOf = (key: string) => cases.find((row) => row.key === key)?.id;
    expect(cases.find((row) => row.key === one.key)?.fields["ParentId"]).toBe(idOf(other.key));
    const talkOf = (key: string) => conversations.find((row) => row["Casethread_Key__c"] === key);
    expect(talkOf(one.key)?.["Merged_Into__c"]).toBe(talkOf(other.key)?.["Id"]);
    expect(talkOf(one.key)?.["Case__c"]).toBe(idOf(one.key));
  });
});
