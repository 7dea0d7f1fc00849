import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../../../src/cli/demo/child.ts";
import { startGround, unless } from "../../../src/cli/demo/processes.ts";
import { readTweets } from "../../../src/cli/replay/file.ts";
import { playFile, unkindness, width } from "../../../src/cli/replay/index.ts";
import { plotOf } from "../../../src/cli/replay/plot.ts";
import { play } from "../../../src/cli/replay/run.ts";
import { type Figure, figureOf, inRounds, type OnProgress } from "../figure.ts";
import type { ProgramSettings } from "./child.ts";
import { madeUpTweets } from "./tweets.ts";

/** What is played. */
export interface ReplaySize {
  /** A file with the columns of Kaggle's "Customer Support on Twitter"; made up without one. */
  readonly file?: string;
  /** How many tweets are made up. */
  readonly tweets: number;
  readonly rounds: number;
}

const seed = 17;
const pollMs = 100;
const toStderr = (line: string): void => void process.stderr.write(line);

/** What the straightforward program came to. */
export interface PlayedBare {
  readonly perSecond: number;
  /** Tellings of customers that came to an entry, and answers that stand on the feed. */
  readonly entries: number;
  readonly answers: number;
  /** Requests that wrote to the CRM. */
  readonly crmCalls: number;
}

/** Plays a file with the straightforward program in the bridge's place: the same sandboxes, people, unkindness and pace. */
export const playBare = async (file: string): Promise<PlayedBare> => {
  const { tweets } = await readTweets(file);
  const plot = plotOf(tweets);
  const accounts = plot.brands.map(({ id, handle }) => ({ id, handle, tier: "enterprise" as const }));
  await using ground = await startGround({ seed, accounts, hostile: {} });
  await using program = startChild("the straightforward program", new URL("child.ts", import.meta.url), toStderr);
  const { people, board, origins } = ground;
  const playing = async (): Promise<PlayedBare> => {
    await people.connect({
      url: await program.ask<string>("start", { sandboxes: origins, pollMs } satisfies ProgramSettings),
    });
    for (const unkind of unkindness) await people.rate(unkind);
    const began = performance.now();
    await play(plot, { people, board }, { width, confirm: async () => undefined, onDone: () => undefined });
    await people.settled();
    const seconds = (performance.now() - began) / 1_000;
    const [x, org] = await Promise.all([people.state(), board.state()]);
    const answers = x.posts.filter(({ viaApi }) => viaApi).length;
    const entries = org.entries.filter(({ key }) => key !== undefined).length;
    const crmCalls = org.requests.filter(({ method, path }) => method !== "GET" && path.includes("/sobjects/")).length;
    return { perSecond: (entries + answers) / seconds, entries, answers, crmCalls };
  };
  return await unless(playing(), [program.lost, ground.lost]);
};

/** Interactions per second through the whole replay, against the straightforward program on the same file. */
export const benchReplay = async (
  { file: given, tweets, rounds }: ReplaySize,
  onProgress?: OnProgress,
): Promise<readonly Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-bench-"));
  const file = given ?? join(folder, "tweets.csv");
  try {
    if (given === undefined) await writeFile(file, madeUpTweets(tweets, seed));
    let stores = 0;
    const value = async (): Promise<number> => {
      const { perSecond, differences } = await playFile({ file, store: join(folder, `${++stores}.db`), seed });
      if (differences.length > 0)
        throw new Error(`the audit found ${differences.length} differences: a figure of wrong work is none`);
      return perSecond;
    };
    const floor = async (): Promise<number> => (await playBare(file)).perSecond;
    // Each side starts processes of its own: there is nothing to warm up.
    const measured = await inRounds(rounds, { floor, value }, onProgress);
    const target = { of: "ratio", is: "at least", bound: 1 } as const;
    return [figureOf({ name: "replay", unit: "interactions/s", target }, measured)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
