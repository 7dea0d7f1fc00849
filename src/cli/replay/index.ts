import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SingleBar } from "cli-progress";
import type { SandboxState } from "casethread/salesforce/sandbox";
import type { XState } from "casethread/x/sandbox";
import { aborted, type Ground, type RemoteBridge, startBridge, startGround, unless } from "../demo/processes.ts";
import { refuse } from "../demo/refuse.ts";
import { audit } from "./audit.ts";
import { type FileRead, readTweets } from "./file.ts";
import { type Plot, plotOf } from "./plot.ts";
import { type Report, reportText } from "./report.ts";
import { play, type Played } from "./run.ts";

/** What the command takes. */
export interface ReplayOptions {
  readonly file: string;
  /** Prints the report as one JSON object. */
  readonly json: boolean;
  readonly verbose: boolean;
  /** Ends the replay: its processes and files go, and it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a file is played. */
export interface PlayOptions {
  readonly file: string;
  /** Where the bridge keeps its store. */
  readonly store: string;
  /** Of chance. @default 17 */
  readonly seed?: number;
  readonly verbose?: boolean;
  readonly onProgress?: (done: number, all: number) => void;
  /** What the bridge says. @default standard error */
  readonly onLine?: (line: string) => void;
  /** Ends the play: its processes are ended, and it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

// Few enough that a chain of answers meets short queues, enough to keep two cores busy.
export const width = 32;

// On top of what the sandbox does by itself: X wants less now and then, and now and then nobody knows what came of a post.
export const unkindness = [
  { fault: "429", probability: 0.005 },
  { fault: "lost-response", probability: 0.002 },
] as const;

const severalRoots = (plot: Plot): number => {
  const roots = new Map<string, number>();
  for (const part of plot.parts.values()) {
    if (part.as !== "heard" || part.parent !== undefined) continue;
    for (const account of part.told) {
      const pair = `${part.author} ${account}`;
      roots.set(pair, (roots.get(pair) ?? 0) + 1);
    }
  }
  return new Set([...roots].flatMap(([pair, count]) => (count > 1 ? [pair.split(" ")[0]] : []))).size;
};

interface Curtain {
  readonly read: FileRead;
  readonly plot: Plot;
  readonly played: Played;
  readonly x: XState;
  readonly org: SandboxState;
  readonly seconds: number;
  readonly bridge: RemoteBridge;
}

const report = async ({ read, plot, played, x, org, seconds, bridge }: Curtain): Promise<Report> => {
  const parts = [...plot.parts.values()];
  const { cases, entries } = org;
  const told = parts.flatMap((part) =>
    part.as === "heard" ? part.told.map((account) => `${part.author} ${account}`) : [],
  );
  const answers = x.posts.filter(({ viaApi }) => viaApi).length;
  const interactions = told.length + answers;
  const polls = org.requests.filter(({ path, writes }) => writes === 0 && path.endsWith("/composite")).length;
  const acts = x.requests.filter(({ method }) => method === "POST");
  const per = (count: number): number => (interactions === 0 ? 0 : (count * 1_000) / interactions);
  const audited = audit(plot, played, { x, org });
  const waits = await bridge.ask("waiting");
  const whys = await bridge.ask("whys");
  return {
    tweets: read.tweets.length,
    roots: plot.roots,
    deepest: plot.deepest,
    accounts: plot.brands.length,
    conversations: new Set(told).size,
    severalRoots: severalRoots(plot),
    cases: cases.length,
    entries: entries.length,
    answers,
    agents: new Set(parts.flatMap((part) => (part.as === "answer" ? [part.agent] : []))).size,
    toldToNobody: parts.filter((part) => part.as === "heard" && part.told.length === 0).length,
    duplicates: audited.duplicates,
    byHand: parts.filter(({ as }) => as === "own").length,
    ...waits,
    guarded: whys["guard-would-block"] ?? 0,
    seconds,
    interactions,
    perSecond: interactions / seconds,
    crmCallsPerThousand: per(org.requests.length),
    crmPollsPerThousand: per(polls),
    doubledDeliveries: x.deliveries.doubled,
    throttled: acts.filter(({ status }) => status === 429).length,
    unanswered: acts.filter(({ status }) => status === 0).length,
    oddities: { ...read.oddities, ...plot.oddities },
    differences: audited.differences,
  };
};

/**
 * Plays a file of support tweets through the whole loop, over real HTTP between three processes, and audits it.
 *
 * @throws BridgeError when the file cannot be read, or a process ends before the play does.
 */
export const playFile = async (options: PlayOptions): Promise<Report> => {
  const { file, store, seed = 17, verbose = false, onProgress, onLine } = options;
  const read = await readTweets(file);
  const plot = plotOf(read.tweets);
  if (plot.brands.length === 0) {
    const holds = read.tweets.length === 0 ? "no tweet" : "no brand's tweet (inbound False)";
    throw refuse(`${file} holds ${holds}: give --replay a file in which brands answer`, "invalid");
  }
  const accounts = plot.brands.map(({ id, handle }) => ({ id, handle, tier: "enterprise" as const }));
  const stopped = aborted(options.signal);
  await using ground = await startGround({ seed, accounts, hostile: {} }, { onLine, unless: [stopped] });
  await using bridge = await startBridge(
    {
      ground: ground.origins,
      file: store,
      perform: "all",
      closing: false,
      guard: "report",
      severalBrands: true,
      crmPollMs: 100,
      // This org commits nothing late: a longer look back would only read the same cases again, ten times a second.
      crmOverlapMs: 3_000,
      quietMs: 2_500,
      verbose,
    },
    { onLine, unless: [stopped, ground.lost] },
  );
  if (verbose) {
    const { x, salesforce } = ground.origins;
    const say = onLine ?? ((line: string) => void process.stderr.write(line));
    say(
      `sandboxes at ${x} and ${salesforce} (process ${ground.pid}), the bridge at ${bridge.webhooks} (process ${bridge.pid})\n`,
    );
  }
  const playing = async ({ people, board }: Ground): Promise<Report> => {
    await people.connect({ url: bridge.webhooks });
    for (const unkind of unkindness) await people.rate(unkind);
    const began = performance.now();
    const played = await play(
      plot,
      { people, board },
      { width, confirm: () => bridge.ask("confirm"), onDone: (done) => onProgress?.(done, plot.parts.size) },
    );
    await people.settled();
    await bridge.ask("settled");
    const seconds = (performance.now() - began) / 1_000;
    const [x, org] = await Promise.all([people.state(), board.state()]);
    return report({ read, plot, played, x, org, seconds, bridge });
  };
  // Awaited here: both processes end with this function.
  return await unless(playing(ground), [bridge.lost, ground.lost, stopped]);
};

/** `npm run demo -- --replay FILE`: plays the file, prints the report. The answer is the exit code: 1 when the audit found a difference. */
export const replay = async ({ file, json, verbose, signal }: ReplayOptions): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-replay-"));
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: " {bar} {value}/{total} tweets, {eta_formatted} to go",
        hideCursor: true,
        stream: process.stderr,
      })
    : undefined;
  try {
    let started = false;
    const result = await playFile({
      file,
      store: join(folder, "casethread.db"),
      verbose,
      ...(signal === undefined ? {} : { signal }),
      onProgress: (done, all) => {
        if (!started) bar?.start(all, 0);
        started = true;
        bar?.update(done);
      },
    });
    bar?.stop();
    process.stdout.write(`${json ? JSON.stringify(result) : reportText(result)}\n`);
    return result.differences.length === 0 ? 0 : 1;
  } finally {
    bar?.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
