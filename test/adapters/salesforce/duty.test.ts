import { BridgeError, type CaseFields } from "casethread/adapter";
import type { SalesforceOptions } from "casethread/salesforce";
import { describe, expect, it } from "vitest";
import { isOpen } from "../../../adapters/salesforce/duty.ts";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createGround, failures, type Ground } from "./ground.ts";

/** A case of Ann's, in an org where it is known who is at work. */
const begun = async (options: Partial<SalesforceOptions> = {}) => {
  const ground = await createGround(options);
  const talk = crmTalk("duty", "salesforce", ground.clock.now());
  await ground.crm.write([talk.open("hi", { fields: { assignee: "Social Support" } })], ground.kit());
  await ground.org.agent("Ann").assign(talk.key, "Ann");
  await ground.clock.advance(5_000);
  const write = async (fields: CaseFields, at = ground.clock.now()) => {
    const task = talk.state(fields);
    return ground.crm.write([{ ...task, effect: { ...task.effect, at } }], ground.kit());
  };
  const owner = async (): Promise<string | undefined> => (await ground.org.caseOf(talk.key))?.owner;
  return { ...ground, ground, talk, write, owner };
};
type Begun = Awaited<ReturnType<typeof begun>>;
const spoke = ({ write }: Begun) => write({ awaiting: "us", returnsTo: "Social Support" });
const calls = async ({ org }: Ground): Promise<number> => (await org.state()).requests.length;

describe("a customer speaks, and the assignee", () => {
  it("is signed in: the case stays; is away, or signed out: it goes back to its department's queue", async () => {
    const given = await begun({ onDuty: "presence" });
    await using _ = given.ground;
    const ann = given.org.agent("Ann");
    await ann.is("online");
    expect(failures(await spoke(given))).toEqual([]);
    expect(await given.owner()).toBe("Ann");
    await ann.is("away");
    await spoke(given);
    expect(await given.owner()).toBe("Social Support");
    await ann.assign(given.talk.key, "Ann");
    await ann.is("offline");
    await given.clock.advance(1_000);
    await spoke(given);
    expect(await given.owner()).toBe("Social Support");
    // A queue is always there.
    await spoke(given);
    expect(await given.owner()).toBe("Social Support");
  });

  it("is within the case's business hours, or not", async () => {
    const given = await begun({ onDuty: "hours" });
    await using _ = given.ground;
    await spoke(given);
    expect(await given.owner()).toBe("Ann");
    const hour = new Date(given.clock.now()).getUTCHours();
    const two = (n: number): string => `${String((n + 24) % 24).padStart(2, "0")}:00`;
    await given.org.hours({ zone: "UTC", from: two(hour - 4), until: two(hour - 2) });
    await spoke(given);
    expect(await given.owner()).toBe("Social Support");
  });

  it("is known to somebody else, who is asked", async () => {
    const asked: unknown[] = [];
    const onDuty = (userId: string, at: number): boolean => asked.push([userId.slice(0, 3), typeof at]) < 0;
    const given = await begun({ onDuty });
    await using _ = given.ground;
    await spoke(given);
    expect(asked).toEqual([["005", "number"]]);
    expect(await given.owner()).toBe("Social Support");
  });

  it("cannot be seen, or the queue is not there: the case stays, and what is said of it is written", async () => {
    const unseen = await begun({ onDuty: "presence" });
    await using _one = unseen.ground;
    await unseen.org.plant({ on: "UserServicePresence", hidden: "IsAway" });
    expect(failures(await spoke(unseen))).toEqual([]);
    expect(await unseen.owner()).toBe("Ann");
    const nowhere = await begun({ onDuty: () => false });
    await using _two = nowhere.ground;
    expect(failures(await nowhere.write({ awaiting: "us", returnsTo: "No such queue" }))).toEqual([]);
    expect(await nowhere.owner()).toBe("Ann");
    expect((await nowhere.org.caseOf(nowhere.talk.key))?.fields["Casethread_Awaiting__c"]).toBe("us");
  });

  it("is asked for nowhere where nobody wants to know", async () => {
    const given = await begun();
    await using _ = given.ground;
    const before = await calls(given);
    await spoke(given);
    expect((await calls(given)) - before).toBe(1);
    expect(await given.owner()).toBe("Ann");
  });
});

