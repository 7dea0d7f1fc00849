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
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stop,
  }),
);
