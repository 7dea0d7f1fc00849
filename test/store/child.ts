/** A process of its own for tests that kill it, stop it, or take its disk away. Says what happened on its standard output, a line at a time. */
import { writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { BridgeError } from "casethread/adapter";
import { sqlite } from "casethread/sqlite";
import { caseActOf, causeOf, decisionOf, entryOf, said, talkOf } from "../../src/conformance/make.ts";

const [, , what, file = "", from = "0"] = process.argv;
// Synchronous: what was said before a kill was said.
const say = (line: string): void => void writeSync(1, `${line}\n`);

/** Admits the n-th delivery: an event, its conversation, its words and two effects. */
const admit = (store: ReturnType<typeof sqlite>, n: number, text = "hello"): Promise<void> =>
  store.unit(async (unit) => {
    const event = said(`post-${n}`, text, Date.now());
    if (!(await unit.first(event.key))) return;
    const talk = talkOf(`post-${n}`, event.at);
    const effects = ["open", "entry"].map((name) => caseActOf(talk, name, event.at));
    await unit.keep([decisionOf(talk, { entries: [entryOf(talk.key, event)], effects })], causeOf(event));
  });

const commitForEver = async (): Promise<void> => {
  const store = sqlite({ file });
  for (let n = Number(from); ; n += 3) {
    await Promise.all([n, n + 1, n + 2].map((each) => admit(store, each).then(() => say(`kept ${each}`))));
  }
};

const fill = async (): Promise<void> => {
  const store = sqlite({ file });
  let more: (() => void) | undefined;
  process.stdin.on("data", () => more?.());
  const large = "x".repeat(4_000);
  for (let n = 0; n < 10_000; n += 4) {
    const ends = await Promise.allSettled([n, n + 1, n + 2, n + 3].map((each) => admit(store, each, large)));
    for (const [i, end] of ends.entries()) {
      if (end.status === "fulfilled") say(`kept ${n + i}`);
      else if (end.reason instanceof BridgeError)
        say(`refused ${n + i} ${end.reason.fault} ${end.reason.landed} ${end.reason.message}`);
      else say(`broke ${n + i} ${String(end.reason)}`);
    }
    if (ends.every((end) => end.status === "fulfilled")) continue;
    say("waiting");
    await new Promise<void>((resolve) => {
      more = resolve;
    });
    await Promise.all([20_000, 20_001].map((each) => admit(store, each).then(() => say(`kept ${each}`))));
    await store[Symbol.asyncDispose]();
    process.stdin.destroy();
    return;
  }
  say("never refused");
  process.stdin.destroy();
};

const lock = async (): Promise<void> => {
  const db = new DatabaseSync(file);
  db.exec("BEGIN IMMEDIATE");
  say("locked");
  await delay(Number(from) || 1_000);
  db.exec("COMMIT");
  db.close();
};

const work = async (): Promise<void> => {
  const store = sqlite({ file });
  await store.working();
  say("working");
  await delay(60_000);
};

const roles: Readonly<Record<string, () => Promise<void>>> = { commit: commitForEver, fill, lock, work };
await roles[what ?? ""]?.();
