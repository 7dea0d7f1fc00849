import { salesforce } from "casethread/salesforce";
import jsforce from "jsforce";
import { describe, expect, it } from "vitest";
import { createGround, type Ground } from "./ground.ts";

const about = { channels: ["x"] };
const steps = async ({ crm, kit }: Ground, over = {}) => (await crm.setup?.({ ...about, ...over }, kit())) ?? [];

describe("an org is set up", () => {
  it("the package is deployed where it is missing, and nothing is left to do; a check then finds all in order", async () => {
    await using ground = await createGround({ stream: true }, { bare: [] });
    const before = (await ground.crm.check?.(about, ground.kit())) ?? [];
    expect(before).toContainEqual({
      as: "wrong",
      say: expect.stringContaining("the object Casethread_Entry__c is missing, or hidden"),
    });
    const [step, ...more] = await steps(ground);
    expect(more).toEqual([]);
    expect(step?.say).toMatch(
      /^deploy the package, \d+ components with change events, into http:.*, a sandbox, developer/,
    );
    expect((await ground.org.state()).deployed).toEqual([]);
    expect(await step?.run(ground.kit())).toMatch(/^\d+ components are there \(deployment 0Af\w+\)/);
    expect(await steps(ground)).toEqual([]);
    const after = (await ground.crm.check?.(about, ground.kit())) ?? [];
    expect(after.filter(({ as }) => as === "wrong")).toEqual([]);
    expect(after).toContainEqual({
      as: "well",
      say: expect.stringContaining("a first word from x was written and taken back"),
    });
  });

  it("an org that people work in is told as such, and refuses until that is said aloud", async () => {
    await using ground = await createGround({}, { bare: [], production: true });
    const [step] = await steps(ground);
    expect(step?.say).toContain("an org that people work in: try it in a sandbox first");
    await expect(step?.run(ground.kit())).rejects.toMatchObject({ fault: "forbidden" });
    const [aloud] = await steps(ground, { production: true });
    expect(await aloud?.run(ground.kit())).toContain("components are there");
  });

  it("a connection that cannot deploy is told as such", async () => {
    await using ground = await createGround({}, { bare: [] });
    const oauth = new jsforce.OAuth2({ loginUrl: ground.org.origin, ...ground.org.login });
    const { access_token: accessToken } = await oauth.requestToken({ grant_type: "client_credentials" });
    const sdk = new jsforce.Connection({ instanceUrl: ground.org.origin, version: "62.0", accessToken });
    const connection = { instanceUrl: ground.org.origin, request: sdk.request.bind(sdk) };
    await expect(salesforce({ connection }).setup?.(about, ground.kit())).rejects.toThrow(
      "[salesforce: invalid] The connection that was handed in has no Metadata API: hand in one of jsforce, or give a login.",
    );
  });

  it("what the org asks besides is no reason to deploy, and an org that takes comments needs no package", async () => {
    await using ground = await createGround();
    await ground.org.plant({ on: "Case", required: "Region__c" });
    expect(await steps(ground)).toEqual([]);
    await using plain = await createGround({ comments: true }, { bare: [] });
    expect(await steps(plain)).toEqual([]);
  });
});
