import type { Kit } from "casethread/adapter";
import { z } from "zod";
import { createBudget } from "./budget.ts";
import { createClient } from "./client.ts";
import { automation, described, get, type Ground, ourFields, theirFields } from "./looks.ts";
import { type SalesforceOptions, settle } from "./options.ts";
import { surroundings } from "./surroundings.ts";
import { attempt } from "./trial.ts";

/** What an org says to the adapter. */
export interface Inspection {
  /** Would everything that is written be taken? */
  readonly ok: boolean;
  /** What would fail, and what to do about it: names of rules, objects and fields. */
  readonly obstacles: readonly string[];
  /** What may get in the way, what the org has and has not, and how much room is left. */
  readonly notes: readonly string[];
}

/** What is to be inspected besides what `salesforce()` takes. */
export interface InspectOptions extends SalesforceOptions {
  /** The networks whose names are written: as the channels are called. @default ["x", "facebook"] */
  readonly networks?: readonly string[];
}

const global = z.object({ sobjects: z.array(z.object({ name: z.string(), createable: z.boolean().default(false) })) });

/**
 * Looks at an org with the adapter's eyes, and tries: everything that would be written is written in one call whose last
 * step fails on purpose, so that the org takes it all back.
 *
 * @param options what `salesforce()` is to be made with
 * @throws BridgeError `invalid` when the options do not fit; `unauthorized` or `unavailable` when the org cannot be asked.
 * @example const { ok, obstacles } = await inspect({ connection })
 */
export const inspect = async (options: InspectOptions): Promise<Inspection> => {
  const { networks = ["x", "facebook"], ...given } = options;
  const settings = settle(given);
  const client = createClient(settings, createBudget(1));
  const signal = new AbortController().signal;
  const kept = new Map<string, string>();
  const kit: Kit = {
    signal,
    now: () => Date.now(),
    note: (name) => ({
      read: async () => kept.get(name),
      swap: async (from, to) => {
        if (kept.get(name) !== from) return false;
        kept.set(name, to);
        return true;
      },
    }),
    depart: () => undefined,
  };
  const ground: Ground = { client, settings, kit, networks, obstacles: [], notes: [] };
  const { sobjects } = await get(ground, "/sobjects", global);
  const there = new Set(sobjects.map(({ name }) => name));
  const { conversation, entry, persona } = settings.names;
  // An org without the package is asked for what it has to have.
  const ours = [
    ["conversation", conversation],
    ["entry", entry],
    ["persona", persona],
  ] as const;
  const objects = [["case", "Case"], ...(settings.comments ? [] : ours)] as const;
  for (const [on, name] of objects) {
    if (!there.has(name)) {
      ground.obstacles.push(
        `the object ${name} is missing, or hidden from the integration user: deploy the package, and assign the permission set Casethread Integration`,
      );
      continue;
    }
    const object = await get(ground, `/sobjects/${name}/describe`, described);
    if (!object.createable || !object.updateable)
      ground.obstacles.push(
        `${name} may not be written by the integration user: assign the permission set Casethread Integration`,
      );
    ourFields(ground, on, object);
    if (on === "case") theirFields(ground, object);
  }
  if (settings.comments && !there.has("CaseComment"))
    ground.obstacles.push("the object CaseComment is hidden from the integration user: let it read and edit cases");
  await automation(
    ground,
    objects.map(([, name]) => name),
  );
  await surroundings(ground, there);
  for (const network of networks) await attempt(ground, network);
  const obstacles = [...new Set(ground.obstacles)];
  return { ok: obstacles.length === 0, obstacles, notes: ground.notes };
};
