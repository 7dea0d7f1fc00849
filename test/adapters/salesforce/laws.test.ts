import {
  BridgeError,
  type Crm,
  type CrmTask,
  type FromCrm,
  type Kit,
  type Page,
  type Receipt,
} from "casethread/adapter";
import { expect, it } from "vitest";
import { crmLaws } from "../../../src/conformance/crm.ts";
import { createGround, type Ground, subjectOf } from "./ground.ts";

type Outcome = Receipt | BridgeError;
type Break = (crm: Crm, ground: Ground) => Crm;

const writing =
  (write: (crm: Crm, batch: readonly CrmTask[], kit: Kit, ground: Ground) => Promise<readonly Outcome[]>): Break =>
  (crm, ground) => ({ ...crm, write: (batch, kit) => write(crm, batch, kit, ground) });
const changed = (crm: Crm, change: (event: FromCrm) => FromCrm): Crm => ({
  ...crm,
  since: async function* (cursor, kit): AsyncGenerator<Page<FromCrm>> {
    for await (const page of crm.since(cursor, kit)) yield { ...page, events: page.events.map(change) };
  },
});
const mapped = (
  batch: readonly CrmTask[],
  change: (effect: CrmTask["effect"]) => Partial<CrmTask["effect"]>,
): readonly CrmTask[] => batch.map((task) => ({ ...task, effect: { ...task.effect, ...change(task.effect) } }));
let count = 0;
const next = (): number => (count += 1);

/** Adapters that each break one promise, and the laws that must notice. */
const breaks: Readonly<Record<string, { readonly by: Break; readonly laws: readonly string[] }>> = {
  "a key of its own for every write": {
    by: writing((crm, batch, kit) => {
      const turn = next();
      return crm.write(
        mapped(batch, ({ conversation }) => ({ conversation: `${conversation}~${turn}` as typeof conversation })),
        kit,
      );
    }),
    laws: ["an act that is repeated leaves one record", "one key, one case, under 20 racers"],
  },
  "each act for itself": {
    by: writing(async (crm, batch, kit) => {
      const outcomes: Outcome[] = [];
      for (const task of batch) outcomes.push(...(await crm.write([task], kit)));
      return outcomes;
    }),
    laws: ["what stands behind a failed act fails with it, and other conversations do not notice"],
  },
  "always the newest": {
    by: writing((crm, batch, kit) =>
      crm.write(
        mapped(batch, () => ({ revision: 1_000 + next() })),
        kit,
      ),
    ),
    laws: ["an older write never overwrites a newer one, however late", "of two states in one batch the newer stands"],
  },
  "all or nothing": {
    by: writing(async (crm, batch, kit) => {
      const outcomes = await crm.write(batch, kit);
      const failed = outcomes.find((outcome) => outcome instanceof BridgeError);
      return failed === undefined ? outcomes : batch.map(() => failed);
    }),
    laws: ["a call refused as a whole is split until only the guilty act fails"],
  },
  "sure of everything": {
    by: writing(async (crm, batch, kit) =>
      (await crm.write(batch, kit)).map((outcome) =>
        outcome instanceof BridgeError
          ? new BridgeError("no", { fault: outcome.fault, adapter: "broken", landed: "no" })
          : outcome,
      ),
    ),
    laws: ["a lost answer is an unknown outcome, and repeating changes nothing"],
  },
  "no regard for the window": {
    by: writing((crm, batch, kit) => crm.write(batch, { ...kit, depart: () => undefined })),
    laws: ["nothing leaves once the send window is over"],
  },
  "no regard for the signal": {
    by: writing((crm, batch, kit) => crm.write(batch, { ...kit, signal: new AbortController().signal })),
    laws: ["an abort settles promptly"],
  },
  talkative: {
    by: writing(async (crm, batch, kit, { org }) =>
      (await crm.write(batch, kit)).map((outcome) =>
        outcome instanceof BridgeError
          ? new BridgeError(`with ${org.login.clientSecret}`, {
              fault: outcome.fault,
              adapter: "broken",
              landed: outcome.landed,
            })
          : outcome,
      ),
    ),
    laws: ["no error carries a secret"],
  },
  "new keys for old events": {
    by: (crm) => changed(crm, (event) => ({ ...event, key: `${event.key}~${next()}` as typeof event.key })),
    laws: [
      "changes are told, and told again to whoever comes back with an older cursor",
      "an agent's answer is told once for each of its contents",
    ],
  },
  "no overlap": {
    by: (_crm, ground) => ground.another({ overlapMs: 0 }),
    laws: ["a change that becomes visible late is told all the same"],
  },
  "every write seen as a change": {
    by: (crm) => {
      const told = changed(crm, (event) =>
        event.as === "case" ? { ...event, status: `${event.status} at ${event.at}` } : event,
      );
      // Without a memory every write of ours is told.
      return {
        ...told,
        since: (cursor, kit) =>
          told.since(cursor === undefined ? undefined : JSON.stringify({ ...JSON.parse(cursor), page: -next() }), kit),
      };
    },
    laws: ["our own writes coming back change nothing"],
  },
  "pages that lead nowhere": {
    by: (crm) => ({ ...crm, parse: () => undefined }),
    laws: ["a case's page leads back to the case"],
  },
};

it.for(Object.entries(breaks))("the laws notice an adapter with: %s", async ([, { by, laws }]) => {
  await using ground = await createGround({ timeoutMs: 1_500 });
  const subject = { ...subjectOf(ground), crm: by(ground.crm, ground) };
  for (const name of laws) {
    const law = crmLaws.find((one) => one.name === name);
    await expect(law?.run(subject), name).rejects.toThrow();
  }
});

it("every law is broken by one of them", () => {
  const noticed = new Set(Object.values(breaks).flatMap(({ laws }) => laws));
  expect(crmLaws.map((law) => law.name).filter((name) => !noticed.has(name))).toEqual([]);
});
