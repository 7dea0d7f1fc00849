import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "../../../src/cli/demo/child.ts";
import { startGround, unless } from "../../../src/cli/demo/processes.ts";
import { type Figure, figureOf, type OnProgress } from "../figure.ts";
import { findGround } from "./ground.ts";
import type { SurgeSeen, SurgeSettings } from "./surge-child.ts";

/** How large the surge is. */
export interface SurgeSize {
  readonly seconds: number;
  /** Words a second, half on X and half on Facebook, each by another person. */
  readonly perSecond: number;
}

const page = { id: "448242228374517", name: "Acme Help" };
/** Of so many one is urgent. */
const urgentEvery = 50;
/** Before this share of the time a process is still warming up, and its memory with it. */
const warmShare = 0.4;

const share = (values: readonly number[], of: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * of))] ?? NaN;

const wordsOf = (n: number): string =>
  n % urgentEvery === 0 ? `the charger is on fire, help (${n})` : `my parcel ${n} has been lost for a week. Really?`;

/**
 * A bad day: so many words a second on two networks for minutes, with X's limits and prices and Meta's, an agent who answers
 * one case in twenty, and the org. How long deliveries take to be answered (beside the middle one), how long an urgent word
 * takes to be a case (beside the usual), and whether memory grows (beside what it was when warm).
 */
export const benchSurge = async (
  { seconds, perSecond }: SurgeSize,
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  await using postgres = await findGround();
  await using ground = await startGround({
    seed: 5,
    accounts: [{ id: "1001", handle: "acme_help", tier: "self-serve" }],
    pages: [page],
  });
  const { people, onFacebook, origins } = ground;
  if (onFacebook === undefined) throw new Error("the ground has no Facebook");
  await using child = startChild("the bridge", new URL("surge-child.ts", import.meta.url), (line) =>
    process.stderr.write(line),
  );
  const ends = [child.lost, ground.lost];
  const settings: SurgeSettings = {
    connection: postgres.connection,
    schema: await postgres.schema(),
    origins,
    // What so many words cost by X's prices, and a little for the rest.
    budgetUsdPerDay: Math.ceil(seconds * perSecond * 0.02) + 5,
  };
  const at = await unless(child.ask<string>("begin", settings), ends);
  await people.connect({ url: `${at}/x` });
  await onFacebook.connect({ url: `${at}/facebook` });
  const post = await onFacebook.post({ by: page.id, page: page.id, text: "We are open on Sunday." });

  const say = async (n: number): Promise<void> => {
    if (n % 2 === 0) {
      const by = await people.persona(`author_${n}`);
      await people.say({ by: by.id, text: `@acme_help ${wordsOf(n)}` });
    } else {
      const by = await onFacebook.persona(`Author ${n}`);
      await onFacebook.comment({ by: by.id, under: post.id, text: wordsOf(n + 1) });
    }
  };
  const all = seconds * perSecond;
  const under = new Set<Promise<void>>();
  const began = performance.now();
  let warm: SurgeSeen | undefined;
  let failed = 0;
  for (let n = 0; n < all; n += 1) {
    const due = (n / perSecond) * 1_000 - (performance.now() - began);
    if (due > 0) await sleep(due);
    const one: Promise<void> = say(n)
      .catch(() => {
        failed += 1;
      })
      .finally(() => under.delete(one));
    under.add(one);
    if (n === Math.floor(all * warmShare)) warm = await unless(child.ask<SurgeSeen>("look"), ends);
    if (n % perSecond === 0) onProgress?.(n, all);
  }
  await unless(Promise.all(under), ends);
  if (failed > 0) throw new Error(`${failed} of ${all} words could not be said: nothing is known of those`);
  const spoke = (performance.now() - began) / 1_000;
  let last = await unless(child.ask<SurgeSeen>("look"), ends);
  const rss = last.rss;
  // The last ones may still be on their way to the org.
  for (let tries = 0; tries < 120 && last.urgent.length + last.usual.length < all; tries += 1) {
    await unless(sleep(500), ends);
    last = await child.ask<SurgeSeen>("look");
  }
  await unless(child.ask("end"), ends);
  const cases = last.urgent.length + last.usual.length;
  if (cases < all) throw new Error(`${cases} of ${all} words became cases`);
  const mb = 1024 * 1024;
  return [
    figureOf({ name: "surge", unit: "words/s said and heard" }, [{ value: all / spoke, floor: perSecond }]),
    figureOf(
      {
        name: "surge-admission",
        unit: "ms p99 until a delivery is answered; floor: the middle one",
        target: { of: "value", is: "at most", bound: 2_000 },
      },
      [{ value: share(last.admitted, 0.99), floor: share(last.admitted, 0.5) }],
    ),
    figureOf(
      {
        name: "surge-urgent",
        unit: "ms p99 until an urgent word is a case; floor: all others",
        target: { of: "value", is: "at most", bound: 5_000 },
      },
      [{ value: share(last.urgent, 0.99), floor: share(last.usual, 0.99) }],
    ),
    figureOf(
      {
        name: "surge-rss",
        unit: "MB at the end; floor: when warm",
        target: { of: "ratio", is: "at most", bound: 1.2 },
      },
      [{ value: rss / mb, floor: (warm?.rss ?? NaN) / mb }],
    ),
  ];
};
