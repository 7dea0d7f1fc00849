import type { Chance } from "casethread/sandbox";
import type { PgPool, PgPoolClient, PgStatement } from "casethread/postgres";
import { type Hand, never, standing } from "./hands.ts";
import type { DatabaseFault } from "./postgres-world.ts";
import { type Backend, failure, type Server } from "./server.ts";
import type { Owner, Timeline } from "./time.ts";

/** Connections that are kept, so many at most. */
export interface Lounge {
  take(): Promise<Backend>;
  /** `broken`: it is closed. */
  back(backend: Backend, broken: boolean): void;
  /** All that it has open. */
  readonly open: ReadonlySet<Backend>;
}

/** Opens a lounge on a server. */
export const createLounge = (server: Server, size: number, looksOn = false): Lounge => {
  const open = new Set<Backend>();
  const idle: Backend[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  const isFull = (): boolean => taken >= size;
  const leave = (): void => {
    taken -= 1;
    waiting.shift()?.();
  };
  return {
    open,
    take: async () => {
      while (isFull()) await new Promise<void>((resolve) => void waiting.push(resolve));
      taken += 1;
      try {
        // What was closed while nobody used it, a pool has replaced.
        for (let one = idle.pop(); one !== undefined; one = idle.pop()) if (one.gone === undefined) return one;
        const backend = await server.connect(looksOn);
        open.add(backend);
        return backend;
      } catch (thrown) {
        leave();
        throw thrown;
      }
    },
    back: (backend, broken) => {
      if (!broken && backend.gone === undefined) idle.push(backend);
      else {
        open.delete(backend);
        void server.end([backend], "08006").catch(() => undefined);
      }
      leave();
    },
  };
};

/** What a process's statements meet, over all its lives. */
export interface Luck {
  /** How long a statement is on its way, in ms. */
  way(): number;
  /** What goes wrong with this statement of a transaction that writes; `after`: the one before it. */
  fault(text: string, after: string): DatabaseFault | undefined;
  readonly chance: Chance;
}

interface Ground {
  readonly server: Server;
  readonly timeline: Timeline;
  readonly lounge: Lounge;
  /** A connection for each transaction only, as behind a pooler. */
  readonly pooled: boolean;
  /** Whose it is; nobody's never stands still. */
  readonly hand?: Hand;
  readonly luck?: Luck;
}

interface Limits {
  readonly lockMs: number;
  readonly idleMs: number;
}

const none: Limits = { lockMs: 600_000, idleMs: Number.POSITIVE_INFINITY };
const set = /SET LOCAL (lock|idle_in_transaction_session)_timeout = '?(\d+)(s?)/g;
const ends = /(?:^|; )(?:COMMIT|ROLLBACK)(?! TO)/;
/** How a connection that was lost is told of. */
const losses = ["ECONNRESET", "57P01", undefined] as const;

const limited = (before: Limits, text: string): Limits => {
  let after = before;
  for (const [, name, digits, seconds] of text.matchAll(set)) {
    const ms = Number(digits) * (seconds === "s" ? 1_000 : 1);
    after = name === "lock" ? { ...after, lockMs: ms } : { ...after, idleMs: ms };
  }
  return after;
};

const raised = (code: string): PgStatement => ({
  text: `DO $$ BEGIN RAISE EXCEPTION 'made to meet' USING ERRCODE = '${code}'; END $$`,
});
const codes = { deadlock: "40P01", serialization: "40001" } as const;

/** A process's pool, and what of the server its life has in hand. */
export interface Wire {
  readonly pool: PgPool;
  /** Its life is over: what it had open is closed. */
  cut(): void;
}

/** Makes a process's pool, whose statements take time, are lost on their way, and meet what the world has in store. */
export const createWire = ({ server, timeline, lounge, pooled, hand, luck }: Ground): Wire => {
  const owner: Owner | undefined = hand?.owner;
  const held = new Set<Backend>();
  const take = async (): Promise<Backend> => {
    const backend = await lounge.take();
    if (owner?.dead === true) {
      lounge.back(backend, false);
      await never();
    }
    held.add(backend);
    return backend;
  };
  const back = (backend: Backend, broken: boolean): void => {
    held.delete(backend);
    lounge.back(backend, broken);
  };
  const still = (): Promise<void> => (owner === undefined ? Promise.resolve() : standing(owner, timeline));

  const befall = async (fault: DatabaseFault | undefined): Promise<void> => {
    if (fault === undefined || owner === undefined) return;
    if (fault.as === "stand") owner.frozenUntil = Math.max(owner.frozenUntil, timeline.now() + fault.forMs);
    if (fault.as === "crash") {
      owner.dead = true;
      hand?.died();
      await never();
    }
    await still();
  };

  const open = (first: Backend | undefined): PgPoolClient => {
    let backend = first;
    let inside = false;
    let limits = none;
    let atSavepoint = none;
    let before = "";
    let reads = false;
    let idle: NodeJS.Timeout | undefined;

    const lost = (): Error => {
      if (backend?.gone === "25P03")
        return failure("25P03", "terminating connection due to idle-in-transaction timeout");
      const code = losses[Math.floor((luck?.chance() ?? 0) * losses.length)];
      return code === undefined ? new Error("Connection terminated unexpectedly") : failure(code, "lost");
    };
    const cut = async (): Promise<never> => {
      if (backend !== undefined) await server.end([backend], "08006");
      throw lost();
    };
    const follow = (text: string): void => {
      if (text.startsWith("BEGIN")) [inside, limits] = [true, none];
      if (/(?:^|; )SAVEPOINT/.test(text)) atSavepoint = limits;
      if (text.startsWith("ROLLBACK TO")) limits = atSavepoint;
      limits = limited(limits, text);
      if (ends.test(text)) inside = false;
    };
    const ask = async (statement: PgStatement): Promise<unknown> => {
      const { text } = statement;
      if (text.startsWith("BEGIN")) reads = text.includes("READ ONLY");
      const fault = reads ? undefined : luck?.fault(text, before);
      before = text;
      await befall(fault);
      if (luck !== undefined) await timeline.outside(() => timeline.sleep(luck.way()));
      backend ??= await take();
      // Until it is sent, the server waits for it.
      clearTimeout(idle);
      if (backend.gone !== undefined) throw lost();
      if (fault?.as === "cut-before") return cut();
      if (fault?.as === "deadlock" || fault?.as === "serialization") {
        return server.ask(backend, raised(codes[fault.as]), limits.lockMs);
      }
      // It fails there, and nobody hears of it.
      if (fault?.as === "aborted") await server.ask(backend, { text: "SELECT 1 / 0" }, 0).catch(() => undefined);
      follow(text);
      const answer = await server.ask(backend, statement, limits.lockMs);
      if (fault?.as === "cut-after") return cut();
      return answer;
    };
    const waits = (): void => {
      const mine = backend;
      if (!inside || mine === undefined || !Number.isFinite(limits.idleMs)) return;
      idle = timeline.outside(() => setTimeout(() => void server.end([mine], "25P03"), limits.idleMs));
    };
    const apart = (): void => {
      if (!pooled || inside || backend === undefined) return;
      back(backend, false);
      backend = undefined;
    };
    return {
      on: () => undefined,
      query: async (statement) => {
        await still();
        try {
          return await timeline.outside(() => ask(statement));
        } finally {
          waits();
          apart();
          await still();
        }
      },
      release: (broken) => {
        clearTimeout(idle);
        if (backend === undefined) return;
        back(backend, broken !== undefined && broken !== false);
        backend = undefined;
      },
    };
  };

  return {
    pool: {
      connect: async () => {
        await still();
        const client = open(pooled ? undefined : await timeline.outside(take));
        await still();
        return client;
      },
    },
    cut: () => {
      for (const backend of held) back(backend, true);
      // Behind a pooler the others go on with theirs.
      if (!pooled) void timeline.outside(() => server.end([...lounge.open], "08006"));
    },
  };
};
