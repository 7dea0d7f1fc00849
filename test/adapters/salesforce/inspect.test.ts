import { inspect } from "casethread/salesforce";
import { describe, expect, it } from "vitest";
import { createGround, type Ground } from "./ground.ts";

const inspected = ({ org }: Ground, more: object = {}) => inspect({ origin: org.origin, login: org.login, ...more });
const counts = async ({ org }: Ground): Promise<readonly number[]> => {
  const { cases, entries, conversations, personas } = await org.state();
  return [cases, entries, conversations, personas].map((all) => all.length);
};

describe("an org is looked at, and tried", () => {
  it("one that has all is in order: nothing stands in the way, nothing is left behind", async () => {
    await using ground = await createGround();
    const { ok, obstacles, notes } = await inspected(ground);
    expect(obstacles).toEqual([]);
    expect(ok).toBe(true);
    expect(notes.join("\n")).toMatch(/changes can be streamed[\s\S]*API calls: \d+ of 100000[\s\S]*data storage/);
    expect(await counts(ground)).toEqual([0, 0, 0, 0]);
    // It did try: on each network all was written once, and taken back.
    const tried = (await ground.org.state()).requests.filter(({ writes }) => writes > 0);
    const once = { Case: 1, Casethread_Conversation__c: 1, Casethread_Entry__c: 1, Casethread_Persona__c: 1 };
    expect(tried.map(({ records }) => records)).toEqual([once, once]);
  });

  it("three planted obstacles are named, with rule and field, and no record is left behind", async () => {
    await using ground = await createGround();
    const { org } = ground;
    await org.plant({ on: "Case", required: "Region__c" });
    await org.plant({ on: "Case", restricted: { field: "Origin", values: ["Phone", "Facebook"] } });
    await org.plant({
      on: "Casethread_Entry__c",
      rule: { name: "Words_Need_A_Link", message: "Every message needs a link" },
    });
    await org.plant({ on: "Case", trigger: "CaseTrigger", flow: "Case Flow" });
    await org.plant({ on: "Opportunity", trigger: "OpportunityTrigger", flow: "Opportunity Flow" });
    const { ok, obstacles, notes } = await inspected(ground);
    expect(ok).toBe(false);
    const all = obstacles.join("\n");
    expect(all).toMatch(/Case\.Region__c is required/);
    expect(all).toMatch(/Case\.Origin is a restricted picklist without X/);
    expect(all).toMatch(/tried: a new Case from X would be refused: REQUIRED_FIELD_MISSING: .*Region__c/);
    expect(notes.join("\n")).toMatch(
      /validation rule Words_Need_A_Link of Casethread_Entry__c[\s\S]*Apex trigger CaseTrigger runs on Case[\s\S]*flow Case Flow runs when a record of Case is saved/,
    );
    // What happens to records that nothing is written to is nobody's obstacle.
    expect(notes.join("\n")).not.toContain("Opportunity");
    expect(await counts(ground)).toEqual([0, 0, 0, 0]);
  });

  it("what only trying shows is named by the org's own words", async () => {
    await using ground = await createGround();
    await ground.org.plant({
      on: "Casethread_Entry__c",
      rule: { name: "Words_Need_A_Link", message: "Every message needs a link" },
    });
    const { obstacles } = await inspected(ground, { networks: ["x"] });
    expect(obstacles).toEqual([
      "tried: a new Social Message from X would be refused: FIELD_CUSTOM_VALIDATION_EXCEPTION: Every message needs a link",
    ]);
    expect(await counts(ground)).toEqual([0, 0, 0, 0]);
  });

  it("a field that is hidden, a queue that is not there, and names of one's own", async () => {
    await using ground = await createGround();
    await ground.org.plant({ on: "Casethread_Conversation__c", hidden: "Claims__c" });
    const { obstacles } = await inspected(ground, {
      queues: { press: "Nobody's" },
      fields: { persona: "Person__c" },
      networks: [],
    });
    const all = obstacles.join("\n");
    expect(all).toMatch(/Casethread_Conversation__c\.Claims__c is missing, or hidden/);
    expect(all).toMatch(/the object Person__c is missing/);
    expect(all).toMatch(/queue of the department press: .*Nobody's/);
  });

  it("an org without the package is asked for the key on Case, and tried with that", async () => {
    await using ground = await createGround({}, { bare: [] });
    const lacking = await inspected(ground, { networks: ["x"] });
    expect(lacking.obstacles.join("\n")).toMatch(/the object Casethread_Entry__c is missing/);
    const { ok, obstacles, notes } = await inspected(ground, { comments: true, networks: ["x"] });
    expect(obstacles).toEqual([]);
    expect(ok).toBe(true);
    expect(notes.join("\n")).toMatch(/person accounts are off/);
    const { requests, cases, comments } = await ground.org.state();
    expect(requests.findLast(({ writes }) => writes > 0)?.records).toEqual({ Case: 1, CaseComment: 1 });
    expect([cases, comments]).toEqual([[], []]);
    await ground.org.plant({ on: "CaseComment", rule: { name: "No_Comments", message: "nobody comments here" } });
    expect((await inspected(ground, { comments: true, networks: ["x"] })).obstacles).toEqual([
      "tried: a new Case Comment from X would be refused: FIELD_CUSTOM_VALIDATION_EXCEPTION: nobody comments here",
    ]);
  });

  it("credentials that are not accepted are an error, not a finding", async () => {
    await using ground = await createGround();
    const login = { ...ground.org.login, clientSecret: "wr0ng" };
    await expect(inspect({ origin: ground.org.origin, login })).rejects.toMatchObject({ fault: "unauthorized" });
  });
});
