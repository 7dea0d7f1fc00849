import type { CrmTask } from "../core/contracts/crm.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import type { Lease, Promised } from "../core/contracts/store.ts";
import { verdict } from "../core/rules/verdict.ts";
import type { Outcome } from "../core/words/effect.ts";
import type { Instant } from "../core/words/ref.ts";
import { type House, kitFor, thrownBy, within } from "./house.ts";
import { momentOf, permissions } from "./moment.ts";
import { type Result, settle } from "./settle.ts";

/** One write may carry many conversations; it is given this long, in ms. A write that is given up is repeated: every act is an upsert. */
const writeTimeoutMs = 60_000;
/** Lanes stay ours for one write, and time to settle it, in ms. */
export const writeLeaseMs: number = writeTimeoutMs + 30_000;

/** OpenTelemetry keeps so many links of a span (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables, OTEL_SPAN_LINK_COUNT_LIMIT). */
const mostLinks = 128;

interface Item {
  readonly promised: Promised;
  readonly now: Instant;
  readonly task?: CrmTask;
  readonly outcome?: Outcome;
}

const outcomeOf = (
  house: House,
  { promised, now }: Pick<Item, "promised" | "now">,
  answer: Awaited<ReturnType<House["crm"]["write"]>>[number] | undefined,
): Outcome => {
  const name = `crm/${house.crm.name}`;
  if (answer !== undefined && !(answer instanceof BridgeError)) {
    house.faults.mend(name);
    return { as: "done", receipt: answer };
  }
  const error =
    answer ??
    new BridgeError("the CRM adapter gave no outcome for this act: report it to its author", {
      fault: "unavailable",
      adapter: house.crm.name,
      landed: "unknown",
    });
  house.faults.note(name, error);
  house.log.warn({ effect: promised.effect.key, fault: error.fault }, `a CRM act failed: ${error.message}`);
  return verdict(error, { tries: promised.tries + 1, unknown: "upsert", now, roll: house.roll() });
};

/** In order: what stands behind an act that did not stand waits with it. */
const inOrder = (house: House, items: readonly Item[], answers: ReadonlyMap<CrmTask, Outcome>): Result["outcomes"] => {
  let behind: Outcome | undefined;
  return items.map(({ promised, task, outcome, now }) => {
    if (behind !== undefined) return { promised, outcome: behind };
    const own = outcome ?? (task && answers.get(task)) ?? outcomeOf(house, { promised, now }, undefined);
    if (own.as === "again" || own.as === "parked") {
      const at = own.as === "again" ? own.at : now;
      behind = { as: "again", at, doubt: false, counts: false, why: { code: "behind-another" } };
    }
    return { promised, outcome: own };
  });
};

const isAway = (answer: Awaited<ReturnType<House["crm"]["write"]>>[number]): boolean =>
  answer instanceof BridgeError && (answer.fault === "unavailable" || answer.fault === "unauthorized");

/**
 * What a write tells of the CRM: that it is there; that it is away, for all that was asked; little, for all of it had failed
 * before and may fail by itself; or nothing, for it was not asked.
 */
export type Told = "there" | "away" | "little" | "nothing";

/** Writes the head runs of many conversations' CRM lanes in one call, and settles each. */
export const write = async (house: House, leases: readonly Lease[]): Promise<Told> => {
  const permitted = await permissions(house, leases);
  const runs = leases.map((lease, i) => ({
    lease,
    items: lease.run.map((promised, j): Item => {
      const permission = permitted[i]?.[j];
      const now = momentOf(house, lease);
      if (permission !== undefined && "write" in permission) return { promised, now, task: permission.write };
      return { promised, now, outcome: { as: "rehearsed" } };
    }),
  }));
  const tasks = runs.flatMap(({ items }) => items.flatMap(({ task }) => (task === undefined ? [] : [task])));
  const answers = new Map<CrmTask, Outcome>();
  let told: Told = "nothing";
  if (tasks.length > 0) {
    let given: Awaited<ReturnType<House["crm"]["write"]>>;
    try {
      const marks = [...new Set(tasks.flatMap(({ effect }) => effect.trace ?? []))].slice(0, mostLinks);
      given = await house.telemetry.span(
        "casethread.write",
        { crm: house.crm.name, acts: tasks.length },
        () => within(writeTimeoutMs, undefined, (s) => house.crm.write(tasks, kitFor(house, house.crm.name, s))),
        marks,
      );
    } catch (thrown) {
      const error = thrownBy(thrown, house.crm.name);
      given = tasks.map(() => error);
    }
    const anew = runs.some(({ items: [head] }) => head?.task !== undefined && head.promised.tries === 0);
    told = given.every(isAway) ? (anew ? "away" : "little") : "there";
    const itemOf = new Map(
      runs.flatMap(({ items }) =>
        items.flatMap((item) => (item.task === undefined ? [] : [[item.task, item] as const])),
      ),
    );
    for (const [i, task] of tasks.entries()) {
      const item = itemOf.get(task);
      if (item !== undefined) answers.set(task, outcomeOf(house, item, given[i]));
    }
  }
  await settle(
    house,
    runs.map(({ lease, items }) => ({ lease, outcomes: inOrder(house, items, answers) })),
  );
  return told;
};
