import type { Channel, ChannelTask, UnknownOutcome } from "../core/contracts/channel.ts";
import { BridgeError } from "../core/contracts/errors.ts";
import type { Lease, Promised } from "../core/contracts/store.ts";
import type { ChannelEffect, Permission } from "../core/rules/permit.ts";
import { speaks } from "../core/rules/advance/plan.ts";
import { afterUnseen, backoff, mostTries, resetSpreadMs, unseen, verdict } from "../core/rules/verdict.ts";
import type { Effect, Outcome } from "../core/words/effect.ts";
import type { Instant } from "../core/words/ref.ts";
import { channelOf, type House, kitFor, thrownBy, within } from "./house.ts";
import { momentOf, permissions } from "./moment.ts";
import { settle } from "./settle.ts";

/** After the mark is committed, a call may be written to the wire for this long, in ms. */
const sendWindowMs = 2_000;
/** A call that has not answered by then is given up, its outcome unknown, in ms. */
export const callTimeoutMs = 15_000;
/** A lane stays ours for the window, the call, and time to settle, in ms. */
export const leaseMs: number = sendWindowMs + callTimeoutMs + 10_000;

// What a channel does not declare is taken for words without a key: never repeated, and looked for over half an hour.
const undeclared: UnknownOutcome = {
  repeat: "never",
  quietMs: 120_000,
  reads: [60_000, 300_000, 1_800_000],
  source: "undocumented",
};

interface Errand {
  readonly house: House;
  readonly lease: Lease;
  readonly promised: Promised;
  readonly effect: ChannelEffect;
  readonly channel: Channel;
  readonly unknown: UnknownOutcome;
  readonly signal: AbortSignal;
}

/** What the span of an act is linked to. */
export const markOf = ({ trace }: Effect): readonly string[] => (trace === undefined ? [] : [trace]);

const later = (at: Instant, code: string, doubt = false): Outcome => ({
  as: "again",
  at,
  doubt,
  counts: false,
  why: { code },
});

/** Proven not to have landed, or repeatable: it may be sent again, but not for ever. */
const anew = (promised: Promised, house: House, now: Instant, code: string): Outcome =>
  promised.tries < mostTries
    ? later(now + backoff(promised.tries, house.roll()), code)
    : { as: "parked", why: { code: "gave-up", params: { tries: promised.tries } }, doubt: false };

/** Where nobody can look, nobody sends: later, and in the end a person. What is refused here is a look, not the words. */
const unmarked = ({ promised, house, lease }: Errand, error: BridgeError): Outcome => {
  const [now, tries] = [momentOf(house, lease), promised.tries + 1];
  if (tries >= mostTries)
    return { as: "parked", why: { code: "gave-up", params: { fault: error.fault, tries } }, doubt: false };
  const at = Math.max(now + backoff(tries, house.roll()), error.retryAt ?? 0);
  return { as: "again", at, doubt: false, counts: error.retryAt === undefined, why: { code: "mark-failed" } };
};

/** A look that failed is no look: it is tried again after a while, for an hour longer than its looks would have taken. */
const unlooked = (sent: NonNullable<Promised["sent"]>, unknown: UnknownOutcome, now: Instant): Outcome | undefined => {
  const patience = sent.quietUntil + unknown.reads.reduce((sum, one) => sum + one, 0) + 3_600_000;
  if (now <= patience) return undefined;
  return { as: "parked", why: { code: "may-have-gone-out", params: { looks: sent.reads } }, doubt: true };
};

/** Was this act, whose outcome nobody knows, seen to have landed? Never sends. */
const look = async (errand: Errand): Promise<Outcome | { readonly failedUntil: Instant }> => {
  const { house, lease, promised, channel, effect, unknown, signal } = errand;
  const { sent, entry } = promised;
  const now = momentOf(house, lease);
  if (sent === undefined) return later(now, "nothing-in-doubt");
  if (now < sent.quietUntil) return later(sent.quietUntil, "quiet-period", true);
  const words = sent.words ?? entry?.text ?? "";
  const task = { effect, attempt: sent.attempt, ...(speaks(effect.act) ? { words } : {}) } as ChannelTask;
  try {
    const found = await within(callTimeoutMs, signal, (s) =>
      channel.landed(task, sent, kitFor(house, channel.name, s)),
    );
    if (found === "no") return anew(promised, house, now, "proven-not-to-have-landed");
    if (found !== "unknown") return { as: "done", receipt: found };
  } catch (thrown) {
    const error = thrownBy(thrown, channel.name);
    house.log.warn({ effect: effect.key, fault: error.fault }, `a look failed: ${error.message}`);
    return unlooked(sent, unknown, now) ?? { failedUntil: error.retryAt ?? now + 5_000 + backoff(6, house.roll()) };
  }
  const next = unseen(sent.reads, unknown, now);
  if (next !== "repeat") return next;
  const repeated = anew(promised, house, now, "repeated-after-quiet");
  return unknown.repeat === "once" ? afterUnseen(repeated) : repeated;
};

