import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild } from "../../../src/cli/demo/child.ts";
import { unless } from "../../../src/cli/demo/processes.ts";
import { type Figure, figureOf, inRounds, type OnProgress } from "../figure.ts";
import type { WorkerSettings } from "./child.ts";
import { fill } from "./filling.ts";
import { findGround, storeOn } from "./ground.ts";

/** How large the bench is. */
export interface WorkersSize {
  /** People whose case and first entry wait to be written: more than can be in the time. */
  readonly people: number;
  /** How long is measured, in ms, after workers have begun. */
  readonly forMs: number;
  readonly latencyMs: number;
  /** How many acts a call to the CRM may carry. */
  readonly batch: number;
  readonly rounds: number;
}

/** Until they have leased for the first time nobody counts. */
const warmUpMs = 1_500;

/**
 * Effects done per second by one, two and four workers on one database, before a CRM that takes 150 ms for each call: its
 * calls are small, so that workers wait for the CRM and not for this machine's processor.
 */
export const benchWorkers = async (size: WorkersSize, onProgress?: OnProgress): Promise<readonly Figure[]> => {
  await using ground = await findGround();
  const schema = await ground.schema();
  {
    await using store = storeOn(ground, schema);
    await fill(store, size.people);
  }
  const { connection } = ground;
  const settings: WorkerSettings = { connection, schema, latencyMs: size.latencyMs, batch: size.batch };
  await using all = new AsyncDisposableStack();
  const children: readonly Child[] = [1, 2, 3, 4].map((n) =>
    all.use(startChild(`worker ${n}`, new URL("child.ts", import.meta.url), (line) => process.stderr.write(line))),
  );
  const done = (): Promise<number> => ground.count(schema, "$.effect WHERE state = 'done'");
  const by = (workers: number) => async (): Promise<number> => {
    const crew = children.slice(0, workers);
    const ends = crew.map(({ lost }) => lost);
    await unless(Promise.all(crew.map((child) => child.ask("begin", settings))), ends);
    await unless(sleep(warmUpMs), ends);
    const [from, began] = [await done(), performance.now()];
    await unless(sleep(size.forMs), ends);
    const [to, seconds] = [await done(), (performance.now() - began) / 1_000];
    await unless(Promise.all(crew.map((child) => child.ask("end"))), ends);
    const waiting = await ground.count(schema, "$.effect WHERE state = 'promised'");
    if (waiting === 0) throw new Error("all was done before the time was over: let more people speak");
    return (to - from) / seconds;
  };
  const measured = await inRounds(size.rounds, { one: by(1), two: by(2), four: by(4) }, onProgress);
  const unit = "effects/s";
  const beside = (side: "two" | "four") => measured.map((round) => ({ value: round[side], floor: round.one }));
  return [
    figureOf(
      { name: "workers-1", unit },
      measured.map(({ one }) => ({ value: one })),
    ),
    figureOf({ name: "workers-2", unit }, beside("two")),
    figureOf({ name: "workers-4", unit, target: { of: "ratio", is: "at least", bound: 3.2 } }, beside("four")),
  ];
};
