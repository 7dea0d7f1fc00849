import type { Backfill, BackfillProgress, Bridge } from "casethread";
import { z } from "zod";
import { accountOf } from "./act.ts";
import { misunderstood } from "./config.ts";
import { moment, type Shell } from "./shell.ts";

/** What `backfill` may be given. */
export interface BackfillFlags {
  readonly from: string;
  readonly account?: string;
  readonly watch: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** A day, or a moment in it, that the calendar has: `Date.parse` takes February 31 for March 3. */
const dated = z.union([z.iso.date(), z.iso.datetime({ local: true })]);

const momentOf = (text: string): number => {
  const at = dated.safeParse(text).success ? Date.parse(text) : Number.NaN;
  if (at < Date.now()) return at;
  throw misunderstood(`--from ${text}: write a day that has passed, such as 2026-01-31`);
};

const nameOf = ({ account }: Backfill): string => `${account.channel}/${account.id}`;

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

const linesOf = (one: Backfill): readonly string[] => {
  if (one.done === true)
    return [`${nameOf(one)}: all since ${moment(one.from)} was read before; nothing is left to do`];
  const items = one.items === undefined ? "an unknown number of posts" : `${one.items} posts`;
  const resumes = one.resumes === undefined ? "" : `; ${one.resumes} were read before, and are not read again`;
  return [
    `${nameOf(one)}: ${items} from ${moment(one.from)} to ${moment(one.to)}, at most ${dollars(one.price.usd)} (${one.price.source})${resumes}`,
    ...one.notes.map((note) => `  ${note}`),
  ];
};

const jsonOf = (one: Backfill): object => {
  const { run: _, ...plan } = one;
  return { ...plan, account: nameOf(one) };
};

/** A bar where somebody looks; nothing else is told before the end. */
const barOn = async (shell: Shell, one: Backfill): Promise<{ tell(at: BackfillProgress): void; stop(): void }> => {
  if (shell.terminal === undefined) return { tell: () => {}, stop: () => {} };
  const { SingleBar } = await import("cli-progress");
  const bar = new SingleBar({
    format: ` ${nameOf(one)} {bar} {percentage} %, {read} read, up to {upTo}{waits}`,
    hideCursor: true,
    stream: shell.terminal.screen,
  });
  const [from, to] = [one.from, one.to];
  let come = from;
  bar.start(one.items ?? to - from, 0, { read: one.resumes ?? 0, upTo: moment(from), waits: "" });
  return {
    tell: ({ read, upTo, waitsUntil }) => {
      // Not every page says how far it is.
      come = upTo ?? come;
      bar.update(Math.min(one.items === undefined ? come - from : read, bar.getTotal()), {
        read,
        upTo: moment(come),
        waits: waitsUntil === undefined ? "" : `, waits until ${moment(waitsUntil)}`,
      });
    },
    stop: () => bar.stop(),
  };
};

const readAll = async (shell: Shell, plans: readonly Backfill[], json: boolean): Promise<number> => {
  for (const one of plans.filter(({ done }) => done !== true)) {
    const bar = await barOn(shell, one);
    let last: BackfillProgress = { read: one.resumes ?? 0, added: 0 };
    try {
      last = await one.run({
        signal: shell.stop,
        progress: (at) => {
          last = at;
          bar.tell(at);
        },
      });
    } catch (thrown) {
      bar.stop();
      const stopped = thrown === shell.stop.reason;
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      const say = `${nameOf(one)}: ${stopped ? "stopped" : why}; ${last.read} were read. The same command goes on there.`;
      if (json)
        shell.out(
          `${JSON.stringify({ account: nameOf(one), ...last, done: false, ...(stopped ? {} : { error: why }) })}\n`,
        );
      else shell.err(`${say}\n`);
      if (stopped) throw thrown;
      return 1;
    }
    bar.stop();
    if (json) shell.out(`${JSON.stringify({ account: nameOf(one), ...last, done: true })}\n`);
    else shell.out(`${nameOf(one)}: ${last.read} read, ${last.added} of them new\n`);
  }
  return 0;
};

/** Reads the time before: says what it would be and cost, and reads it when somebody says yes. */
export const backfill = async (bridge: Bridge, shell: Shell, flags: BackfillFlags): Promise<number> => {
  const { json, watch, yes } = flags;
  const plans = await bridge.backfill({
    from: momentOf(flags.from),
    watch,
    ...(flags.account === undefined ? {} : { account: accountOf(flags.account) }),
  });
  for (const one of plans) {
    if (json) shell.out(`${JSON.stringify(jsonOf(one))}\n`);
    else for (const line of linesOf(one)) shell.out(`${line}\n`);
  }
  const open = plans.filter(({ done }) => done !== true);
  if (open.length === 0) return 0;
  const total = dollars(open.reduce((sum, { price }) => sum + price.usd, 0));
  const cases = watch ? "they are kept, and open no case" : "cases are opened as the policy disposes";
  if (!json) shell.out(`in all at most ${total}; ${cases}; nothing is said on the feed\n`);
  if (!yes && (json || shell.terminal === undefined || !(await shell.terminal.ask("read it?")))) {
    if (!json) shell.out("nothing was read: --yes reads it\n");
    return 0;
  }
  return readAll(shell, open, json);
};
