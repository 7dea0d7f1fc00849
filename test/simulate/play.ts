import type { LedgerRow, Promised, Store, Talk, Why } from "casethread";
import type { SandboxState } from "casethread/salesforce/sandbox";
import { createChance } from "casethread/sandbox";
import type { PoolConfig } from "pg";
import type { Base } from "./base.ts";
import type { Network, Shown } from "./network.ts";
import type { Danger, Notes } from "./seen.ts";
import { type Timeline, underSeed } from "./time.ts";
import { createTown, type Town } from "./town.ts";
import type { World } from "./world.ts";
import { openActs } from "../crash/open.ts";
import { build, type Built, pollsMs } from "./build.ts";

/** What stands when a world has come to rest. */
export interface Ending {
  readonly world: World;
  readonly notes: Notes;
  readonly town: Town;
  readonly shown: Shown;
  readonly org: SandboxState;
  readonly parked: readonly (Promised & { readonly why: Why })[];
  readonly held: Awaited<ReturnType<Store["held"]>>;
  readonly unread: number;
  /** Acts that are promised and have no end. */
  readonly open: number;
  /** Lanes that had something to do and were due at no time. */
  readonly unarmed: number;
  readonly ledger: readonly LedgerRow[];
  /** What somebody read of the ledger while it was written, in order. */
  readonly heard: readonly LedgerRow[] | undefined;
  readonly talks: readonly Talk[];
  readonly steps: number;
  /** When it came to rest, and whether it did. */
  readonly endedAt: number;
  readonly rested: boolean;
}

/** A world that has not come to rest by then never will: its people and its slowest looks are done within half an hour, and Facebook tries a delivery again for nearly a day. */
const longestMs = { x: 5_400_000, facebook: 86_400_000 } as const;

/** How long somebody waits for the moment to ask for silence, in ms. */
const momentMs = 120_000;

/** Somebody silences the brand for a while. */
const silence = async (world: World, timeline: Timeline, built: Built): Promise<void> => {
  const { insist, net, notes, workers, moments } = built;
  for (const { when, forMs, side } of world.pauses) {
    if ("atMs" in when) await timeline.sleep(when.atMs + 1);
    else {
      const owner = await Promise.race([moments.next(when.at), timeline.sleep(momentMs)]);
      if (owner === undefined) continue;
      owner.frozenUntil = Math.max(owner.frozenUntil, timeline.now() + when.holdMs);
    }
    if (workers.some(({ hand }) => hand.underWay > 0)) notes.tally["paused with a call under way"] += 1;
    const made = await insist((bridge) =>
      bridge.pause({ account: net.account, reason: "a storm", ...(side === "both" ? {} : { side }) }),
    );
    const quiet = { from: timeline.now(), until: Number.POSITIVE_INFINITY, side };
    notes.silences.push(quiet);
    await timeline.sleep(forMs);
    quiet.until = timeline.now();
    await insist(async (bridge) => {
      for (const pause of (await bridge.health()).pauses) {
        await bridge.resume(pause.id).catch((thrown: unknown) => {
          if (!String(thrown).includes("no pause")) throw thrown;
        });
      }
      return made;
    });
  }
};

/** A network gives up whoever has not heard for this long, in ms. */
const networkPatienceMs = 3_600_000;

/** Nobody hears what the network delivers, and it accepts nobody, for a while. */
const outages = async ({ deaf, revoked }: World, timeline: Timeline, built: Built): Promise<void> => {
  const { hearing, net, notes } = built;
  const nobodyHears = async (): Promise<void> => {
    if (deaf === undefined) return;
    await timeline.sleep(deaf.atMs + 1);
    hearing.deaf = true;
    notes.tally["nobody heard for a while"] += 1;
    const patientMs = Math.min(deaf.forMs, networkPatienceMs);
    await timeline.sleep(patientMs);
    if (patientMs < deaf.forMs) await net.disable?.();
    await timeline.sleep(deaf.forMs - patientMs);
    hearing.deaf = false;
  };
  const nobodyIsAccepted = async (): Promise<void> => {
    if (revoked === undefined || net.revoke === undefined) return;
    await timeline.sleep(revoked.atMs + 1);
    await net.revoke(timeline.sleep(revoked.forMs));
  };
  await Promise.all([nobodyHears(), nobodyIsAccepted()]);
};

/** Time passes until nothing is due any more, and some more, for all that polls may bring. */
const rest = async (timeline: Timeline, world: World, { base, net, insist, workers }: Built): Promise<boolean> => {
  const store = base.open();
  const until = timeline.now() + longestMs[world.channel ?? "x"];
  // What the index shows last, the next poll finds, and what follows from it takes a while.
  const { indexLagMs, polls } = world.weather;
  const patienceMs = indexLagMs + (polls === "never" ? 0 : pollsMs[polls]) + 45_000;
  let quietSince: number | undefined;
  let before = "";
  const asked = new Set<string>();
  const began = timeline.now();
  while (timeline.now() < until) {
    // After an hour all that is left to wait for are deliveries, which take hours.
    await timeline.sleep(timeline.now() - began > 3_600_000 ? 60_000 : 5_000);
    const { lanes } = await store.census();
    const busy = lanes.some(({ due, waiting }) => due + waiting > 0);
    const [deliveries, { posts, dms }] = [await net.deliveries(), await net.shown()];
    const now = JSON.stringify([busy, deliveries.pending, deliveries.waiting, posts.length, dms.length]);
    // Who stands still has not seen yet what there is to do.
    const nobody = workers.every(({ hand: { owner } }) => owner.dead || owner.frozenUntil > timeline.now());
    if (busy || nobody || deliveries.pending + deliveries.waiting > 0 || now !== before) quietSince = undefined;
    before = now;
    quietSince ??= timeline.now();
    if (busy) continue;
    const waiting = (await store.held()).filter(({ draft }) => draft.holds.some(({ kind }) => kind === "approval"));
    for (const { draft } of waiting) {
      // Once: what a person has to look at first stays held.
      const words = `${draft.entry} ${draft.content.version}`;
      if (asked.has(words)) continue;
      asked.add(words);
      const key = `yes-${draft.entry}-${timeline.now()}`;
      await insist((bridge) => bridge.release({ key, draft: draft.entry }));
      quietSince = undefined;
    }
    if (quietSince !== undefined && timeline.now() - quietSince > patienceMs) return true;
  }
  return false;
};