describe("business hours", () => {
  const hours = {
    TimeZoneSidKey: "Europe/Berlin",
    MondayStartTime: "09:00:00.000Z",
    MondayEndTime: "17:30:00.000Z",
    TuesdayStartTime: "22:00:00.000Z",
    TuesdayEndTime: "00:00:00.000Z",
    WednesdayStartTime: "00:00:00.000Z",
    WednesdayEndTime: "00:00:00.000Z",
  };
  it.each([
    ["2026-11-23T07:59:59Z", false],
    ["2026-11-23T08:00:00Z", true],
    ["2026-11-23T16:29:59Z", true],
    ["2026-11-23T16:30:00Z", false],
    // In summer an hour earlier.
    ["2026-06-22T07:00:00Z", true],
    ["2026-11-24T20:59:00Z", false],
    ["2026-11-24T22:59:00Z", true],
    ["2026-11-25T03:00:00Z", true],
    ["2026-11-26T12:00:00Z", false],
  ])("at %s: %s", (at, open) => expect(isOpen(hours, Date.parse(at))).toBe(open));
});

describe("a person's newer change", () => {
  it("of the owner stands: what was decided before it is late; what is decided after it counts", async () => {
    const given = await begun();
    await using _ = given.ground;
    const decided = given.clock.now();
    await given.clock.advance(2_000);
    await given.org.agent("Ann").assign(given.talk.key, "Bob");
    await given.clock.advance(2_000);
    await given.write({ assignee: "PR", assigneeWas: "Ann" }, decided);
    expect(await given.owner()).toBe("Bob");
    await given.write({ assignee: "PR", assigneeWas: "Bob" });
    expect(await given.owner()).toBe("PR");
  });

  it("of anything else is no reason not to give it to whom it was to go", async () => {
    const given = await begun();
    await using _ = given.ground;
    const decided = given.clock.now();
    await given.clock.advance(2_000);
    await given.org.agent("Ann").close(given.talk.key);
    await given.clock.advance(2_000);
    await given.write({ assignee: "PR", assigneeWas: "Ann" }, decided);
    expect(await given.owner()).toBe("PR");
  });

  it("of ours, later than it was decided, is none", async () => {
    const given = await begun();
    await using _ = given.ground;
    const decided = given.clock.now();
    await given.clock.advance(2_000);
    await given.write({ assignee: "Social Support" });
    await given.write({ assignee: "PR", assigneeWas: "Ann" }, decided);
    expect(await given.owner()).toBe("PR");
  });

  it("of the Status stands: a case that was closed after the customer's word was decided on stays closed", async () => {
    const given = await begun();
    await using _ = given.ground;
    const ann = given.org.agent("Ann");
    const closed = async () => (await given.org.caseOf(given.talk.key))?.closed;
    await ann.close(given.talk.key);
    await given.clock.advance(2_000);
    const spoken = given.clock.now();
    await given.clock.advance(2_000);
    await ann.reopen(given.talk.key);
    await ann.close(given.talk.key);
    await given.clock.advance(2_000);
    await given.write({ resolved: false }, spoken);
    expect(await closed()).toBe(true);
    await given.write({ resolved: false });
    expect(await closed()).toBe(false);
  });

  it("is asked for with one call more, and an org that cannot be asked is asked again", async () => {
    const given = await begun();
    await using _ = given.ground;
    await given.write({ assignee: "PR" });
    const before = await calls(given);
    await given.write({ assignee: "Social Support" });
    // Who has it, and the write; the queue's id and our own are remembered.
    expect((await calls(given)) - before).toBe(2);
    await given.org.inject("503", 3);
    const [outcome] = await given.write({ assignee: "PR" });
    expect(outcome).toMatchObject({ fault: "unavailable", landed: "no" });
    expect(outcome).toBeInstanceOf(BridgeError);
  });
});
