import { compareClocks, type Finding, type Kit, type Surroundings } from "casethread/adapter";
import { z } from "zod";
import { createBudget } from "./budget.ts";
import { createClient } from "./client.ts";
import { automation, type Described, described, get, type Ground, ourFields, theirFields } from "./looks.ts";
import type { FieldShape } from "./fields.ts";
import { type SalesforceOptions, type Settings, settle } from "./options.ts";
import { streaming, surroundings } from "./surroundings.ts";
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

const objectsOf = ({ names, comments }: Settings): readonly (readonly [FieldShape["on"], string])[] => [
  ["case", "Case"],
  // An org without the package is asked for what it has to have.
  ...(comments
    ? []
    : ([
        ["conversation", names.conversation],
        ["entry", names.entry],
        ["persona", names.persona],
      ] as const)),
];

/** Are our objects and fields there? The answer is what the org says of cases. */
const lookAtFields = async (ground: Ground, there: ReadonlySet<string>): Promise<Described | undefined> => {
  let cases: Described | undefined;
  for (const [on, name] of objectsOf(ground.settings)) {
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
    if (on === "case") cases = object;
  }
  return cases;
};

const global = z.object({ sobjects: z.array(z.object({ name: z.string(), createable: z.boolean().default(false) })) });

/** Looks at the org, and tries. What is found is added to the ground's obstacles and notes. */
const lookAround = async (ground: Ground): Promise<void> => {
  const { settings, networks } = ground;
  const { sobjects } = await get(ground, "/sobjects", global);
  const there = new Set(sobjects.map(({ name }) => name));
  const objects = objectsOf(settings);
  const cases = await lookAtFields(ground, there);
  if (cases !== undefined) theirFields(ground, cases);
  if (settings.comments && !there.has("CaseComment"))
    ground.obstacles.push("the object CaseComment is hidden from the integration user: let it read and edit cases");
  await automation(
    ground,
    objects.map(([, name]) => name),
  );
  await surroundings(ground, there);
  for (const network of networks) await attempt(ground, network);
};

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
  await lookAround(ground);
  const obstacles = [...new Set(ground.obstacles)];
  return { ok: obstacles.length === 0, obstacles, notes: ground.notes };
};

/** The same, as findings of a bridge's check. */
export const findingsOf = async (
  { client, settings }: Pick<Ground, "client" | "settings">,
  { channels }: Surroundings,
  kit: Kit,
): Promise<readonly Finding[]> => {
  const ground: Ground = { client, settings, kit, networks: channels, obstacles: [], notes: [] };
  await lookAround(ground);
  const obstacles = [...new Set(ground.obstacles)];
  const tried = `a first word from ${channels.join(", ")} was written and taken back: the org takes all of it.`;
  return [
    ...obstacles.map((say) => ({ as: "wrong", say }) as const),
    ...(obstacles.length === 0 ? [{ as: "well", say: tried } as const] : []),
    ...ground.notes.map((say) => ({ as: "note", say }) as const),
    await compareClocks("Salesforce", client.origin(), kit),
  ];
};

/** Whether fields are missing that a deployment of the package brings. */
export const lacksPackage = async (
  { client, settings }: Pick<Ground, "client" | "settings">,
  kit: Kit,
): Promise<boolean> => {
  const ground: Ground = { client, settings, kit, networks: [], obstacles: [], notes: [] };
  const { sobjects } = await get(ground, "/sobjects", global);
  await lookAtFields(ground, new Set(sobjects.map(({ name }) => name)));
  if (settings.stream) await streaming(ground);
  return ground.obstacles.length > 0;
};
