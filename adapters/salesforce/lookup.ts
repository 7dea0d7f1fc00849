import type { Instant, Kit } from "casethread/adapter";
import { z } from "zod";
import type { Client } from "./client.ts";
import { refuse } from "./faults.ts";
import { isRecordId } from "./keys.ts";
import type { Settings } from "./options.ts";
import { queryPath, quote } from "./soql.ts";

/** Turns names that policies use into what the org knows them by. Answers are remembered for ten minutes. */
export interface Lookup {
  /** The id of a queue or a user. @throws BridgeError `invalid` when there is none, or more than one. */
  owner(name: string, kit: Kit): Promise<string>;
  /** The queue configured for a department, if there is one. */
  queueOf(department: string): string | undefined;
  /** The Status value that closes a case, or opens it again. */
  status(resolved: boolean, kit: Kit): Promise<string>;
  /** The id of the user that we are. */
  me(kit: Kit): Promise<string>;
}

/** What whoever works in an org needs. */
export interface Hands {
  readonly client: Client;
  readonly lookup: Lookup;
  readonly settings: Settings;
  readonly kit: Kit;
}

const ids = z.object({ records: z.array(z.object({ Id: z.string() })) });
const resources = z.object({ identity: z.url() });
const statuses = z.object({
  records: z.array(
    z.object({ ApiName: z.string().nullish(), MasterLabel: z.string(), IsClosed: z.boolean(), IsDefault: z.boolean() }),
  ),
});

const memoryMs = 600_000;

export const createLookup = (client: Client, settings: Settings): Lookup => {
  const memory = new Map<string, { readonly until: Instant; readonly value: Promise<string> }>();

  const remembered = (what: string, kit: Kit, ask: () => Promise<string>): Promise<string> => {
    const known = memory.get(what);
    if (known !== undefined && known.until > kit.now()) return known.value;
    const value = ask();
    memory.set(what, { until: kit.now() + memoryMs, value });
    value.catch(() => memory.delete(what));
    return value;
  };

  const query = async <T>(soql: string, shape: z.ZodType<{ records: T[] }>, kit: Kit): Promise<readonly T[]> =>
    (await client.read({ method: "GET", path: queryPath(soql) }, shape, kit)).records;

  const find = async (called: string, kit: Kit): Promise<string> => {
    const name = quote(called);
    const places = [
      `SELECT Id FROM Group WHERE Type = 'Queue' AND (DeveloperName = ${name} OR Name = ${name}) LIMIT 2`,
      `SELECT Id FROM User WHERE IsActive = true AND (Name = ${name} OR Username = ${name}) LIMIT 2`,
    ];
    for (const soql of places) {
      const [only, ...others] = await query(soql, ids, kit);
      if (others.length > 0)
        throw refuse(`More than one queue or user is called ${called}: name it by id in the option queues.`);
      if (only !== undefined) return only.Id;
    }
    throw refuse(`No queue and no active user is called ${called}: create it, or map it in the option queues.`);
  };

  return {
    owner: (name, kit) => {
      const called = settings.queues[name] ?? name;
      if (/^(?:00G|005)/.test(called) && isRecordId(called)) return Promise.resolve(called);
      return remembered(`owner:${called}`, kit, () => find(called, kit));
    },
    queueOf: (department) => settings.queues[department],
    // resources_discoveryresource.htm: it needs no scope of its own, as asking who we are in other ways would.
    me: (kit) =>
      remembered("me", kit, async () => {
        const path = `/services/data/v${settings.version}`;
        const { identity } = await client.read({ method: "GET", path }, resources, kit);
        return new URL(identity).pathname.split("/").at(-1) ?? "";
      }),
    status: (resolved, kit) => {
      const given = resolved ? settings.statuses.closed : settings.statuses.reopened;
      if (given !== undefined) return Promise.resolve(given);
      return remembered(`status:${resolved}`, kit, async () => {
        // sforce_api_objects_casestatus.htm: which values close a case is data of the org.
        const soql = "SELECT ApiName, MasterLabel, IsClosed, IsDefault FROM CaseStatus ORDER BY SortOrder";
        const all = (await query(soql, statuses, kit)).filter((one) => one.IsClosed === resolved);
        const best = all.find((one) => one.IsDefault) ?? all.find((one) => one.MasterLabel === "Closed") ?? all[0];
        if (best === undefined) {
          throw refuse(`The org has no Status that ${resolved ? "closes" : "opens"} a case: set the option statuses.`);
        }
        return best.ApiName ?? best.MasterLabel;
      });
    },
  };
};
