import type { Unit } from "../core/contracts/store.ts";
import type { Known } from "../core/rules/advance/plan.ts";
import { tokenOf } from "../core/rules/advance/address.ts";
import { isMass, type Rhythm, type Unheard, unheard, usual, withArrivals } from "../core/rules/rhythm.ts";
import type { Conversation, Decision } from "../core/words/conversation.ts";
import type { BridgeEvent } from "../core/words/event.ts";
import { accountName, type AccountRef, door, type Instant } from "../core/words/ref.ts";
import { alarm } from "./alarm.ts";
import type { House } from "./house.ts";

/** How many arrive, and how many wait to be spoken to in private: what no conversation knows by itself. */
export interface Crowd {
  /** Somebody said something to this account. */
  arrived(account: AccountRef, at: Instant): void;
  /** Do many more arrive than usual? As of the last time it was looked at. */
  isMass(account: AccountRef): boolean;
  /** Private words under way, as of the last time it was looked at. */
  waiting(account: AccountRef): number;
  /** Looks again, where that is due. Never throws: whoever cannot count goes on. */
  look(): Promise<void>;
}

/** How often arrivals are written down and the queues are counted, in ms. */
const everyMs = 10_000;
const minuteMs = 60_000;
const swaps = 4;

const rhythmNote = (name: string): string => `rhythm/${name}`;
const invitesNote = (account: AccountRef): string => `invited/${accountName(account)}`;
const parse = <T>(text: string | undefined, otherwise: T): T =>
  text === undefined ? otherwise : (JSON.parse(text) as T);

/** How silent each account is by its own rhythm, of which enough is known. */
export const unheardOf = async (
  house: Pick<House, "store" | "clock" | "channels">,
): Promise<readonly (Unheard & { readonly account: string })[]> => {
  const names = [...house.channels.values()].flatMap((channel) => channel.accounts().map(accountName));
  const rhythms = await house.store.unit((unit) =>
    Promise.all(names.map((name) => unit.note(rhythmNote(name)).read())),
  );
  return names.flatMap((account, i) => {
    const found = unheard(parse<Rhythm>(rhythms[i], {}), house.clock.now());
    return found === undefined ? [] : [{ account, ...found }];
  });
};

/** Counts in this process, and tells the others every few seconds: a row that every word would change would hold up all of them. */
export const createCrowd = (house: Pick<House, "store" | "clock" | "rules" | "log" | "alarms">): Crowd => {
  const heard = new Map<string, { at: Instant; count: number }>();
  const mass = new Map<string, boolean>();
  const rhythms = new Map<string, Rhythm>();
  let queues: ReadonlyMap<string, number> = new Map();
  let looked = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const judge = (name: string, rhythm: Rhythm, now: Instant): void => {
    const before = mass.get(name) ?? false;
    const is = isMass(rhythm, now, house.rules.massTimes);
    mass.set(name, is);
    if (!is || before) return;
    // Said once, when it begins; it ends by itself.
    const expected = Math.round(usual(rhythm, now) ?? 0);
    const say = `many more than usual reach ${name} (about ${expected} in this hour as a rule): automatic words and invites are held until it is over`;
    alarm(house, say, { account: name });
  };
  const hear = (name: string, at: Instant, count: number): void => {
    const before = heard.get(name);
    heard.set(name, { at: Math.max(at, before?.at ?? at), count: (before?.count ?? 0) + count });
  };
  /** The rhythm with what was heard here in it; undefined when others were faster every time. */
  const keep = async (name: string, mine: { readonly at: Instant; readonly count: number } | undefined) => {
    for (let tries = 0; tries < swaps; tries++) {
      const kept = await house.store.unit(async (unit) => {
        const note = unit.note(rhythmNote(name));
        const from = await note.read();
        const before = parse<Rhythm>(from, {});
        const after = mine === undefined ? before : withArrivals(before, mine.at, mine.count);
        const done = mine === undefined || (await note.swap(from, JSON.stringify(after)));
        return done ? after : undefined;
      });
      if (kept !== undefined) return kept;
    }
    return undefined;
  };
  /** Adds what was heard here to what all have heard. What cannot be kept now is heard still, and kept with what comes next. */
  const writeDown = async (name: string, now: Instant): Promise<void> => {
    const mine = heard.get(name);
    heard.delete(name);
    const rhythm = await keep(name, mine).catch(() => undefined);
    if (rhythm !== undefined) {
      rhythms.set(name, rhythm);
      judge(name, rhythm, now);
    } else if (mine !== undefined) hear(name, mine.at, mine.count);
  };
  const look = async (): Promise<void> => {
    const now = house.clock.now();
    const { lanes } = await house.store.census();
    queues = new Map(lanes.map((lane) => [lane.door, lane.due + lane.waiting]));
    for (const name of new Set([...heard.keys(), ...rhythms.keys()])) await writeDown(name, now);
  };

  return {
    arrived: (account, at) => hear(accountName(account), at, 1),
    isMass: (account) => mass.get(accountName(account)) ?? false,
    waiting: (account) => queues.get(door.of(account, "private")) ?? 0,
    look: async () => {
      if (house.clock.now() - looked < everyMs) return;
      looked = house.clock.now();
      looking ??= look()
        .catch(() => undefined)
        .finally(() => {
          looking = undefined;
        });
      await looking;
    },
  };
};

type Invited = readonly (readonly [minute: number, count: number])[];

/** What a decision on this event may know of the crowd. */
export const crowdOf = async (
  house: House,
  unit: Unit,
  event: BridgeEvent,
  talk: Conversation | undefined,
): Promise<Pick<Known, "mass" | "queue">> => {
  if (talk === undefined) return {};
  const mass = house.crowd.isMass(talk.account) ? { mass: true } : {};
  const offers = event.as === "answered" || (event.as === "said" && house.rules.words.invite !== undefined);
  if (!offers) return mass;
  const invited = parse<Invited>(await unit.note(invitesNote(talk.account)).read(), []);
  const since = Math.floor((house.clock.now() - house.rules.windows.invited) / minuteMs);
  // Whoever was invited within the time that an answer is promised in may come at any moment.
  const lately = invited.filter(([minute]) => minute >= since).reduce((sum, [, count]) => sum + count, 0);
  return { ...mass, queue: { waiting: house.crowd.waiting(talk.account) + lately } };
};

/** Writes down that somebody was invited to the network's private side: others are invited only as fast as they can be answered. */
export const noteInvites = async (house: House, unit: Unit, decisions: readonly Decision[]): Promise<void> => {
  for (const { conversation, effects } of decisions) {
    const fresh = conversation.invite?.stage === "promised" ? conversation.invite.token : undefined;
    const carried = effects.some(({ act }) => act.do === "reply" && act.invite !== undefined && tokenOf(act) === fresh);
    if (!carried) continue;
    const minute = Math.floor(house.clock.now() / minuteMs);
    const since = minute - Math.ceil(house.rules.windows.invited / minuteMs);
    const note = unit.note(invitesNote(conversation.account));
    for (let tries = 0; tries < swaps; tries++) {
      const from = await note.read();
      const counts = new Map(parse<Invited>(from, []).filter(([at]) => at >= since));
      counts.set(minute, (counts.get(minute) ?? 0) + 1);
      if (await note.swap(from, JSON.stringify([...counts]))) break;
    }
  }
};
