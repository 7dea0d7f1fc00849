import { BridgeError } from "../core/contracts/errors.ts";
import type { Found } from "../core/contracts/kit.ts";
import type { Promised, Unit } from "../core/contracts/store.ts";
import { advance } from "../core/rules/advance/index.ts";
import { clues, wordsIn } from "../core/rules/clues.ts";
import { sameWords } from "../core/rules/echo.ts";
import { type Located, resolve } from "../core/rules/resolve.ts";
import type { Conversation } from "../core/words/conversation.ts";
import type { Act, Effect, Outcome, Receipt } from "../core/words/effect.ts";
import type { BridgeEvent, Opened, Said, Settled } from "../core/words/event.ts";
import { isPast } from "../core/rules/past.ts";
import { type AccountRef, type Clue, clue, door, type Instant, keyOf, type Side } from "../core/words/ref.ts";
import { alarm } from "./alarm.ts";
import { callFor } from "./alert.ts";
import { noteInvites } from "./crowd.ts";
import { gather, goneBefore } from "./gather.ts";
import { channelOf, type House } from "./house.ts";
import { costOf, inRole, wasErased } from "./known.ts";
import { followed } from "./talk.ts";
import { type Later, type Learned, onceKept, toldEnd, toldEvent, toldInvites, traced } from "./told.ts";
import { redeemed } from "./tokens.ts";

/** The same post, as other accounts of its channel may know it: words that are told to two of them are one matter. */
const sisters = (house: House, event: BridgeEvent): readonly Clue[] => {
  if (event.as !== "said" || event.side === "private" || event.post === undefined) return [];
  const { post } = event;
  const accounts = house.channels.get(post.account.channel)?.accounts() ?? [];
  return accounts.filter(({ id }) => id !== post.account.id).map((account) => clue.post({ account, id: post.id }));
};

const locate = async (unit: Unit, event: BridgeEvent, beside: readonly Clue[] = []): Promise<readonly Located[]> => {
  // Where a merge is taken back, what was merged away is meant itself.
  const itself = event.as === "ordered" && event.what.order === "unmerge" ? event.what.from : undefined;
  const words = wordsIn(event);
  const [standing] = words === undefined ? [] : await unit.entries([words]);
  const found = await Promise.all(
    (await unit.find([...new Set([...clues(event, standing?.conversation), ...beside])])).map(async ({ talk, by }) => ({
      talk: talk.key === itself ? talk : await followed(unit, talk),
      by,
    })),
  );
  const seen = new Map<string, Located>();
  for (const one of found) {
    const before = seen.get(one.talk.key);
    seen.set(one.talk.key, before === undefined ? one : { talk: before.talk, by: [...before.by, ...one.by] });
  }
  return [...seen.values()];
};

/** What the network told us of our own act, as its receipt. */
const receiptOf = (said: Said, { act }: Effect): Receipt => ({
  at: said.at,
  proof: "echo",
  ...(said.post === undefined ? {} : { post: said.post }),
  ...(said.thread === undefined ? {} : { thread: said.thread }),
  ...(said.message === undefined ? {} : { message: said.message }),
  ...(said.url === undefined ? {} : { url: said.url }),
  // A private answer to a post tells by whom it was received.
  ...(act.do === "privateReply" && said.to !== undefined ? { learned: said.to } : {}),
});

/** Where our own words may have been addressed to: the post or the person, as far as the network tells. */
const addressesOf = async (unit: Unit, said: Said): Promise<readonly Clue[]> => {
  const { parent, to, side } = said;
  const under = parent && clue.post(parent);
  if (side === "public") return under === undefined ? [] : [under];
  // A catch-up tells to whom, and not which post it answered in private: all that was said to her is looked through.
  const elsewhere = under === undefined ? (await locate(unit, said)).map(({ talk }) => clue.talk(talk.key)) : [under];
  return [...(to === undefined ? [] : [clue.persona(to)]), ...elsewhere];
};

const onSide =
  (side: Said["side"]) =>
  ({ effect }: Promised): boolean =>
    effect.door.endsWith(`/${side}`);

/** A network that does not say who it was tells the post in its author's place: it may be ours. */
const isUnnamed = ({ by, post }: Said): boolean => post !== undefined && by.id === post.id;

/** How an event is admitted. */
export interface Admission {
  readonly received: Instant;
  /** The span that it came in: what is promised now is linked to it. Taken before the unit, whose commit others share. */
  readonly trace?: string | undefined;
  readonly later: Later;
  /** How it was learned that an act of ours ended. @default it was answered */
  readonly learned?: Learned;
}

