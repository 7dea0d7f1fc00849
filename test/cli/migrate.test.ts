import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgres } from "casethread/postgres";
import { sqlite } from "casethread/sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/casethread/program.ts";
import { createDesk } from "../made-up/desk.ts";
import { createPark } from "../made-up/park.ts";
import { bridgeBetween } from "../made-up/world.ts";
import { findServer } from "../postgres/server.ts";

const kiosk = new URL("kiosk", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "casethread-"));
const file = join(folder, "kiosk.db");
const server = await findServer();
const reached = server.connection;
if (reached === undefined) console.log(`skipped: "migrate --from" needs a PostgreSQL; there is only ${server.name}.`);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const command = async (...argv: readonly string[]) => {
  let [out, err] = ["", ""];
  const code = await run({
    argv,
    env: {
      KIOSK_DB: file,
      PGHOST: reached?.host,
      PGPORT: String(reached?.port),
      PGUSER: reached?.user,
      PGDATABASE: reached?.database,
    },
    cwd: kiosk,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stop: AbortSignal.timeout(60_000),
  });
  return { code, out, err };
};

describe("migrate", () => {
  it("brings the configured store to this version", async () => {
    expect(await command("migrate")).toEqual({
      code: 0,
      out: "the store (sqlite) has this version's schema\n",
      err: "",
    });
    expect(JSON.parse((await command("--json", "migrate")).out)).toEqual({ store: "sqlite", migrated: true });
  });

  it("prints PostgreSQL's statements and asks nobody", async () => {
    const { code, out } = await command("-c", "none.ts", "migrate", "--print", "--schema", "desk", "--role", "worker");
    expect(code).toBe(0);
    expect(out).toBe(postgres.sql({ schema: "desk", role: "worker" }));
    expect(out).toMatch(
      /^BEGIN;[\s\S]*CREATE TABLE "desk"\.conversation[\s\S]*GRANT USAGE[\s\S]*"worker"[\s\S]*COMMIT;\n$/,
    );
    expect((await command("migrate", "--print", "--since", "1")).out).toBe(postgres.sql({ from: 1 }));
    expect(JSON.parse((await command("--json", "migrate", "--print")).out)).toEqual({ sql: postgres.sql() });
  });

  it.for([
    [["--print", "--from", "kiosk.db"], "--print and --from: one of the two"],
    [["--from", "nowhere.db"], "--from nowhere.db: there is no such file"],
    [["--print", "--since", "yesterday"], "--since yesterday: give the version"],
    [["--role", "worker"], "--role and --since go with --print"],
    [["--schema", "desk"], "--schema goes with --print or --from"],
  ] as const)("%j is not understood: one sentence, 2", async ([argv, sentence]) => {
    const { code, out, err } = await command("migrate", ...argv);
    expect(err).toContain(sentence);
    expect([code, out]).toEqual([2, ""]);
  });

  it.skipIf(reached === undefined)("moves an embedded store to PostgreSQL, once", async () => {
    const [park, desk] = [createPark(Date.now), createDesk(Date.now, { lawful: true })];
    const at = async <T>(
      store: ReturnType<typeof sqlite>,
      story: (world: ReturnType<typeof bridgeBetween>) => Promise<T>,
    ) => {
      await using world = bridgeBetween(park, desk, { store });
      return await story(world);
    };
    const key = await at(sqlite({ file, durable: false }), async (world) => {
      const post = await world.post("maria", "cold coffee");
      await world.settle();
      return (await world.talk(post)).key;
    });
    const schema = server.schema();
    try {
      const moved = await command("migrate", "--from", file, "--schema", schema);
      expect(moved).toMatchObject({ code: 0, err: "" });
      expect(moved.out).toMatch(/^ +1 {2}conversation$/m);
      expect(moved.out).toContain(`rows are in the schema "${schema}"`);
      expect(moved.out).toContain(`schema: "${schema}"`);
      const found = await at(postgres({ pool: server.pool(), schema }), ({ bridge }) =>
        bridge.conversation({ conversation: key }),
      );
      expect(found?.entries.map(({ text }) => text)).toEqual(["cold coffee"]);
      const again = await command("--json", "migrate", "--from", file, "--schema", schema);
      expect(again).toMatchObject({ code: 2, out: "", err: expect.stringContaining("is not empty") });
    } finally {
      await server.drop(schema);
    }
  });
});
