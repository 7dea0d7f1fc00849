import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock } from "casethread/sandbox";
import { createXSandbox } from "casethread/x/sandbox";
import { expect } from "vitest";
import { run } from "../../../src/cli/casethread/program.ts";

export const town: string = new URL(".", import.meta.url).pathname;
const day = 86_400_000;

export interface Ground extends AsyncDisposable {
  /** A day before anybody spoke. */
  readonly from: string;
  readonly env: Readonly<Record<string, string>>;
  /** How often X's archive was searched. */
  searches(): Promise<number>;
  command(
    argv: readonly string[],
    stop?: AbortSignal,
  ): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
}

/** X, to which people have spoken for weeks, an org, and where a bridge keeps its store. */
export const ground = async (): Promise<Ground> => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-backfill-"));
  const clock = createClock({ start: Date.now() - 5 * day });
  const from = new Date(clock.now()).toISOString().slice(0, 10);
  const network = await createXSandbox({
    clock,
    accounts: [{ id: "1001", handle: "acme_help" }],
    hostile: { indexLagMs: 0 },
  });
  const org = await createSalesforceSandbox();
  for (let n = 0; n < 3; n += 1) {
    await clock.advance(day);
    await network.say({ by: await network.persona(`person${n}`), text: `@acme_help parcel ${n}` });
  }
  await clock.advance(Date.now() - clock.now());
  const env = { ...network.env(), ...org.env(), TOWN_DB: join(folder, "town.db") };
  const searches = async (): Promise<number> =>
    (await network.state()).requests.filter(({ path }) => path === "/2/tweets/search/all").length;
  const command = async (argv: readonly string[], stop = AbortSignal.timeout(60_000)) => {
    let [out, err] = ["", ""];
    const shell = { argv, env, cwd: town, stop };
    const code = await run({ ...shell, out: (text) => void (out += text), err: (text) => void (err += text) });
    return { code, out, err };
  };
  return {
    from,
    env,
    searches,
    command,
    [Symbol.asyncDispose]: async () => {
      await network[Symbol.asyncDispose]();
      await org[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** A run after one that was stopped reads the rest, says so, and has counted each word once. */
export const endsWhole = async (at: Ground, asked: readonly string[]): Promise<void> => {
  const last = await at.command(["--json", ...asked, "--yes"]);
  expect(last).toMatchObject({ code: 0, err: "" });
  const [plan, done] = last.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(plan).toMatchObject({ account: "x/1001", items: 3, price: { usd: 0.045 }, resumes: expect.any(Number) });
  expect(done).toMatchObject({ account: "x/1001", read: 3, done: true });
  const ledger = (await at.command(["--json", "ledger"])).out.trim().split("\n");
  expect(ledger.filter((line) => line.includes('"kind":"event"'))).toHaveLength(3);
  expect((await at.command([...asked, "--yes"])).out).toContain("was read before; nothing is left to do");
};
