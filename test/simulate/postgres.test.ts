import { expect, it } from "vitest";
import { haveServer } from "../postgres/server.ts";
import { simulate } from "./child.ts";

const shown = await haveServer();
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: a world on a server\n");

// All the others take minutes: `npm run test:long`.
it.runIf(shown)(
  "in a small world on PostgreSQL, with three workers, no law is broken",
  { timeout: 300_000 },
  async () => {
    const report = await simulate("--small", "quick", "--seeds", "1");
    expect(report.failed, JSON.stringify(report.failed)).toBeUndefined();
    for (const danger of ["an answer of the database was lost", "the database restarted"] as const)
      expect(report.reached[danger], danger).toBeGreaterThan(0);
  },
);
