#!/usr/bin/env node
/**
 * The command line `casethread`.
 *
 * @module
 */
import { run } from "./casethread/program.ts";
import { asProcess } from "./process.ts";

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
