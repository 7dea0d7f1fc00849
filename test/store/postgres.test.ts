import { createClock } from "casethread/sandbox";
import { postgres } from "casethread/postgres";
import { afterAll, describe, test } from "vitest";
import { type StoreSubject, storeLaws } from "../../src/conformance/store.ts";
import { backupOf } from "../postgres/backup.ts";
import { findServer } from "../postgres/server.ts";

const server = await findServer();
afterAll(() => server[Symbol.asyncDispose]());
const [one, two] = [server.pool(), server.pool()];

const onServer = (): StoreSubject => {
  const clock = createClock({ still: true });
  const schemas = new Map<string, string>();
  let opened = 0;
  const schemaOf = (name: string): string => {
    const schema = schemas.get(name) ?? server.schema();
    schemas.set(name, schema);
    return schema;
  };
  return {
    // Two stores of one schema have pools of their own, as two processes would.
    open: (name) => Promise.resolve(postgres({ pool: (opened += 1) % 2 ? one : two, schema: schemaOf(name), clock })),
    destroy: (name) => server.drop(schemaOf(name)),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    shared: true,
    exclusive: false,
    backup: (name) => backupOf(one, schemaOf(name)),
  };
};

/** What happens between two connections at once: where there is one connection only, these pass and show nothing. */
const between = /racers|racing|one after the other|beside|many who swap|at once|excludes/;

describe(`the laws of a store, on ${server.name}`, () => {
  if (server.kind === "pglite") {
    const due = storeLaws.filter(({ name, needs }) => between.test(name) && needs !== "exclusive");
    const names = due.map(({ name }) => name);
    process.stdout.write(`not shown, for want of a PostgreSQL: ${names.join("; ")}\n`);
  }
  test.for(storeLaws.map((law) => [law.name, law] as const))("%s", async ([, law], { skip }) => {
    if (law.needs === "exclusive") skip("many may work PostgreSQL at once");
    await law.run(onServer());
  });
});
