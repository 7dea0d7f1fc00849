import { afterAll, expect, it } from "vitest";
import { postgres } from "casethread/postgres";
import { findServer } from "../postgres/server.ts";
import { createFuse } from "./fuse.ts";
import { play } from "./story.ts";
import type { Ground } from "./world.ts";

const server = await findServer();
const pool = server.pool();
afterAll(() => server[Symbol.asyncDispose]());
const shown = server.kind === "real";
if (!shown)
  process.stdout.write(
    "not shown, for want of a PostgreSQL: a crash between the mark and the call; `npm run test:long` has it on PGlite\n",
  );

// A story takes seconds on a server. Here the process dies at the moment that matters most: `npm run test:long` has more.
it.runIf(shown)(`survives a crash between the mark and the call, on ${server.name}`, { timeout: 240_000 }, async () => {
  const fuse = createFuse({ at: 0, named: "store.sending", when: "after", mode: "crash" });
  const schema = server.schema();
  const ground: Ground = {
    open: (clock) => postgres({ pool, schema, clock }),
    again: true,
    remove: () => server.drop(schema),
  };
  expect(await play(fuse, ground)).toEqual([]);
  expect(fuse.blown).toContain("store.sending");
});
