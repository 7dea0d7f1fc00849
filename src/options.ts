import type { Channel } from "./core/contracts/channel.ts";
import type { Clock } from "./core/contracts/clock.ts";
import type { Crm } from "./core/contracts/crm.ts";
import type { Store } from "./core/contracts/store.ts";
import type { Telemetry } from "./core/contracts/telemetry.ts";
import { mostAdvice, sizeOf } from "./core/rules/advisor.ts";
import { isSpan } from "./core/rules/hours.ts";
import { type Perform, type Policy, reaches } from "./core/rules/policy.ts";
import { accountName } from "./core/words/ref.ts";
import type { Alert, Log } from "./engine/house.ts";
import type { Intake } from "./engine/web.ts";
import { misgiven, misspelt } from "./option-names.ts";

/** What a bridge is made of. */
export interface BridgeOptions {
  readonly channels: readonly Channel[];
  readonly crm: Crm;
  /** @default everything is decided as the house decides */
  readonly policy?: Policy;
  /** @default a file `casethread.db` in the working directory */
  readonly store?: Store;
  /**
   * How far acts go: everywhere, or only to the CRM and private threads, only to the CRM, or nowhere; for all accounts or
   * by account (`"channel/id"`). What is out of reach is rehearsed: planned, recorded and not done.
   *
   * @default "all"
   */
  readonly perform?: Perform | Readonly<Record<string, Perform>>;
  readonly intake?: Partial<Intake>;
  /** @default silent */
  readonly log?: Log;
  /** Spans and figures for those who operate it. @default nobody is told */
  readonly telemetry?: Telemetry;
  /**
   * Called at once, after the words are kept, where somebody's life may be in danger or somebody threatens: page a person.
   * It holds nobody's words. What it throws is logged and changes nothing.
   */
  readonly alert?: (alert: Alert) => void | Promise<void>;
  /** @default the machine's */
  readonly clock?: Clock;
}

/** A part of a configuration: itself, or a function of the environment that makes it, such as `x.fromEnv`. */
export type FromEnv<T> = T | ((env: Readonly<Record<string, string | undefined>>) => T);

/**
 * What `casethread.config.ts` exports as its default: options whose adapters and store may be functions of the environment.
 * All of them are asked, and all that their variables lack is told at once.
 */
export interface Configuration extends Omit<BridgeOptions, "channels" | "crm" | "store"> {
  readonly channels: readonly FromEnv<Channel>[];
  readonly crm: FromEnv<Crm>;
  readonly store?: FromEnv<Store>;
}

const missing = ({ channels, crm }: Partial<BridgeOptions>): readonly string[] => [
  ...(Array.isArray(channels) && channels.every((one) => typeof one?.read === "function")
    ? []
    : ["channels: give a list of channels, such as [x({ … })]"]),
  ...(typeof crm?.write === "function" ? [] : ["crm: give a CRM, such as salesforce({ … })"]),
];

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).format() !== "";
  } catch {
    return false;
  }
};

/** What is wrong with those who are to be asked. */
const unasked = ({ advisors = {} }: NonNullable<BridgeOptions["policy"]> = {}): readonly string[] =>
  Object.entries(advisors).flatMap(([name, { ask, withinMs = 1, otherwise = null }]) => [
    ...(/^[\w-]{1,40}$/.test(name) ? [] : [`policy.advisors: "${name}" is no name; write one such as "loyalty"`]),
    ...(typeof ask === "function" ? [] : [`policy.advisors.${name}: give ask, a function that answers`]),
    ...(withinMs > 0 && Number.isFinite(withinMs)
      ? []
      : [`policy.advisors.${name}.withinMs: must be more than 0, and end`]),
    ...(sizeOf(otherwise) <= mostAdvice
      ? []
      : [`policy.advisors.${name}.otherwise: has more than ${mostAdvice} bytes as JSON; make it shorter`]),
  ]);

