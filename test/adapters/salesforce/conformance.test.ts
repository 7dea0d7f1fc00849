import { afterAll, beforeAll, describe, it } from "vitest";
import { crmLaws, type CrmSubject } from "../../../src/conformance/crm.ts";
import { createGround, type Ground, subjectOf } from "./ground.ts";

describe("the laws of a CRM, kept by the Salesforce adapter", () => {
  let ground: Ground;
  let subject: CrmSubject;
  beforeAll(async () => {
    ground = await createGround();
    subject = subjectOf(ground);
  });
  afterAll(async () => {
    await ground[Symbol.asyncDispose]();
  });
  it.for(crmLaws.map((law) => [law.name, law] as const))("%s", async ([, law]) => {
    await law.run(subject);
  });
});