/** The network told us of our own words: which act of ours was it? The echo is a receipt, and may come before the answer. */
const echo = async (house: House, unit: Unit, said: Said, how: Admission): Promise<boolean> => {
  const ours = said.actor.kind === "brand";
  if (!ours && !isUnnamed(said)) return false;
  if ((await unit.known(door.of(said.by.account, said.side), said)) !== undefined) return true;
  const acts: Promised[] = [];
  for (const place of await addressesOf(unit, said)) acts.push(...(await unit.at(place)).filter(onSide(said.side)));
  const named = acts.find(({ effect }) => effect.key === said.echoes);
  const told = { ...how, learned: "echo" } as const;
  if (named !== undefined) {
    if (named.state !== "done") await tell(house, unit, named.effect, receiptOf(said, named.effect), told);
    return true;
  }
  // Oldest first: the network tells acts in the order they were done.
  const alike = [...acts].reverse().filter((act) => {
    const words = act.sent?.words ?? act.entry?.text;
    // Two that say nothing are not the same for that.
    return typeof words === "string" && words !== "" && sameWords(words, said.text);
  });
  const open = alike.find(({ state }) => state === "sending" || state === "unknown" || state === "parked");
  // With none open it is a second copy, or a person who said the same by hand: noted, and entered as what it is.
  const act = open ?? (ours ? alike.find(({ state }) => state === "done") : undefined);
  // Its answer may have been written down between the two looks: then this is what it has become.
  if (
    open === undefined &&
    act !== undefined &&
    (await unit.known(door.of(said.by.account, said.side), said)) !== undefined
  )
    return true;
  if (act !== undefined) await tell(house, unit, act.effect, receiptOf(said, act.effect), told);
  return open !== undefined;
};

/** The event that an effect ended, or waits for a person. An end is told once; whoever tells it again tells nothing. */
export const settledEvent = (
  effect: Effect,
  outcome: Exclude<Outcome, { as: "again" }>,
  tries: number,
  now: Instant,
): Settled => ({
  as: "settled",
  key: keyOf.event(effect.key, outcome.as, effect.revision, ...(outcome.as === "done" ? [] : [tries])),
  at: outcome.as === "done" ? outcome.receipt.at : now,
  source: "engine",
  effect,
  outcome,
});

/** Admits evidence that an act of ours landed: a late receipt, or an echo. Knowledge is never thrown away. */
export const tell = async (
  house: House,
  unit: Unit,
  effect: Effect,
  receipt: Receipt,
  how: Admission,
): Promise<void> => {
  const found = await unit.evidence(effect.key, receipt);
  if (found === "twice") house.log.warn({ effect: effect.key }, "words of ours stand on the network twice");
  if (found === "settled")
    await admitIn(house, unit, settledEvent(effect, { as: "done", receipt }, 0, how.received), how);
};

/** Who speaks with an invite that was given to somebody else has opened it: what they tell us is kept from that one's public answers. */
const openedBy = (event: BridgeEvent, talk: Conversation | undefined): Opened | undefined =>
  event.as !== "said" || event.token === undefined || talk?.claims === undefined
    ? undefined
    : {
        as: "opened",
        key: keyOf.event(event.key, "opened"),
        at: event.at,
        source: event.source,
        persona: event.by,
        token: event.token,
      };

/** Admits one event inside a unit: its conversation is found, what follows is decided and kept. */
export const admitIn = async (house: House, unit: Unit, event: BridgeEvent, how: Admission): Promise<boolean> => {
  if (!(await unit.first(event.key))) return false;
  const { received, later } = how;
  if (event.as === "settled" || event.as === "advised") later(() => toldEnd(house, event, how.learned ?? "answer"));
  const cause = { event, received, policy: house.policy };
  if (event.as === "said" && (await echo(house, unit, event, how))) {
    await unit.keep({ none: { code: "echo-of-our-act" } }, cause);
    return true;
  }
  const known = event.as === "said" ? { ...event, actor: inRole(house, event) } : event;
  const { event: seen, why: unredeemed } = redeemed(known, unit);
  if (unredeemed !== undefined && seen.as === "opened") {
    await unit.keep({ none: unredeemed }, cause);
    return true;
  }
  const kin =
    seen.as === "ordered" && seen.what.order === "erase" ? (await unit.kin([seen.what.persona])).personas : [];
  const located = await locate(unit, seen, [...sisters(house, seen), ...kin.map((ref) => clue.persona(ref))]);
  const resolution = decide(() => resolve(seen, located, house.rules));
  for (const persona of kin) await unit.erase(persona);
  if ("none" in resolution) {
    if (event.as === "gone" && event.how === "deleted") await unit.first(goneBefore(event.entry));
    await unit.keep(resolution, cause);
    return true;
  }
  const gathered = await gather(house, unit, seen, { talks: resolution.conversations, kin });
  if (wasErased(gathered.personas, seen)) {
    await unit.keep({ none: { code: "erased" } }, cause);
    return true;
  }
  const scene = {
    event: seen,
    can: (account: AccountRef) => channelOf(house, account).can(account),
    parts: (account: AccountRef, text: string, side: Side) => channelOf(house, account).parts?.(text, side) ?? [text],
    cost: (account: AccountRef, act: Act, text: string) => costOf(house, account, act, text),
    known: gathered,
    rules: house.rules,
    // The hour has come when the store says so: whose clock runs behind would decide that it has not, for ever.
    now: seen.as === "woken" ? Math.max(seen.at, house.clock.now()) : house.clock.now(),
  };
  const decisions = decide(() => advance(resolution.conversations, scene)).map((decision, i) => {
    const first = i === 0 ? [resolution.why, ...(unredeemed === undefined ? [] : [unredeemed])] : [];
    return traced({ ...decision, why: [...first, ...decision.why] }, how.trace);
  });
  await noteInvites(house, unit, decisions);
  await unit.keep(decisions, { ...cause, event: seen });
  const brought = openedBy(seen, decisions[0]?.conversation);
  if (brought !== undefined) await admitIn(house, unit, brought, how);
  later(() => toldInvites(house, resolution.conversations, decisions));
  // Nobody is called at night for what was said a year ago: the case shows how urgent it was.
  for (const { conversation, why } of isPast(seen) ? [] : decisions)
    for (const one of why.filter(({ code }) => code === "danger"))
      later(() => callFor(house, { conversation: conversation.key, account: conversation.account, why: one }));
  return true;
};

