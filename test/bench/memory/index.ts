import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqlite } from "casethread/sqlite";
import { startChild } from "../../../src/cli/demo/child.ts";
import { startGround, unless } from "../../../src/cli/demo/processes.ts";
import { advance } from "../../../src/core/rules/advance/index.ts";
import { rulebook } from "../../../src/core/rules/policy.ts";
import { resolve } from "../../../src/core/rules/resolve.ts";
import { abilities } from "../../core/make.ts";
import { firstWord } from "../first-word.ts";
import { type Figure, figureOf, type OnProgress } from "../figure.ts";
import type { HouseSettings, Taken } from "./child.ts";

/** How large the store is. */
export interface MemorySize {
  readonly conversations: number;
  /** Open ones: half of them cases to be opened, half entries. */
  readonly effects: number;
  /** How long the bridge works before it is measured, in ms. */
  readonly workMs: number;
}

const account = { channel: "x", id: "1001" };
const book = rulebook({}, { crm: "salesforce", phones: () => undefined });
const can = abilities();
const unknown = { personas: [], drafts: [], entries: [], pauses: [], leaked: [], token: "ct-0123456789abcdef" };

// Enough at once to share commits.
const together = 500;

/** Fills a store with what the bridge decides on so many people's first words. Only the first `effects` of its effects are still open. */
const filled = async (file: string, { conversations, effects }: MemorySize, onProgress?: OnProgress): Promise<void> => {
  const now = Date.now();
  await using store = sqlite({ file, durable: false });
  await store.migrate();
  let open = 0;
  const admit = async (n: number): Promise<void> => {
    const event = firstWord(account, n, now);
    const resolution = resolve(event, [], book);
    if ("none" in resolution) throw new Error(`it came to no conversation: ${resolution.none.code}`);
    const decided = advance(resolution.conversations, { event, known: unknown, can: () => can, rules: book, now });
    const decisions = decided.map((decision) => {
      const promised = open < effects ? decision.effects : [];
      open += promised.length;
      return { ...decision, effects: promised };
    });
    await store.unit(async (unit) => {
      await unit.first(event.key);
      await unit.keep(decisions, { event, received: now, policy: "bench" });
    });
  };
  for (let n = 0; n < conversations; n += together) {
    await Promise.all(Array.from({ length: Math.min(together, conversations - n) }, (_, at) => admit(n + at)));
    onProgress?.(Math.min(n + together, conversations), conversations);
  }
};

const countedIn = (file: string): Pick<MemorySize, "conversations" | "effects"> => {
  const db = new DatabaseSync(file, { readOnly: true });
  const count = (of: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${of}`).get()?.["n"]);
  try {
    return {
      conversations: count("conversation"),
      effects: count("effect WHERE state IN ('promised', 'sending', 'unknown', 'parked')"),
    };
  } finally {
    db.close();
  }
};

/** The memory of a bridge at work, alone in its process: with a CRM that is away, so that everything stays open; against one with an empty store. */
export const benchMemory = async (size: MemorySize, onProgress?: OnProgress): Promise<readonly Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-bench-"));
  try {
    const file = join(folder, "full.db");
    await filled(file, size, onProgress);
    await using ground = await startGround({
      seed: 1,
      accounts: [{ id: account.id, handle: "acme_help", tier: "enterprise" }],
    });
    await ground.board.rate("503", 1);
    const taken = async (at: string): Promise<Taken> => {
      await using child = startChild("the process of the bridge", new URL("child.ts", import.meta.url), (line) =>
        process.stderr.write(line),
      );
      const settings: HouseSettings = { file: at, sandboxes: ground.origins, workMs: size.workMs };
      return await unless(child.ask<Taken>("measure", settings), [child.lost, ground.lost]);
    };
    const empty = await taken(join(folder, "empty.db"));
    const full = await taken(file);
    const { conversations, effects } = countedIn(file);
    if (conversations !== size.conversations || effects !== size.effects)
      throw new Error(`the store holds ${conversations} conversations and ${effects} open effects`);
    const mb = 1024 * 1024;
    const target = { of: "value", is: "at most", bound: 300 } as const;
    return [
      figureOf({ name: "memory", unit: "MB of rss", target }, [{ value: full.rss / mb, floor: empty.rss / mb }]),
      figureOf({ name: "memory-heap", unit: "MB of heap", target }, [
        { value: full.heap / mb, floor: empty.heap / mb },
      ]),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
