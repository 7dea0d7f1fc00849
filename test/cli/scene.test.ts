import { tmpdir } from "node:os";
import { join } from "node:path";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { afterEach, expect, it, vi } from "vitest";
import { ended, nothingLeft, type Scene, until } from "../../src/cli/demo/scene.ts";
import { playFile } from "../../src/cli/replay/index.ts";

afterEach(() => vi.useRealTimers());

/** A play of which only this is asked. */
const scene = (answers: Readonly<Record<string, unknown>>, cases: readonly unknown[] = []): Scene =>
  ({
    tell: { line: () => undefined, block: () => undefined },
    ground: { board: { state: async () => ({ cases }) } },
    bridge: { ask: async (what: string) => answers[what] },
    url: "https://x.com/i/status/1",
  }) as unknown as Scene;

it("what does not come is told after fifteen seconds, with where to look", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  const told = expect(until("the case", async () => undefined)).rejects.toThrow(
    "[demo: unavailable] waited 15 seconds for the case, and it did not come: see with --verbose what the bridge says",
  );
  await vi.advanceTimersByTimeAsync(15_100);
  await told;
});

it("a play that ends with acts that wait for a person is told, with where to look", async () => {
  const parked = [{ effect: "x/1001/1/entry", because: "refused" }];
  await expect(
    ended(scene({ conversation: { stage: "resolved", entries: 5, explained: "" }, parked }), 5),
  ).rejects.toThrow(`acts wait for a person (${JSON.stringify(parked)}): see with --verbose what became of them`);
});

it.each([
  [1, 0],
  [0, 1],
])("a rehearsal after which there are %i posts and %i cases is told, and whom to tell", async (posts, cases) => {
  await expect(nothingLeft(scene({}, Array.from({ length: cases })), posts)).rejects.toThrow(
    `a rehearsal left posts (${posts}) or cases (${cases}) behind: report it to the authors of casethread`,
  );
});

it.each([
  ["", "no tweet"],
  ["1,maria,True,2026-01-01,lost,,\n", "no brand's tweet (inbound False)"],
])("a file in which nobody answers is told before anything is started", async (rows, holds) => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-replay-"));
  try {
    const file = join(folder, "tweets.csv");
    await writeFile(
      file,
      `tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n${rows}`,
    );
    await expect(playFile({ file, store: join(folder, "bridge.db") })).rejects.toThrow(
      `[demo: invalid] ${file} holds ${holds}: give --replay a file in which brands answer`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
