import type { Store } from "../core/contracts/store.ts";
import { batch, catching, caughtUp, hasReturned, recovered, unrehearse } from "./again.ts";
import { doors, due, inherit, lease, nextDue, renew, sawWorker } from "./lease.ts";
import { keepPause, liftPause, outbound, recentPauses } from "./pauses.ts";
import { sending } from "./sending.ts";
import { resolveParked, settle } from "./settle.ts";
import type { Ground } from "./sql.ts";
import { policiesSince } from "./ledger.ts";
import { createUnit } from "./unit.ts";
import { dismiss, unread } from "./raw.ts";
import { awaited, census, effectsOf, held, parked, standing } from "./views.ts";

/** Makes a store of transactions: which rows every call reads and writes, whatever database they stand in. */
export const createStore = (ground: Ground): Store => {
  const { read, write, quiet } = ground;
  return {
    name: ground.name,
    ...(ground.shared === undefined ? {} : { shared: ground.shared }),
    migrate: () => ground.open(),
    unit: (work) => write((tx) => work(createUnit(tx))),
    working: async () => {
      const claim = await ground.working();
      try {
        if (ground.alone) await write((tx) => inherit(tx, ground.owner()));
      } catch (thrown) {
        await claim[Symbol.asyncDispose]();
        throw thrown;
      }
      return claim;
    },
    ...(ground.troubles === undefined ? {} : { troubles: ground.troubles }),
    lease: (wanted) =>
      write(async (tx) => {
        await sawWorker(tx);
        return lease(tx, ground.owner(), wanted);
      }),
    renew: (ours, forMs) => write((tx) => renew(tx, ours, forMs)),
    sending: (marks) => write((tx) => sending(tx, marks)),
    settle: (settled, also) =>
      write(async (tx) => {
        const written = await settle(tx, settled);
        await also(createUnit(tx), written);
        return written.map((one) => (one === undefined ? "lost" : "kept"));
      }),
    recovered: async (quietMs, at) => {
      if (!(await read(hasReturned))) return undefined;
      for (;;) {
        const to = await quiet((tx) => recovered(tx, quietMs, at));
        if (to !== "more") return to;
      }
    },
    catching: () => read(catching),
    caughtUp: (at) => write((tx) => caughtUp(tx, at)),
    doors: () => read(doors),
    waiting: (of) => read((tx) => awaited(tx, of)),
    due: (limit) => read((tx) => due(tx, limit)),
    nextDue: (closed = []) => read((tx) => nextDue(tx, closed)),
    stirred: (signal) => ground.stirred(signal),
    pause: (pause) => quiet((tx) => keepPause(tx, pause)),
    resume: (id, until) => quiet((tx) => liftPause(tx, id, until)),
    pauses: () => read(recentPauses),
    outbound: (pause, callMs) => read((tx) => outbound(tx, pause, callMs)),
    unrehearse: async (account) => {
      let all = 0;
      for (;;) {
        const some = await quiet((tx) => unrehearse(tx, account));
        all += some;
        if (some < batch) return all;
      }
    },
    parked: () => read(parked),
    resolveParked: (key, how, also) =>
      write(async (tx) => {
        const effect = await resolveParked(tx, key, how);
        if (effect === undefined) return false;
        await also(createUnit(tx), effect);
        return true;
      }),
    held: () => read(held),
    unread: () => read(unread),
    dismiss: (id) => write((tx) => dismiss(tx, id)),
    census: () => read(census),
    policies: (since) => read((tx) => policiesSince(tx, since)),
    standing: (after, limit) => read((tx) => standing(tx, after, limit)),
    ledger: (after, limit, kinds) => ground.ledger.after(read, after, limit, kinds),
    trail: (conversation) => read((tx) => ground.ledger.of(tx, conversation)),
    effects: (conversation) => read((tx) => effectsOf(tx, conversation)),
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  };
};
