#!/usr/bin/env node
/**
 * The command line `casethread`.
 *
 * @module
 */
import { run } from "./casethread/program.ts";
import { asProcess } from "./process.ts";

// Node 22 says so each time that it opens a file: a log of JSON lines has no place for it, and nobody here can change it.
const warn = process.emitWarning.bind(process) as (...said: readonly unknown[]) => void;
process.emitWarning = (...said: readonly unknown[]) => {
  if (!String(said[0]).startsWith("SQLite is an experimental feature")) warn(...said);
};

asProcess((stop) =>
  run({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    node: process.versions.node,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stop,
    ...(process.stdin.isTTY && process.stderr.isTTY
      ? {
          terminal: {
            screen: process.stderr,
            ask: async (question: string) => {
              const { createInterface } = await import("node:readline/promises");
              const lines = createInterface({ input: process.stdin, output: process.stderr });
              try {
                return /^y(?:es)?$/i.test((await lines.question(`${question} [y/N] `, { signal: stop })).trim());
              } finally {
                lines.close();
              }
            },
          },
        }
      : {}),
  }),
);
