/**
 * Plays worlds under seeds, and looks whether a law is broken in one of them.
 *
 *     npm run simulate -- --help
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { asyncProperty, check } from "fast-check";
import { type Mutant, mutants } from "./mutants.ts";
import { mutate } from "./mutate.ts";
import type { Broken } from "./laws.ts";
import { type Danger, dangers, databaseDangers, facebookDangers, noTally, type Tally } from "./seen.ts";
import { type SmallWorld, smallWorlds } from "./small-worlds.ts";
import type { World } from "./world.ts";

/** What a run came to. */
export interface Report {
  readonly seeds: number;
  readonly from: number;
  readonly bounds: readonly World["bounds"][];
  /** How often each dangerous state was reached. */
  readonly reached: Readonly<Partial<Record<Danger, number>>>;
  /** Dangerous states that were to be reached in so many worlds and were not. */
  readonly unreached: readonly Danger[];
  readonly requests: number;
  /** Steps taken in all of them: what two runs of the same seeds have in common, or a clock or a thread has slipped in. */
  readonly steps: number;
  readonly failed?: {
    readonly bounds: World["bounds"];
    readonly seed: number;
    readonly broken: readonly Broken[];
    /** The smallest world of that kind that still breaks the law. */
    readonly shrunk?: World;
  };
  readonly ms: number;
}

const isSmall = (name: string): name is SmallWorld => Object.hasOwn(smallWorlds, name);

/** In so many worlds of both kinds every dangerous state is reached: where one is not, the worlds have gone stale. */
const enough = { sqlite: 500, postgres: 30 } as const;

const help = `Plays worlds under seeds, and looks whether a law is broken in one of them.

  npm run simulate -- --seeds N --seed S

  --seeds N       how many worlds (500)
  --seed S        from this one on (1)
  --channel NAME  x or facebook (x)
  --store NAME    sqlite or postgres (sqlite)
  --bounds KIND   within, beyond or both: whether delays keep to what the adapter declares (both)
  --small NAME    one small world instead: ${Object.keys(smallWorlds).join(", ")}
  --world FILE    one world instead, as shrinking prints it
  --mutant NAME   without one of the product's safeguards: ${mutants.map(({ name }) => name).join(", ")}
  --no-shrink     the first world that breaks a law, as it is
  --json          the report as one line of JSON

Exit code: 0 when every law holds; 1 when one is broken, or when a dangerous state was not reached in ${enough.sqlite} worlds of both
kinds (${enough.postgres} on PostgreSQL); 2 when the command was not understood.
`;

const wrong = (say: string): never => {
  process.stderr.write(`${say}: see --help\n`);
  process.exit(2);
};

const number = (name: string, text: string): number => {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : wrong(`--${name} "${text}" is no whole number`);
};

interface Orders {
  readonly seeds: number;
  readonly from: number;
  readonly bounds: readonly World["bounds"][];
  readonly channel: NonNullable<World["channel"]>;
  readonly store: "sqlite" | "postgres";
  /** One of those instead of all. */
  readonly small: SmallWorld | undefined;
  readonly world: World | undefined;
  readonly mutant: Mutant | undefined;
  readonly shrink: boolean;
  readonly json: boolean;
}

const orders = (): Orders => {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: "string", default: "500" },
        seed: { type: "string", default: "1" },
        bounds: { type: "string", default: "both" },
        channel: { type: "string" },
        store: { type: "string" },
        mutant: { type: "string" },
        small: { type: "string" },
        world: { type: "string" },
        "no-shrink": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(help);
      process.exit(0);
    }
    const world = values.world === undefined ? undefined : (JSON.parse(readFileSync(values.world, "utf8")) as World);
    const bounds = world?.bounds ?? values.bounds;
    const channel =
      world?.channel ?? values.channel ?? mutants.find(({ name }) => name === values.mutant)?.channel ?? "x";
    if (channel !== "x" && channel !== "facebook") return wrong(`--channel "${channel}" is none`);
    if (bounds !== "within" && bounds !== "beyond" && bounds !== "both") return wrong(`--bounds "${bounds}" is none`);
    const mutant = mutants.find(({ name }) => name === values.mutant);
    const onServer = values.store === "postgres" ? mutant?.onPostgres?.small : undefined;
    const small = values.small ?? onServer ?? mutant?.small;
    if (small !== undefined && !isSmall(small))
      return wrong(`there is no small world "${small}": ${Object.keys(smallWorlds).join(", ")}`);
    const store =
      values.store ?? mutant?.store ?? (small === undefined && world?.database === undefined ? "sqlite" : "postgres");
    if (store !== "sqlite" && store !== "postgres") return wrong(`--store "${store}" is none`);
    if (values.mutant !== undefined && mutant === undefined)
      return wrong(`there is no mutant "${values.mutant}": ${mutants.map(({ name }) => name).join(", ")}`);
    return {
      seeds: world === undefined ? number("seeds", values.seeds) : 1,
      from: number("seed", values.seed),
      bounds: bounds === "both" ? (["within", "beyond"] as const) : [bounds],
      channel,
      store,
      small,
      world,
      mutant,
      shrink: !values["no-shrink"] && small === undefined && world === undefined,
      json: values.json,
    };
  } catch (thrown) {
    return wrong(thrown instanceof Error ? (thrown.message.split(". ")[0] ?? thrown.message) : String(thrown));
  }
};

