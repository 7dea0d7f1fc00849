import { BridgeError, type Crm } from "casethread/adapter";
import { crmLaws, type CrmSubject } from "casethread/conformance";
import { describe, it } from "vitest";
import { deskSubject } from "./desk.ts";

/** A CRM that takes one record a call: behind a call that failed, no further one of that conversation is made. */
const oneByOne = ({ write, ...crm }: Crm): Crm => ({
  ...crm,
  write: async (batch, kit) => {
    const failed = new Set<string>();
    const outcomes: Awaited<ReturnType<Crm["write"]>>[number][] = [];
    for (const task of batch) {
      const { conversation } = task.effect;
      const [outcome] = failed.has(conversation) ? [] : await write([task], kit);
      const behind = { fault: "unavailable", adapter: "desk", landed: "no" } as const;
      const came = outcome ?? new BridgeError("an act before it has failed", behind);
      if (came instanceof BridgeError) failed.add(conversation);
      outcomes.push(came);
    }
    return outcomes;
  },
});

describe("a CRM that takes one record a call keeps the laws as well", () => {
  it.for(crmLaws.map((law) => [law.name, law] as const))("%s", async ([, law]) => {
    const subject = deskSubject();
    await law.run({ ...subject, crm: oneByOne(subject.crm) } satisfies CrmSubject);
  });
});