/** Runs a rule. One that throws, or a brand's own rule that does, is told apart from a store that cannot keep. */
const decide = <T>(rule: () => T): T => {
  try {
    return rule();
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.name : "something that is no error";
    throw new BridgeError(`a rule threw ${reason}: see its cause, and report it to its author`, {
      fault: "invalid",
      adapter: rules,
      landed: "no",
      cause: thrown,
    });
  }
};
const rules = "rules";

/** Admits one event in a unit of its own. Resolves after the store has confirmed the commit. */
export const admit = async (
  house: House,
  event: BridgeEvent,
  received: Instant = house.clock.now(),
): Promise<boolean> => {
  await house.crowd.look();
  const trace = house.telemetry.mark();
  const known = await onceKept((begin) =>
    house.store.unit((unit) => admitIn(house, unit, event, { received, trace, later: begin() })),
  );
  if (!known) return false;
  toldEvent(house, event);
  const arrives = event.as === "said" && event.side === "public" && event.actor.kind === "customer";
  if (arrives && !isPast(event)) house.crowd.arrived(event.by.account, received);
  return true;
};

/**
 * Admits all that a delivery or a page held, each item in a unit of its own: what cannot be decided is kept raw and does
 * not stop the rest.
 *
 * @throws BridgeError when the store cannot keep it: nothing may then be acknowledged.
 */
export const admitAll = async (house: House, found: Found<BridgeEvent>, account?: AccountRef): Promise<number> => {
  const received = house.clock.now();
  const keepRaw = (reason: string, raw: string): Promise<void> =>
    house.store.unit((unit) => unit.raw({ reason, raw, ...(account === undefined ? {} : { account }) }));

  const admitOne = async (event: BridgeEvent): Promise<boolean> => {
    try {
      return await admit(house, event, received);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || thrown.adapter !== rules) throw thrown;
      house.log.error({ event: event.key }, `an event could not be decided and is kept raw: ${thrown.message}`);
      await keepRaw("could-not-be-decided", JSON.stringify(event));
      return true;
    }
  };
  const last = new Map<string, Promise<unknown>>();
  const each = found.events.map((event) => {
    // What agents wrote leaves in the order in which they wrote it, though a unit that met another may be run again later.
    // What could not be taken in is told again, and what comes behind it with it.
    const talk = event.as === "answered" ? (event.conversation ?? event.case?.id) : undefined;
    const after = talk === undefined ? undefined : last.get(talk);
    const done = after === undefined ? admitOne(event) : after.then(() => admitOne(event));
    if (talk !== undefined) last.set(talk, done);
    return done;
  });
  const raw = found.unread.map(({ reason, raw: bytes }) => {
    house.log.warn({ reason }, "a genuine item could not be read; it is kept raw");
    return keepRaw(reason, bytes);
  });
  for (const say of found.alarms) alarm(house, say);
  // All are awaited even when one fails: nothing of this delivery may still be under way when it is answered.
  const done = await Promise.allSettled([...each, ...raw]);
  for (const one of done) if (one.status === "rejected") throw one.reason;
  return done.filter((one) => one.status === "fulfilled" && one.value === true).length;
};
