import { BridgeError, type CaseRef, type CrmTask, type Kit, type Receipt } from "casethread/adapter";
import { z } from "zod";
import type { Client } from "./client.ts";
import { treatmentOf } from "./codes.ts";
import { fromOrg, fromThrown, type OrgError, orgErrors, refuse } from "./faults.ts";
import { externalId, name } from "./keys.ts";
import type { Lookup } from "./lookup.ts";
import type { Settings } from "./options.ts";
import { afterMiss, type CompositeAnswer, compositeAnswer, type Fate, fatesOf, type Found } from "./fates.ts";
import { type Composed, compose, kinds, type Lane, lanesOf, numbersQuery, ordered, pack } from "./plan.ts";
import { lookUp, prepare } from "./prepare.ts";
import type { Written } from "./records.ts";
import { createSizes } from "./sizes.ts";
import { inPortions, queryPath } from "./soql.ts";

/** One collection holds 200 records: resources_composite_sobjects_collections_upsert.htm */
const mostRecords = 200;

type Outcome = Receipt | BridgeError;

const numbered = z.object({ records: z.array(z.looseObject({ Id: z.string(), CaseNumber: z.string() })) });

// Triggers and flows run for all records of a call together: they may fail for the number of them and not for one.
const together = new Set([
  "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
  "CANNOT_EXECUTE_FLOW_TRIGGER",
  "APEX_DATA_ACCESS_RESTRICTION",
  "UNKNOWN_EXCEPTION",
  "LIMIT_EXCEEDED",
]);
const isLimit = ({ code, message }: OrgError): boolean =>
  together.has(code) || /LimitException|Too many (?:SOQL|DML|query rows)|CPU time limit/i.test(message);

/** Refused for what is in it: some act is the reason, and which one is found by splitting. */
const isContent = (error: BridgeError): boolean => error.fault === "invalid" && error.landed === "no";

/** The page of a case for people. */
export const caseUrl = (origin: string, ref: CaseRef): string =>
  `${origin}/lightning/r/Case/${encodeURIComponent(ref.id)}/view`;

/** The outcomes of one batch as they become known. */
const openBook = (kit: Kit) => {
  const outcomes = new Map<number, Outcome>();
  const behind = (error: BridgeError): BridgeError =>
    new BridgeError("An act of the same conversation before this one failed; this one goes after it.", {
      // Not the fault of the one before: that may end for good, and this one has done nothing wrong.
      fault: "unavailable",
      adapter: name,
      landed: "no",
      ...(error.retryAt === undefined ? {} : { retryAt: error.retryAt }),
    });
  return {
    outcomes,
    done: (acts: Lane["acts"], proof?: string): void => {
      for (const act of acts) outcomes.set(act.index, { at: kit.now(), ...(proof === undefined ? {} : { proof }) });
    },
    /** An act fails, and all behind it with it. Of a call whose outcome is unknown, all that were in it may have landed. */
    fail: (lane: Lane, at: number, error: BridgeError): void => {
      lane.acts.forEach((act, place) => {
        if (place < at) return;
        const unsure = error.landed === "unknown" && place < lane.upTo;
        outcomes.set(act.index, place === at || unsure ? error : behind(error));
      });
    },
  };
};

const isCase = ({ kind }: Written): boolean => kind === "case" || kind === "create" || kind === "adopt";