const told = orders();
// Before anything of the product is loaded: the mutant is what is loaded.
if (told.mutant !== undefined) mutate(told.mutant);
const { verdictOn } = await import("./run.ts");
const { worldOf, worlds: xWorlds } = await import("./world.ts");
const { facebookWorlds } = await import("./facebook-world.ts");
const { onPostgres } = await import("./postgres-world.ts");

const onChannel = told.channel === "facebook" ? facebookWorlds : xWorlds;
const worlds = (bounds: World["bounds"]) =>
  told.store === "postgres" ? onPostgres(onChannel(bounds)) : onChannel(bounds);
const worldBy = (bounds: World["bounds"], seed: number): World =>
  told.world ??
  (told.small === undefined ? worldOf(worlds(bounds), seed) : { ...smallWorlds[told.small], chance: seed });
const server = told.store === "postgres" ? await (await import("./ground.ts")).createGround() : undefined;
// A server is a process of its own, and would go on.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    const over = (): void => process.exit(code);
    (server?.[Symbol.asyncDispose]() ?? Promise.resolve()).then(over, over);
  });
}
const began = performance.now();
const reached: Tally = noTally();
let requests = 0;
let steps = 0;
let failed: Report["failed"];
const bar =
  process.stderr.isTTY && !told.json
    ? new SingleBar({ format: "{bar} {value}/{total} worlds, {eta_formatted} left" })
    : undefined;
bar?.start(told.seeds, 0);

/** The smallest world that still breaks one of these laws. */
const shrunkBy = async (
  bounds: World["bounds"],
  seed: number,
  laws: ReadonlySet<string>,
): Promise<World | undefined> => {
  let playing: Promise<unknown> = Promise.resolve();
  const holds = asyncProperty(worlds(bounds), async (world) => {
    const verdict = verdictOn(world, server?.reach);
    playing = verdict.catch(() => undefined);
    return !(await verdict).broken.some(({ law }) => laws.has(law));
  });
  const found = await check(holds, { seed, numRuns: 1, interruptAfterTimeLimit: 120_000 });
  // One that was interrupted plays on: its server stays until it is over.
  await playing;
  return found.counterexample?.[0];
};

let played = 0;
for (let seed = told.from; seed < told.from + told.seeds && failed === undefined; seed++) {
  // Of both kinds of worlds every other seed is one.
  const bounds = told.bounds[seed % told.bounds.length] ?? "within";
  const { broken: all, ending } = await verdictOn(worldBy(bounds, seed), server?.reach);
  played += 1;
  bar?.update(played);
  for (const [danger, times] of Object.entries(ending?.notes.tally ?? {})) reached[danger as Danger] += times;
  requests += ending?.notes.requests.length ?? 0;
  steps += ending?.steps ?? 0;
  // A mutant is caught by the law that is there for it. A world that could not be played to its end has shown nothing.
  const { law: its } = told.mutant ?? {};
  const broken = its === undefined || ending === undefined ? all : all.filter(({ law }) => law === its);
  if (broken.length === 0) continue;
  const shrunk = told.shrink ? await shrunkBy(bounds, seed, new Set(broken.map(({ law }) => law))) : undefined;
  failed = { bounds, seed, broken, ...(shrunk === undefined ? {} : { shrunk }) };
}
bar?.stop();
await server?.[Symbol.asyncDispose]();

/** Of a small world, of a mutant, or of few worlds nothing can be asked but that the laws hold. */
const isWhole =
  told.small === undefined && told.mutant === undefined && told.bounds.length > 1 && played >= enough[told.store];
const onNetwork: readonly Danger[] = told.channel === "facebook" ? [...dangers, ...facebookDangers] : dangers;
const possible: readonly Danger[] = told.store === "postgres" ? [...onNetwork, ...databaseDangers] : onNetwork;
const due = told.store === "postgres" ? databaseDangers : onNetwork;
const unreached = isWhole ? due.filter((danger) => reached[danger] === 0) : [];

const report: Report = {
  seeds: played,
  from: told.from,
  bounds: told.bounds,
  reached,
  unreached,
  requests,
  steps,
  ...(failed === undefined ? {} : { failed }),
  ms: Math.round(performance.now() - began),
};
const again = [
  ...(told.mutant === undefined ? [] : ["--mutant", told.mutant.name]),
  ...(told.small === undefined ? ["--channel", told.channel] : ["--small", told.small]),
  "--store",
  told.store,
  "--bounds",
  failed?.bounds ?? "both",
];
if (told.json) process.stdout.write(`${JSON.stringify(report)}\n`);
else {
  const lines = [
    `${played} worlds in ${(report.ms / 1_000).toFixed(1)} s, ${requests} requests for words`,
    ...possible.map((danger) => `${String(reached[danger]).padStart(7)}  ${danger}`),
    ...(failed === undefined
      ? unreached.length === 0
        ? ["every law holds"]
        : unreached.map((danger) => `never reached, so nothing is known of it: ${danger}`)
      : [
          ...failed.broken.map(({ law, how }) => `broken: ${law}: ${how}`),
          `again: npm run simulate -- ${again.join(" ")} --seed ${failed.seed} --seeds 1`,
          ...(failed.shrunk === undefined ? [] : [`the smallest such world: ${JSON.stringify(failed.shrunk)}`]),
        ]),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
process.exitCode = failed === undefined && unreached.length === 0 ? 0 : 1;
