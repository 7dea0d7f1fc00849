import { afterAll, describe, expect, it } from "vitest";
import { postgres } from "casethread/postgres";
import { findServer } from "../postgres/server.ts";
import { everyPoint } from "./points.ts";
import type { Ground } from "./world.ts";

const server = await findServer();
const pool = server.pool();
afterAll(() => server[Symbol.asyncDispose]());

const onServer = (): Ground => {
  const schema = server.schema();
  return {
    open: (clock) => postgres({ pool, schema, clock }),
    again: true,
    remove: () => server.drop(schema),
  };
};

if (server.kind === "pglite")
  process.stdout.write(
    "not shown, for want of a PostgreSQL: that the server lets go what a process that died has locked, while others work\n",
  );

// One play takes seconds here, and there are hundreds of calls: every call is failed on the embedded store, whose rules
// these are; here a part of them, another for each kind of fault.
const every = 97;

describe(`the crash matrix, on ${server.name}`, () => {
  it.for([
    ["crash", "before", 7],
    ["crash", "after", 21],
    ["error", "before", 35],
    ["error", "after", 50],
  ] as const)("%s %s a call of a contract", { timeout: 240_000 }, async ([mode, when, from]) => {
    const { calls, reached, failures } = await everyPoint(mode, when, { from, every, ground: onServer });
    expect(failures).toEqual([]);
    expect(reached).toBeGreaterThan((calls / every) * 0.8);
  });
});