/** Ids and numbers of cases as they become known, by external id. */
const openRegister = (client: Client, settings: Settings, kit: Kit) => {
  const cases = new Map<string, CaseRef>();
  const remember = (rows: z.infer<typeof numbered>): void => {
    for (const row of rows.records) {
      cases.set(String(row[settings.names.caseKey]), { crm: name, id: row.Id, number: row.CaseNumber });
    }
  };
  return {
    cases,
    /** From the answer of a write: the ids of its records, and the numbers that were asked for along with them. */
    learn: (answer: CompositeAnswer, fates: ReadonlyMap<Written, Fate>): void => {
      for (const [written, fate] of fates) {
        const [act] = written.acts;
        if (fate.as === "done") written.landed?.(fate.id);
        if (fate.as !== "done" || act === undefined || !isCase(written)) continue;
        cases.set(externalId(act.task.effect.conversation), { crm: name, id: fate.id });
      }
      const read = numbered.safeParse(answer.compositeResponse.find((one) => one.referenceId === "numbers")?.body);
      if (read.success) remember(read.data);
    },
    /** Asks for what is missing. Numbers are for people: when they cannot be had now, the change feed brings them. */
    complete: async (keys: readonly string[]): Promise<void> => {
      const missing = keys.filter((key) => cases.get(key)?.number === undefined);
      try {
        for (const some of inPortions([...new Set(missing)])) {
          remember(await client.read({ method: "GET", path: queryPath(numbersQuery(some, settings)) }, numbered, kit));
        }
      } catch {
        return;
      }
    },
  };
};

