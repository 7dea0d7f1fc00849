/** A worker that stands still inside a transaction: it takes hold of a conversation and its lane, and stops itself. */
import { Pool, type PoolConfig } from "pg";
import { postgres } from "casethread/postgres";
import { caseActOf, causeOf, decisionOf, talkOf, wokenOf } from "../../src/conformance/make.ts";

const [, , connection = "{}", schema = "", name = ""] = process.argv;
const pool = new Pool(JSON.parse(connection) as PoolConfig);
const store = postgres({ pool, schema });
await store.migrate();
const talk = talkOf(name, Date.now());
await store.unit(async (unit) => {
  await unit.keep(
    [decisionOf(talk, { effects: [caseActOf(talk, "held", Date.now())] })],
    causeOf(wokenOf(talk, Date.now(), "held")),
  );
  process.stdout.write("stopped\n");
  process.kill(process.pid, "SIGSTOP");
});