/** The call itself: marked, checked once more at the last moment, made once. */
const call = async (errand: Errand, task: ChannelTask): Promise<Outcome | undefined> => {
  const { house, lease, promised, channel, effect, unknown, signal } = errand;
  const { store, clock } = house;
  const failed = (error: BridgeError): Outcome =>
    verdict(error, { tries: promised.tries + 1, unknown, now: momentOf(house, lease), roll: house.roll() });

  const prepare = channel.prepare?.bind(channel);
  if (prepare !== undefined && "words" in task && task.media !== undefined) {
    try {
      await within(callTimeoutMs, signal, (s) => prepare(task, kitFor(house, channel.name, s)));
    } catch (thrown) {
      const error = thrownBy(thrown, channel.name).judged("no");
      house.log.warn({ effect: effect.key, fault: error.fault }, `a file could not be brought: ${error.message}`);
      return failed(error);
    }
  }
  let since: string | undefined;
  const mark = channel.mark?.bind(channel);
  if (mark !== undefined && speaks(effect.act)) {
    const about = effect.act.do === "message" ? { to: effect.act.to } : {};
    try {
      since = await within(callTimeoutMs, signal, (s) => mark(lease.door, about, kitFor(house, channel.name, s)));
    } catch (thrown) {
      const error = thrownBy(thrown, channel.name);
      house.log.warn({ effect: effect.key, fault: error.fault }, `a mark could not be read: ${error.message}`);
      house.faults.note(lease.door, error);
      return unmarked(errand, error);
    }
  }
  // Both clocks, from before the mark: one stands still while a machine sleeps, the other jumps.
  const began = { steady: performance.now(), wall: clock.now() };
  const [sent] = await store.sending([
    {
      lease,
      effect: effect.key,
      windowMs: sendWindowMs,
      quietMs: unknown.quietMs,
      timeoutMs: callTimeoutMs,
      ...(since === undefined ? {} : { since }),
      ...("words" in task ? { words: task.words } : {}),
    },
  ]);
  if (sent === undefined) return undefined;
  let departed = false;
  const depart = (): void => {
    const elapsed = Math.max(performance.now() - began.steady, clock.now() - began.wall);
    if (elapsed > sendWindowMs || signal.aborted) {
      throw new BridgeError("the send window was over before the call left: nothing was sent, and it is tried again", {
        fault: "unavailable",
        adapter: "bridge",
        landed: "no",
      });
    }
    departed = true;
  };
  try {
    const receipt = await house.telemetry.span(
      "casethread.perform",
      { door: lease.door, act: effect.act.do },
      () => within(callTimeoutMs, undefined, (s) => channel.perform(task, kitFor(house, channel.name, s, depart))),
      markOf(effect),
    );
    house.faults.mend(lease.door);
    return { as: "done", receipt };
  } catch (thrown) {
    const error = thrownBy(thrown, channel.name);
    house.faults.note(lease.door, error);
    house.log.warn(
      { effect: effect.key, fault: error.fault, landed: error.landed, departed },
      `an act failed: ${error.message}`,
    );
    return failed(error);
  }
};

/** May one more act of this bucket go now? Where that cannot be told the network tells it itself. */
const leave = async (
  { house, channel, lease, effect, signal }: Errand,
  bucket: string,
): Promise<Instant | undefined> => {
  const kit = kitFor(house, channel.name, signal);
  try {
    return await house.pace.take(bucket, () => channel.capacity(lease.conversation.account, effect.act.do, kit));
  } catch (thrown) {
    house.log.warn({ bucket }, `what is left of a bucket could not be told: ${thrownBy(thrown, channel.name).message}`);
    return undefined;
  }
};

/** What the permission says when it is not "go". */
const unsent = (
  permission: Exclude<Permission, { go: ChannelTask } | { write: unknown }>,
  channel: Channel,
): Outcome => {
  if ("hold" in permission) return { as: "held", hold: permission.hold };
  if ("withdraw" in permission) return { as: "refused", fault: permission.fault, why: permission.withdraw };
  return permission.rehearse === undefined
    ? { as: "rehearsed" }
    : { as: "rehearsed", price: channel.price(permission.rehearse) };
};

/** Performs the head of one lane at a channel's door, and settles it. */
export const send = async (house: House, lease: Lease, signal: AbortSignal): Promise<void> => {
  const { pace } = house;
  const [promised] = lease.run;
  if (promised === undefined) return settle(house, [{ lease, outcomes: [] }]);
  const effect = promised.effect as ChannelEffect;
  const channel = channelOf(house, lease.conversation.account);
  const unknown = channel.can(lease.conversation.account).unknown[effect.act.do] ?? undeclared;
  const errand: Errand = { house, lease, promised, effect, channel, unknown, signal };
  const done = (came: Outcome): Promise<void> => {
    const outcome = promised.unseen === true ? afterUnseen(came) : came;
    return settle(house, [{ lease, outcomes: [{ promised, outcome }] }]);
  };

  const now = momentOf(house, lease);
  if (promised.sent !== undefined) {
    const seen = await look(errand);
    if (!("failedUntil" in seen)) return done(seen);
    // The lane stays ours until then, so that nothing is counted as a look; a stop lets go of it.
    if (signal.aborted) return settle(house, [{ lease, outcomes: [] }]);
    await house.store.renew(lease, Math.max(1_000, seen.failedUntil - now));
    return;
  }
  if (effect.notBefore !== undefined && now < effect.notBefore) return done(later(effect.notBefore, "not-before"));
  const permission = (await permissions(house, [lease]))[0]?.[0];
  if (permission === undefined || "write" in permission) return done(later(now, "not-permitted"));
  if (!("go" in permission)) return done(unsent(permission, channel));

  const bucket = channel.bucket(lease.conversation.account, effect.act.do);
  const closed = await leave(errand, bucket);
  if (closed !== undefined) {
    // Told by our clock: how long that is, is added to the store's moment.
    const waitMs = closed - house.clock.now() + Math.ceil(house.roll() * resetSpreadMs);
    return done(later(momentOf(house, lease) + waitMs, "bucket-closed"));
  }
  const outcome = await call(errand, permission.go);
  // Not marked: replaced, paused or not ours any more. Whoever has it next finds it as it is.
  if (outcome === undefined) {
    pace.giveBack(bucket);
    return done(later(momentOf(house, lease), "not-marked"));
  }
  if (outcome.as === "again" && outcome.why.code === "throttled") await pace.close(bucket, outcome.at);
  return done(outcome);
};