/** Makes the function that writes a batch. */
export const createWriter = (client: Client, lookup: Lookup, settings: Settings) => {
  const path = `/services/data/v${settings.version}/composite`;
  const sizes = createSizes(mostRecords);

  /** Sends lanes, together while that goes well, until each of their acts has an outcome. */
  const deliver = async (
    lanes: readonly Lane[],
    kit: Kit,
    book: ReturnType<typeof openBook>,
    register: ReturnType<typeof openRegister>,
  ): Promise<void> => {
    const halved = async (some: readonly Lane[], misses: number): Promise<void> => {
      const middle = Math.ceil(some.length / 2);
      await send(some.slice(0, middle), misses);
      await send(some.slice(middle), misses);
    };

    /** The call was refused as a whole: split until only the guilty act is left in it. */
    const refused = async (some: readonly Lane[], error: BridgeError, misses: number): Promise<void> => {
      const [only] = some;
      if (!isContent(error) || only === undefined) return some.forEach((lane) => book.fail(lane, lane.from, error));
      if (some.length > 1) return halved(some, misses);
      const acts = only.upTo - only.from;
      if (acts === 1) return book.fail(only, only.from, error);
      return send([{ ...only, upTo: only.from + Math.ceil(acts / 2) }], misses);
    };

    /** Learns from what the org could not bear of one kind. True: fewer may do. */
    const crowded = (composed: Composed, fates: ReadonlyMap<Written, Fate>): boolean => {
      const now = kit.now();
      let fewer = false;
      for (const kind of kinds) {
        const own = composed.records[kind];
        const codes = own.flatMap((written) => {
          const fate = fates.get(written);
          return fate?.as === "failed" ? [fate.error] : [];
        });
        if (codes.some(({ code }) => code === "UNABLE_TO_LOCK_ROW")) sizes.lock(kind, now);
        if (own.length < 2 || !codes.some(isLimit)) continue;
        sizes.limit(kind, own.length, now);
        fewer = true;
      }
      return fewer;
    };

    /** What could not be made because something is there already is looked up. A look that fails finds nothing. */
    const lookedUp = async (composed: Composed, fates: ReadonlyMap<Written, Fate>): Promise<Found> => {
      const doubled = [...composed.records.create, ...composed.records.case].flatMap((written) => {
        const fate = fates.get(written);
        const act = written.acts.find(({ task }) => task.effect.act.do === "open");
        if (fate?.as !== "failed" || act === undefined || treatmentOf(fate.error.code) !== "looked up") return [];
        // Written by key, it is an update the next time.
        if (written.kind === "case" && (fate.error.matches ?? []).length === 0) return [];
        return [{ act, matches: fate.error.matches ?? [] }];
      });
      try {
        return doubled.length === 0 ? new Map() : await lookUp(doubled, { client, lookup, settings, kit });
      } catch {
        return new Map();
      }
    };

    /** All was rolled back because of some: they are left out, and the rest is sent again. */
    const missed = async (composed: Composed, fates: ReadonlyMap<Written, Fate>, misses: number): Promise<void> => {
      const some = [...composed.byLane.keys()];
      if (crowded(composed, fates)) return send(some, misses);
      const found = await lookedUp(composed, fates);
      const left = some.map((lane) => {
        const after = afterMiss(lane, composed.byLane.get(lane) ?? [], fates, found);
        if (after.guilty !== undefined) book.fail(lane, after.guilty.at, fromOrg(after.guilty.error, kit.now()));
        book.done(after.older, "newer stands");
        return after.lane;
      });
      // Every miss rolls back everybody: after three, fewer share the next ones.
      return misses >= 2 && left.length > 1 ? halved(left, misses) : send(left, misses + 1);
    };

    const send = async (waiting: readonly Lane[], misses: number): Promise<void> => {
      const some = waiting
        .filter((lane) => lane.from < lane.acts.length)
        .map((lane) => (lane.upTo > lane.from ? lane : { ...lane, upTo: lane.acts.length }));
      const { first, after } = ordered(some);
      // Packed anew before each call: the one before may have taught how many go together.
      for (let rest = first.length > 0 ? first : after; rest.length > 0;) {
        const now = kit.now();
        const [bin = [], ...others] = pack(rest, (kind) => sizes.most(kind, now), settings);
        await request(bin, misses);
        rest = others.flat();
      }
      if (first.length > 0 && after.length > 0) await send(after, misses);
    };

    const request = async (some: readonly Lane[], misses: number): Promise<void> => {
      const composed = compose(some, settings);
      const onward = (): Promise<void> =>
        send(
          some.map((lane) => ({ ...lane, from: lane.upTo, upTo: lane.acts.length })),
          misses,
        );
      if (kinds.every((kind) => composed.records[kind].length === 0)) {
        // All that these acts say is there in a newer state.
        for (const lane of some) book.done(lane.acts.slice(lane.from, lane.upTo), "newer stands");
        return onward();
      }
      let answer: CompositeAnswer;
      try {
        answer = await client.write({ method: "POST", path, body: composed.body }, compositeAnswer, kit);
      } catch (thrown) {
        return refused(some, fromThrown(thrown, kit.now()), misses);
      }
      const fates = fatesOf(composed, answer);
      const all = [...fates.values()];
      if (all.some((fate) => fate.as === "failed" || fate.as === "older")) return missed(composed, fates, misses);
      if (all.some((fate) => fate.as === "bystander")) {
        const errors = answer.compositeResponse.flatMap((one) => orgErrors(one.body));
        const error = errors.find((one) => one.code !== "PROCESSING_HALTED") ?? {
          code: "UNKNOWN_EXCEPTION",
          message: "",
        };
        return refused(some, fromOrg(error, kit.now()), misses);
      }
      for (const kind of kinds) sizes.through(kind, composed.records[kind].length, kit.now());
      register.learn(answer, fates);
      for (const lane of some) book.done(lane.acts.slice(lane.from, lane.upTo));
      return onward();
    };

    await send(lanes, 0);
  };

  return async (batch: readonly CrmTask[], kit: Kit): Promise<readonly Outcome[]> => {
    const book = openBook(kit);
    const register = openRegister(client, settings, kit);
    const ready = await prepare(batch, { client, lookup, settings, kit });
    const lanes = lanesOf(ready.acts).map((lane) => {
      const at = lane.acts.findIndex((act) => ready.refused.has(act.index));
      const error = ready.refused.get(lane.acts[at]?.index ?? -1);
      if (error === undefined) return lane;
      book.fail(lane, at, error);
      return { ...lane, acts: lane.acts.slice(0, at), upTo: at };
    });
    await deliver(lanes, kit, book, register);
    const opened = batch.filter(
      (task, at) => task.effect.act.do === "open" && !(book.outcomes.get(at) instanceof BridgeError),
    );
    await register.complete(opened.map((task) => externalId(task.effect.conversation)));
    return batch.map((task, at) => {
      const outcome = book.outcomes.get(at) ?? refuse("The act was not sent.", "unavailable");
      const ref = register.cases.get(externalId(task.effect.conversation));
      if (outcome instanceof BridgeError || task.effect.act.do !== "open" || ref === undefined) return outcome;
      return { ...outcome, case: ref, url: caseUrl(client.origin(), ref) };
    });
  };
};
