import { afterAll, beforeAll, describe, it } from "vitest";
import { crmLaws, type CrmSubject } from "../../../src/conformance/crm.ts";
import type { SalesforceOptions } from "casethread/salesforce";
import type { SalesforceSandboxOptions } from "casethread/salesforce/sandbox";
import { createGround, type Ground, subjectOf } from "./ground.ts";

const ways: Readonly<Record<string, readonly [Partial<SalesforceOptions>, SalesforceSandboxOptions]>> = {
  "as it comes": [{}, {}],
  "with the org's assignment rules": [{ assignment: true }, {}],
  "in an org whose trigger bears one case at a time": [{}, { triggerLimit: 1 }],
  // By hand: the key, and, for what the laws look at, who is awaited and the revision that refuses what is older.
  "in an org without the package": [
    { comments: true, fields: { caseAwaiting: "Casethread_Awaiting__c", caseRevision: "Casethread_Revision__c" } },
    { bare: ["Casethread_Awaiting__c", "Casethread_Revision__c"] },
  ],
};

describe.each(Object.entries(ways))(
  "the laws of a CRM, kept by the Salesforce adapter %s",
  (_name, [options, sandbox]) => {
    let ground: Ground;
    let subject: CrmSubject;
    beforeAll(async () => {
      ground = await createGround(options, sandbox);
      subject = subjectOf(ground, options.comments);
    });
    afterAll(async () => {
      await ground[Symbol.asyncDispose]();
    });
    it.for(crmLaws.map((law) => [law.name, law] as const))("%s", async ([, law]) => {
      await law.run(subject);
    });
  },
);