/** What is wrong with the brand's manners. */
const unspoken = (policy: BridgeOptions["policy"]): readonly string[] => {
  const { hours, doors = [], words = {}, massTimes } = policy ?? {};
  const spans = Object.entries({ ...hours?.open, ...(hours?.quiet === undefined ? {} : { quiet: hours.quiet }) });
  return [
    ...(hours === undefined || isZone(hours.zone)
      ? []
      : [`policy.hours.zone: "${hours.zone}" is no time zone; write one such as "Europe/Berlin"`]),
    ...spans
      .filter(([, span]) => !isSpan(span))
      .map(([name, span]) => `policy.hours.${name}: "${span}" is no span; write "09:00-18:00", several with a comma`),
    ...doors
      .filter(({ url }) => !url("ct-token").includes("ct-token"))
      .map(({ name }) => `policy.doors: the url of "${name}" must hold the token it is given`),
    ...doors
      .filter(({ name }, at) => doors.findIndex((one) => one.name === name) !== at)
      .map(({ name }) => `policy.doors: two are called "${name}": give each a name of its own`),
    ...Object.entries(words)
      .filter(([, templates]) => typeof templates === "object" && Object.keys(templates).length === 0)
      .map(([name]) => `policy.words.${name}: there is no template in it; leave it out, or give one`),
    ...(massTimes === undefined || massTimes > 1 ? [] : ["policy.massTimes: must be more than 1"]),
  ];
};

/** Everything that is wrong with the options, a sentence each. Callers without a type checker meet it too. */
export const problems = (options: BridgeOptions): readonly string[] => {
  const absent = missing(options ?? {});
  if (absent.length > 0) return absent;
  const odd = misgiven(options);
  // What they say is looked at once it can be read.
  if (odd.length > 0) return [...misspelt(options), ...odd];
  const { channels, crm, policy, perform, intake } = options;
  const names = [...channels.map(({ name }) => name), crm.name];
  const accounts = new Set(channels.flatMap((channel) => channel.accounts().map((account) => accountName(account))));
  return [
    ...misspelt(options),
    ...(channels.length === 0 ? ["channels: give at least one, such as x({ … })"] : []),
    ...names
      .filter((name) => name === "crm" || name === "advisor")
      .map((name) => `an adapter is called "${name}": doors of that name are taken, give it another`),
    ...names
      .filter((name, i) => names.indexOf(name) !== i)
      .map(
        (name) =>
          `two adapters are called "${name}": webhooks and doors go by that name, so give one of them all the accounts`,
      ),
    ...Object.entries(policy?.departments ?? {}).flatMap(([name, { promise }]) =>
      promise === undefined || /^\d+[mhd]$/.test(promise)
        ? []
        : [`policy.departments.${name}.promise: "${promise}" is no time; write "30m", "4h" or "1d"`],
    ),
    ...unasked(policy),
    ...unspoken(policy),
    // Without its slash it would match no path at all, and every delivery would be told that nothing is mounted.
    ...(/^$|^\//.test(intake?.basePath ?? "")
      ? []
      : [`intake.basePath: "${intake?.basePath}" is no path; write "/${intake?.basePath}"`]),
    // What is no number bounds nothing.
    ...(["maxBytes", "bodyMs", "maxPending", "maxPendingBytes"] as const)
      .filter((name) => intake !== undefined && name in intake && !(Number(intake[name]) > 0))
      .map((name) => `intake.${name}: must be a number above 0`),
    // From an environment or a file it is any text, and what is not understood must not mean "everything".
    ...(typeof perform === "object" ? Object.values(perform) : [perform ?? "all"])
      .filter((reach) => !reaches.includes(reach))
      .map((reach) => `perform: "${reach}" is no reach; write ${reaches.map((one) => `"${one}"`).join(", ")}`),
    ...(typeof perform === "object" ? Object.keys(perform) : [])
      .filter((name) => !accounts.has(name))
      .map((name) => `perform: no account is called "${name}"; there are ${[...accounts].join(", ")}`),
  ];
};
