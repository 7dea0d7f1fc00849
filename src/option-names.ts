import type { Department, GuardPolicy, Policy, Windows } from "./core/rules/policy.ts";
import type { Intake } from "./engine/web.ts";
import type { BridgeOptions } from "./options.ts";
import { members } from "./shapes.ts";

/** Whether a value is of a kind, and what to give where it is not. */
type Kind = readonly [is: (value: unknown) => boolean, give: string];

const isFunction = (value: unknown): boolean => typeof value === "function";
const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string";
const withAll =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    names.every((name) => isFunction(members(value)[name]));
const listOf =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(is);
const mapOf =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    isObject(value) && Object.values(members(value)).every(is);

/** Told by those who look at what it says. */
const looked: Kind = [() => true, ""];
const rule: Kind = [isFunction, "a function"];
const parts: Kind = [isObject, "an object"];
const text: Kind = [isText, "a text"];
const texts: Kind = [listOf(isText), "a list of texts"];
const objects: Kind = [listOf(isObject), "a list of objects"];
/** What the numbering plans know is a country in capital letters. Of others, "UK" say, no number would ever be found. */
const isCountry = (value: unknown): boolean => {
  if (typeof value !== "string" || !/^[A-Z]{2}$/.test(value)) return false;
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  return names.of(value) !== undefined && new Intl.Locale("und", { region: value }).region === value;
};
const countries: Kind = [listOf(isCountry), 'a list of countries in two capital letters, such as ["DE", "GB"]'];
const flag: Kind = [(value) => typeof value === "boolean", "true or false"];
const time: Kind = [(value) => typeof value === "number" && value >= 0, "a number of milliseconds"];
const oneOf = (...all: readonly string[]): Kind => [
  (value) => all.includes(String(value)),
  all.map((one) => `"${one}"`).join(" or "),
];
const template: Kind = [
  (value) => isFunction(value) || mapOf(isFunction)(value),
  "a function that gives the words, or one for each language",
];

/** All names that a type has, and what each is to be; the compiler misses one that is forgotten here. */
type Names<T> = Readonly<Record<keyof T, Kind>>;

const ofOptions: Names<BridgeOptions> = {
  channels: looked,
  crm: looked,
  policy: parts,
  store: [withAll("migrate"), "a store, such as sqlite({ file }) or postgres({ pool })"],
  perform: looked,
  intake: parts,
  log: [withAll("debug", "info", "warn", "error"), "a logger with debug, info, warn and error, such as console"],
  telemetry: [withAll("span", "mark", "count", "lag"), "what openTelemetry() of casethread/opentelemetry makes"],
  alert: rule,
  clock: [withAll("now", "sleep"), "a clock with now and sleep, or leave it out"],
};
const ofPolicy: Names<Policy> = {
  departments: [mapOf(isObject), 'an object for each, such as { support: { queue: "Social Support" } }'],
  route: rule,
  dispose: rule,
  urgency: rule,
  advisors: [mapOf(isObject), "an object for each, such as { tier: { ask } }"],
  words: parts,
  answers: oneOf("public", "private"),
  invite: flag,
  guard: [(value) => isObject(value) || value === "block" || value === "report", '"block", "report" or an object'],
  roster: texts,
  windows: parts,
  reopen: texts,
  campaigns: texts,
  noise: texts,
  others: texts,
  helpers: texts,
  hours: parts,
  doors: objects,
  approve: rule,
  signature: rule,
  greeting: rule,
  disclosure: [(value) => value === false || mapOf(isText)(value), "a text for each language, or false"],
  language: text,
  optOut: texts,
  linkBack: objects,
  massTimes: looked,
};
const ofDepartment: Names<Department> = { queue: text, promise: looked };
const ofWords: Names<NonNullable<Policy["words"]>> = {
  closing: template,
  exposed: template,
  invite: template,
  followUp: template,
};
const ofHours: Names<NonNullable<Policy["hours"]>> = { zone: looked, open: looked, quiet: looked };
const ofGuard: Names<GuardPolicy> = {
  action: oneOf("block", "report"),
  regions: countries,
  patterns: [mapOf(withAll("exec")), "a regular expression for each name, such as { customer: /KD-\\d{6}/ }"],
  allow: texts,
  mentions: texts,
  links: texts,
  hide: flag,
  mask: texts,
};
const ofWindows: Names<Windows> = {
  public: time,
  private: time,
  closed: time,
  fresh: time,
  automatic: time,
  closing: time,
  claim: time,
  invited: time,
};
const ofIntake: Names<Intake> = {
  maxBytes: looked,
  bodyMs: looked,
  maxPending: looked,
  maxPendingBytes: looked,
  basePath: looked,
};

type Part = readonly [at: string, part: unknown, names: Readonly<Record<string, Kind>>];
const partsOf = (options: BridgeOptions): readonly Part[] => {
  const { policy, intake } = options;
  const { guard, words, hours, windows, departments } = members(policy);
  return [
    ["", options, ofOptions],
    ["policy.", policy, ofPolicy],
    ["policy.guard.", guard, ofGuard],
    ["policy.words.", words, ofWords],
    ["policy.hours.", hours, ofHours],
    ["policy.windows.", windows, ofWindows],
    ["intake.", intake, ofIntake],
    ...Object.entries(members(departments)).map(([name, one]): Part => [
      `policy.departments.${name}.`,
      one,
      ofDepartment,
    ]),
  ];
};

/** Options that nobody reads, for their names are slips: what they say would not be so, and nothing would tell. */
export const misspelt = (options: BridgeOptions): readonly string[] =>
  partsOf(options).flatMap(([at, part, names]) =>
    Object.keys(members(part))
      .filter((name) => !Object.hasOwn(names, name))
      .map((name) => `${at}${name}: there is no such option; there are ${Object.keys(names).join(", ")}`),
  );

/** Options of another kind: a configuration is read without a type checker, and each would be met where it is needed first. */
export const misgiven = (options: BridgeOptions): readonly string[] =>
  partsOf(options).flatMap(([at, part, names]) =>
    Object.entries(members(part)).flatMap(([name, value]) => {
      const [is, give] = (Object.hasOwn(names, name) ? names[name] : undefined) ?? looked;
      return value === undefined || is(value) ? [] : [`${at}${name}: give ${give}`];
    }),
  );