/** What was said before the first look at each source is nobody's business. */
const listening = async ({ base, net }: Built, timeline: Timeline, { polls }: World["weather"]): Promise<void> => {
  const store = base.open();
  const source = `cursor/${net.account.channel}/${net.account.id}`;
  for (const name of ["cursor/crm/salesforce", ...(polls === "never" ? [] : [source])]) {
    while ((await store.unit((unit) => unit.note(name).read())) === undefined) await timeline.sleep(5_000);
  }
};

/** How often that somebody looks, in ms. */
const lookMs = 500;

/** Somebody who looks on while a PostgreSQL is worked: who reads the ledger as it is written, where what is numbered first may be kept last, and looks for lanes that nothing would wake. */
const lookOn = (base: Base, timeline: Timeline, { database }: World) => {
  if (database === undefined) return undefined;
  const store = base.open();
  const heard: LedgerRow[] = [];
  let unarmed = 0;
  const state = { over: false };
  const readOn = async (): Promise<number> => {
    const some = await store.ledger(heard.at(-1)?.position, 100);
    heard.push(...some);
    return some.length;
  };
  const reading = (async () => {
    while (!state.over) {
      await readOn();
      unarmed += await base.unarmed();
      await timeline.sleep(lookMs);
    }
  })();
  return {
    end: async () => {
      state.over = true;
      await reading;
      while ((await readOn()) > 0);
      return { heard, unarmed };
    },
  };
};

/** Whoever answers the network's challenge may be stopped just then: the brand asks for another one. */
const attached = async (net: Network, deliver: Built["deliver"], timeline: Timeline): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      return await net.attach(deliver);
    } catch (thrown) {
      if (tries === 30) throw thrown;
      await timeline.sleep(10_000);
    }
  }
};

/** Plays a world from its first word to its last consequence. */
export const play = (world: World, reach?: PoolConfig): Promise<Ending> =>
  underSeed(createChance(world.chance ^ 0x5eed), (timeline) => {
    const story = async (): Promise<Ending> => {
      const built = await build(world, timeline, reach);
      const { base, org, net, notes, stop, workers, deliver } = built;
      await attached(net, deliver, timeline);
      const looker = lookOn(base, timeline, world);
      net.lose(world.weather.polls === "never" ? 0 : world.weather.lostRate);
      await listening(built, timeline, world.weather);
      const town = await createTown({ world, timeline, net, salesforce: org, notes });
      const silenced = silence(world, timeline, built);
      await Promise.all([town.done, silenced, outages(world, timeline, built), base.misfortunes()]);
      await net.calm();
      await org.mend();
      const rested = await rest(timeline, world, built);
      stop.abort();
      const store = base.open();
      const parked = await store.parked();
      const held = await store.held();
      const unread = (await store.unread()).length;
      const ledger: LedgerRow[] = [];
      for (let after: string | undefined; ;) {
        const some = await store.ledger(after, 500);
        if (some.length === 0) break;
        ledger.push(...some);
        after = some.at(-1)?.position;
      }
      const looked = await looker?.end();
      // What the store tells of it lasts an hour, and its ledger for good.
      const unarmed = ledger.reduce((lanes, line) => lanes + (line.kind === "unarmed" ? line.row.lanes : 0), 0);
      const keys = new Set(ledger.flatMap(({ conversation }) => conversation ?? []));
      const talks: Talk[] = [];
      for (const conversation of keys) {
        const talk = await built.insist((bridge) => bridge.conversation({ conversation }));
        if (talk !== undefined) talks.push(talk);
      }
      const [shown, orgState] = [await net.shown(), await org.state()];
      notes.tally["a delivery was lost for good"] += (await net.deliveries()).lost;
      for (const [danger, times] of Object.entries((await net.seen?.()) ?? {})) notes.tally[danger as Danger] += times;
      notes.tally["a private reply whose answer was lost"] += notes.requests.filter(
        ({ once, done, answeredAt }) => once === true && done && answeredAt === undefined,
      ).length;
      const ending: Ending = {
        world,
        notes,
        town,
        shown,
        org: orgState,
        parked,
        held,
        unread,
        open: await openActs(store),
        unarmed: unarmed + (looked?.unarmed ?? 0),
        ledger,
        heard: looked?.heard,
        talks,
        steps: timeline.steps,
        endedAt: timeline.now(),
        rested,
      };
      for (const { hand } of workers) hand.owner.dead = true;
      await net[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
      return ending;
    };
    return timeline.drive(story());
  });
