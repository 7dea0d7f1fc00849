import type { Spending } from "../core/contracts/channel.ts";
import type { Census } from "../core/contracts/store.ts";
import type { Level } from "../core/contracts/telemetry.ts";
import type { Pause } from "../core/words/conversation.ts";
import { accountName, type Instant } from "../core/words/ref.ts";
import { unheardOf } from "./crowd.ts";
import { type House, kitFor } from "./house.ts";
import type { Watch } from "./watch.ts";
import { isOurs } from "./work.ts";

/** How the bridge is. */
export interface Health {
  readonly ok: boolean;
  /** What is wrong, in sentences that say what to do. */
  readonly troubles: readonly string[];
  readonly census: Census;
  readonly pauses: readonly Pause[];
  /** What adapters said about accounts, newest last. */
  readonly alarms: readonly string[];
  /** Where a network wants an account labelled, because automatic words are switched on. */
  readonly advice: readonly string[];
  /** When each source was last asked what is new, in this process. */
  readonly asked: Readonly<Record<string, Instant>>;
  /** What each channel that counts it has cost today. */
  readonly spending: Readonly<Record<string, Spending>>;
}

/** Effects may be due this long before somebody must have asked for them, in ms. */
const unattendedMs = 60_000;

const spendingOf = async (house: House): Promise<Health["spending"]> => {
  const all: Record<string, Spending> = {};
  for (const channel of house.channels.values()) {
    const kit = kitFor(house, channel.name, AbortSignal.timeout(10_000));
    if (channel.spending !== undefined) all[channel.name] = await channel.spending(kit);
  }
  return all;
};

const adviceOf = ({ channels, rules }: House): readonly string[] => {
  if (Object.values(rules.words).every((words) => words === undefined)) return [];
  return [...channels.values()].flatMap((channel) =>
    channel.accounts().flatMap((account) => {
      const { label } = channel.can(account);
      return label === undefined ? [] : [`${accountName(account)}: ${label}`];
    }),
  );
};

/** How much of everything there is. A store or a network that cannot say is left out. */
export const levelsOf = async (house: House): Promise<readonly Level[]> => {
  const census = await house.store.census().catch(() => undefined);
  const spending = await spendingOf(house).catch((): Health["spending"] => ({}));
  const silent = await unheardOf(house).catch(() => []);
  const of = (name: Level["name"], value: number, facts: Level["facts"] = {}): Level => ({ name, value, facts });
  return [
    ...(census?.lanes ?? []).flatMap(({ door, due, waiting }) => [
      of("casethread.depth", due, { door, state: "due" }),
      of("casethread.depth", waiting, { door, state: "waiting" }),
    ]),
    ...(census === undefined
      ? []
      : [
          of("casethread.parked", census.parked),
          of("casethread.held", census.drafts),
          of("casethread.unread", census.raw),
        ]),
    ...silent.map(({ account, expected }) => of("casethread.unheard", expected, { account })),
    ...Object.entries(spending).flatMap(([channel, { usd, budgetUsd }]) => [
      of("casethread.spent", usd, { channel }),
      ...(budgetUsd === undefined ? [] : [of("casethread.budget", budgetUsd, { channel })]),
    ]),
  ];
};

/** So many are usually heard in the time in which nothing was, before it is called a silence: people come in bursts. */
const silence = 20;
/** A deployment may take as long until all processes decide alike; whoever decided before that counts no more, in ms. */
const together = 300_000;

const silences = async (house: House): Promise<readonly string[]> =>
  (await unheardOf(house))
    .filter(({ expected }) => expected >= silence)
    .map(
      ({ account, since, expected }) =>
        `nobody was heard at ${account} since ${new Date(since).toISOString()}, where about ${Math.round(expected)} usually are in such a time: look with bridge.check() whether it is still told to us`,
    );

/** Two that decide by turns: who follows another on one day, and not before, is a new version of it. */
const rivals = async (house: House): Promise<readonly string[]> => {
  const all = await house.store.policies(house.clock.now() - together);
  const rival = all.some((one) => all.some((two) => two !== one && two.first > one.first && two.first < one.last));
  return rival
    ? [
        `${all.length} policies decide here by turns (${all.map(({ policy }) => policy).join(", ")}): give all processes on this store the same one`,
      ]
    : [];
};

/** Looks at the whole bridge. */
export const health = async (house: House, watch: Pick<Watch, "answered" | "late"> | undefined): Promise<Health> => {
  await house.crowd.look();
  const census = await house.store.census();
  const pauses = (await house.store.pauses()).filter((pause) => pause.until === undefined);
  const now = house.clock.now();
  const oldest = census.lanes.map((lane) => lane.oldestDue ?? now).sort((a, b) => a - b)[0] ?? now;
  const unattended = now - oldest > unattendedMs && now - (census.leasedAt ?? 0) > unattendedMs;
  const strange = census.lanes.filter((lane) => lane.due > 0 && !isOurs(house, lane.door)).map((lane) => lane.door);
  const spending = await spendingOf(house);
  const over = Object.entries(spending).filter(([, { usd, budgetUsd }]) => budgetUsd !== undefined && usd >= budgetUsd);
  const troubles = [
    ...over.map(
      ([name, { usd, budgetUsd, day }]) =>
        `${name} has cost ${usd} of ${budgetUsd} US dollars on ${day}: see its README`,
    ),
    ...strange.map(
      (name) => `acts are due at ${name}, which nothing configured here serves: add its adapter or account`,
    ),
    ...(unattended ? ["effects are due and nobody has asked for them for a minute: run bridge.work() somewhere"] : []),
    ...(census.parked > 0
      ? [`${census.parked === 1 ? "1 act waits" : `${census.parked} acts wait`} for a person: see bridge.parked()`]
      : []),
    ...((census.unarmed ?? 0) > 0
      ? [
          `${census.unarmed} lanes with something to do had lost their alarm and were found within the last hour, so their acts came late: a fault of the store, report it with the ledger's rows "unarmed"`,
        ]
      : []),
    ...(census.raw > 0
      ? [`${census.raw} genuine item${census.raw === 1 ? "" : "s"} could not be read: see bridge.unread()`]
      : []),
    ...house.faults.lasting(),
    ...(watch?.late() ?? []),
    ...(await silences(house)),
    ...(await rivals(house)),
    ...(house.crm.troubles?.() ?? []),
    ...(house.store.troubles?.() ?? []),
    ...pauses.map((pause) => `paused since ${new Date(pause.since).toISOString()}: ${pause.reason}`),
  ];
  return {
    ok: troubles.length === 0 && house.alarms.length === 0,
    troubles,
    census,
    pauses,
    alarms: [...house.alarms],
    advice: adviceOf(house),
    asked: Object.fromEntries(watch?.answered ?? []),
    spending,
  };
};
