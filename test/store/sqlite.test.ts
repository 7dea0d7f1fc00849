import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterAll, describe, test } from "vitest";
import { type StoreSubject, storeLaws } from "../../src/conformance/store.ts";
import type { Store } from "../../src/core/contracts/store.ts";

const folder = await mkdtemp(join(tmpdir(), "casethread-store-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const parts = ["", "-wal", "-shm", ".worker", ".tip"];

const onFile = (): StoreSubject => {
  const clock = createClock({ still: true });
  const file = (name: string): string => join(folder, `${name}.db`);
  return {
    open: (name) => Promise.resolve(sqlite({ file: file(name), clock })),
    destroy: async (name) => {
      for (const part of parts) await rm(`${file(name)}${part}`, { force: true });
    },
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    shared: true,
    exclusive: true,
    backup: async (name) => {
      // Closed, the log is folded into the file: the file alone is the whole database.
      await copyFile(file(name), `${file(name)}.backup`);
      return () => copyFile(`${file(name)}.backup`, file(name));
    },
  };
};

const inMemory = (): StoreSubject => {
  const clock = createClock({ still: true });
  return {
    open: (): Promise<Store> => Promise.resolve(sqlite({ file: ":memory:", durable: false, clock })),
    destroy: () => Promise.resolve(),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    shared: false,
    exclusive: false,
  };
};

for (const [where, subject] of [
  ["in a file", onFile],
  ["in memory", inMemory],
] as const) {
  describe(`the laws of a store, ${where}`, () => {
    test.for(storeLaws.map((law) => [law.name, law] as const))("%s", async ([, law], { skip }) => {
      const tried = subject();
      const able = law.needs === undefined || (law.needs === "backup" ? tried.backup !== undefined : tried[law.needs]);
      if (!able) skip(`what is ${where} has one connection and no file to copy`);
      await law.run(tried);
    });
  });
}
