import type { Department, GuardPolicy, Policy, Windows } from "./core/rules/policy.ts";
import type { Intake } from "./engine/web.ts";
import type { BridgeOptions } from "./options.ts";

/** All names that a type has; the compiler misses one that is forgotten here. */
type Names<T> = Readonly<Record<keyof T, true>>;

const ofOptions: Names<BridgeOptions> = {
  channels: true,
  crm: true,
  policy: true,
  store: true,
  perform: true,
  intake: true,
  log: true,
  telemetry: true,
  alert: true,
  clock: true,
};
const ofPolicy: Names<Policy> = {
  departments: true,
  route: true,
  dispose: true,
  urgency: true,
  advisors: true,
  words: true,
  answers: true,
  invite: true,
  guard: true,
  roster: true,
  windows: true,
  reopen: true,
  campaigns: true,
  noise: true,
  others: true,
  helpers: true,
  hours: true,
  doors: true,
  approve: true,
  signature: true,
  greeting: true,
  disclosure: true,
  language: true,
  optOut: true,
  linkBack: true,
  massTimes: true,
};
const ofDepartment: Names<Department> = { queue: true, promise: true };
const ofWords: Names<NonNullable<Policy["words"]>> = { closing: true, exposed: true, invite: true, followUp: true };
const ofHours: Names<NonNullable<Policy["hours"]>> = { zone: true, open: true, quiet: true };
const ofGuard: Names<GuardPolicy> = {
  action: true,
  regions: true,
  patterns: true,
  allow: true,
  mentions: true,
  links: true,
  hide: true,
  mask: true,
};
const ofWindows: Names<Windows> = {
  public: true,
  private: true,
  closed: true,
  fresh: true,
  automatic: true,
  closing: true,
  claim: true,
  invited: true,
};
const ofIntake: Names<Intake> = {
  maxBytes: true,
  bodyMs: true,
  maxPending: true,
  maxPendingBytes: true,
  basePath: true,
};

/** Options that nobody reads, for their names are slips: what they say would not be so, and nothing would tell. */
export const misspelt = (options: BridgeOptions): readonly string[] => {
  const { policy = {}, intake } = options;
  const { guard, words, hours, windows, departments = {} } = policy;
  const parts: readonly (readonly [string, unknown, object])[] = [
    ["", options, ofOptions],
    ["policy.", policy, ofPolicy],
    ["policy.guard.", guard, ofGuard],
    ["policy.words.", words, ofWords],
    ["policy.hours.", hours, ofHours],
    ["policy.windows.", windows, ofWindows],
    ["intake.", intake, ofIntake],
    ...Object.entries(departments).map(([name, one]) => [`policy.departments.${name}.`, one, ofDepartment] as const),
  ];
  return parts.flatMap(([at, part, names]) =>
    Object.keys(typeof part === "object" && part !== null ? part : {})
      .filter((name) => !Object.hasOwn(names, name))
      .map((name) => `${at}${name}: there is no such option; there are ${Object.keys(names).join(", ")}`),
  );
};
