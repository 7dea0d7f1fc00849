import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BridgeError } from "../../src/core/contracts/errors.ts";

/** What an error said, and the files that it was thrown through. */
export interface Said {
  readonly message: string;
  readonly from: readonly string[];
}

/** In this folder every process of the suite, and what it starts, writes what its errors say: see made.ts. */
const folder = process.env["CASETHREAD_SENTENCES"];
const root = fileURLToPath(new URL("../../", import.meta.url));
const written = new Set<string>();

const write = (error: Error): void => {
  const frames = (error.stack ?? "").split(root).slice(1);
  const from = new Set(frames.flatMap((frame) => /^(?:src|adapters)\/[^:?)]+/.exec(frame) ?? []));
  const line = `${JSON.stringify({ message: error.message, from: [...from] } satisfies Said)}\n`;
  if (written.has(line) || folder === undefined) return;
  written.add(line);
  // At once: some of these processes are killed.
  appendFileSync(join(folder, String(process.pid)), line);
};

class Watched extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    write(this);
  }
}

// Whom `super` calls is looked up at each call: the class itself need not know that it is watched.
if (folder !== undefined && Object.getPrototypeOf(BridgeError) === Error) Object.setPrototypeOf(BridgeError, Watched);
