import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { salesforceSandboxClient } from "casethread/salesforce/sandbox";
import { xSandboxClient } from "casethread/x/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/cli/casethread/program.ts";

type Env = Readonly<Record<string, string>>;

const town = new URL("town", import.meta.url).pathname;
const over = new AbortController();
const folder = mkdtempSync(join(tmpdir(), "casethread-"));
let env: Env = {};
let at = "";
const running: Promise<number>[] = [];

/** Runs a command over the town's configuration. */
const command = async (argv: readonly string[], variables: Env = env, stop = AbortSignal.timeout(60_000)) => {
  let [out, err] = ["", ""];
  const shell = { argv, env: variables, cwd: town, stop };
  const code = await run({ ...shell, out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
};

/** Begins a command that goes on, and waits for its first line. */
const begin = async (argv: readonly string[], variables: Env): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const shell = { argv: ["--json", ...argv], env: variables, cwd: town, stop: over.signal };
  const ended = run({ ...shell, out: resolve, err: () => undefined });
  running.push(ended);
  ended.then((code) => reject(new Error(`it ended with ${code}`))).catch(() => undefined);
  return promise;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

beforeAll(async () => {
  const port = await freePort();
  at = `http://127.0.0.1:${port}`;
  const printed = await begin(["sandbox", "--port", "0", "--at", at, "--no-console"], {});
  env = { ...(JSON.parse(printed) as Env), TOWN_DB: join(folder, "town.db") };
  await begin(["serve", "--port", String(port)], env);
}, 30_000);
afterAll(async () => {
  over.abort();
  expect(await Promise.all(running)).toEqual([0, 0]);
  rmSync(folder, { recursive: true, force: true });
});

const until = async <T>(ask: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(50);
  }
};

const silent = (text: string): void => {
  for (const [name, value] of Object.entries(env)) if (/TOKEN|SECRET/.test(name)) expect(text).not.toContain(value);
};

describe("the sandbox, what serves it, and those who look at both", () => {
  it("what a customer says becomes a case, with nothing set but what the sandbox printed", async () => {
    // The channel subscribes itself, in its own time.
    const headers = { authorization: `Bearer ${env["X_APP_BEARER_TOKEN"]}` };
    await until(async () => {
      const asked = await fetch(`${env["X_ORIGIN"]}/2/activity/subscriptions`, { headers });
      const { data = [] } = (await asked.json()) as { readonly data?: readonly unknown[] };
      return data.length < 10 ? undefined : data;
    });
    await xSandboxClient(env["X_ORIGIN"] ?? "").say({ by: "maria_k", text: "@acme_help my parcel is lost" });
    const org = salesforceSandboxClient(env["SALESFORCE_ORIGIN"] ?? "");
    const found = await until(async () => (await org.state()).cases[0]);
    expect(found.fields["Subject"]).toContain("my parcel is lost");
  }, 20_000);

  it("doctor says a line of each thing; setup says what it would do, does it, and nothing is wrong any more", async () => {
    const button = /^WRONG {2}facebook: Page 448242228374517 has no Get Started button: set one/m;
    // Facebook is told by the sandbox, in its own time.
    const first = await until(async () => {
      const told = await command(["doctor", "--at", at]);
      return told.out.includes("the app has no webhook") ? undefined : told;
    });
    expect(first.out).toMatch(button);
    for (const line of [
      "well   bridge: the store opens",
      "well   x: account 1001: X takes its credentials, and shows it private messages.",
      "note   x: account 1001: ",
      `well   x: X delivers to ${at}/x.`,
      "well   x: account 1001 is subscribed to all that is read.",
      `well   x: ${at}/x answers X's challenge`,
      "well   x: clock: within 30 s of X's",
      "well   facebook: Page 448242228374517: Meta takes its token, and it has all permissions.",
      "well   facebook: Page 448242228374517 is subscribed to all that is read.",
      `well   facebook: Meta delivers to ${at}/facebook.`,
      `well   facebook: ${at}/facebook answers Meta's challenge`,
      "well   salesforce: a first word from x, facebook was written and taken back",
      "note   salesforce: API calls: ",
      "well   salesforce: clock: within 30 s",
    ])
      expect(first.out).toContain(line);
    expect(first.out).toMatch(/^1 of \d+ is wrong$/m);
    expect(first.out).toContain("casethread setup facebook says it, and does it with --yes");
    expect([first.code, first.err]).toEqual([1, ""]);
    silent(first.out);

    const setup = ["setup", "facebook", "--at", at];
    const dry = await command(setup);
    expect(dry).toEqual({
      code: 0,
      out: "would set a Get Started button on Page 448242228374517\nnothing was done: --yes does it\n",
      err: "",
    });
    expect((await command(["doctor", "--at", at])).out).toMatch(button);
    expect(JSON.parse((await command(["--json", ...setup, "--yes"])).out)).toEqual({
      step: "set a Get Started button on Page 448242228374517",
      done: "Page 448242228374517 has a Get Started button",
    });
    expect((await command(setup)).out).toBe("nothing is left to do\n");
    for (const adapter of ["x", "salesforce"])
      expect(await command(["setup", adapter])).toMatchObject({ code: 0, out: "nothing is left to do\n" });
    const last = await command(["--json", "doctor", "--at", at]);
    expect(last.code).toBe(0);
    expect(JSON.parse(last.out)).toMatchObject({ ok: true });
  }, 30_000);

  it("a step that the vendor refuses ends the set-up: told, with what to do, and 1", async () => {
    const argv = ["setup", "facebook", "--at", "http://127.0.0.1:1", "--yes"];
    const told = await command(argv);
    expect(told).toMatchObject({ code: 1, out: "" });
    expect(told.err).toMatch(
      /^register the app's webhook .*\n {2}FAILED: \[facebook: invalid\] Meta does not take http:\/\/127\.0\.0\.1:1\/facebook: is the bridge up/,
    );
    expect(JSON.parse((await command(["--json", ...argv])).out)).toMatchObject({
      done: false,
      error: expect.stringContaining("is the bridge up there"),
    });
  });

  it("doctor tells of credentials that are not taken, of nobody's webhook, and of no secret", async () => {
    const told = await command(["doctor", "--at", "http://127.0.0.1:1"], {
      ...env,
      X_ACCESS_TOKEN: "77-wr0ng",
      FACEBOOK_PAGE_TOKEN: "EAAG-wr0ng",
      SALESFORCE_CLIENT_SECRET: "wr0ng",
    });
    expect(told.code).toBe(1);
    for (const line of [
      "WRONG  x: account 1001: [x: unauthorized] X does not accept the account's token. Authorise the account again.",
      "WRONG  x: no webhook is registered at http://127.0.0.1:1/x: register it.",
      'WRONG  x: [x: unavailable] nobody answers at http://127.0.0.1:1/x: start "casethread serve"',
      "WRONG  facebook: Page 448242228374517: Meta does not take its token any more",
      `WRONG  facebook: Meta delivers to ${at}/facebook, and not to http://127.0.0.1:1/facebook: register the webhook again.`,
      "WRONG  salesforce: could not be looked at: [salesforce: unauthorized]",
    ])
      expect(told.out).toContain(line);
    expect(told.out).not.toContain("wr0ng");
    silent(told.out);
  }, 20_000);

  it.for([
    [["setup", "park"], 'no adapter is called "park"; there are x, facebook, salesforce'],
    [["setup", "facebook"], "where Meta is to deliver is not known"],
    [["doctor", "--at", "bridge.example"], '"bridge.example" is no address'],
    [["doctor", "--at", "https://ann:s3same@bridge.example"], "leave the name and the password out of the address"],
    [["setup", "x", "--at", "https://ann:s3same@bridge.example"], "leave the name and the password out of the address"],
    [["sandbox", "--at", "https://bridge.example"], "write where the bridge will be on this machine"],
    [["sandbox", "--port", "many"], "--port many: give a number"],
  ] as const)("%j is not understood: one sentence, 2", async ([argv, sentence]) => {
    const { code, out, err } = await command(argv);
    expect(err).toContain(sentence);
    expect(err).not.toContain("s3same");
    expect([code, out]).toEqual([2, ""]);
  });

  it.for([
    ["hello", "the body is no JSON: look at how it is quoted"],
    ['{"text":"hi"}', "say: by: give a person's handle or id"],
    ['{"by":"nobody","text":"hi"}', "nobody here is called nobody: make them with persona()"],
  ] as const)("what a hand has sent amiss is told by the sandbox: %s", async ([body, sentence]) => {
    const answer = await fetch(new URL("/sandbox/say", env["X_ORIGIN"]), { method: "POST", body });
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { readonly error: string }).error).toContain(sentence);
  });

  it("a port that is taken is told by the sandbox, and nothing of it stays", async () => {
    const port = new URL(at).port;
    expect(await command(["sandbox", "--port", port])).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        `the sandbox of X cannot be served at port ${port} (EADDRINUSE): name another --port`,
      ),
    });
  });

  it("what else keeps the sandbox from beginning is told as what it is, and not as a port", async () => {
    const [root, source] = [join(import.meta.dirname, "../.."), "--conditions=casethread:source"];
    const argv = ["--no-experimental-sqlite", source, "src/cli/index.ts", "sandbox", "--port", "0"];
    await expect(promisify(execFile)(process.execPath, argv, { cwd: root })).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("this runtime has no node:sqlite: run Node 22.18 or newer"),
    });
  });
});

describe("the configuration", () => {
  it("all that the adapters' variables lack is told at once, each by its name", async () => {
    const { code, err } = await command(["health"], { FACEBOOK_APP_ID: "acme" });
    expect(code).toBe(2);
    for (const name of [
      "X_CONSUMER_KEY",
      "X_CONSUMER_SECRET",
      "X_ACCOUNT_ID",
      "X_ACCESS_TOKEN",
      "X_ACCESS_SECRET",
      "FACEBOOK_APP_ID) is not valid",
      "FACEBOOK_APP_SECRET",
      "FACEBOOK_VERIFY_TOKEN",
      "FACEBOOK_PAGE_ID",
      "FACEBOOK_PAGE_TOKEN",
      "SALESFORCE_ORIGIN",
      "SALESFORCE_CLIENT_ID",
      "SALESFORCE_CLIENT_SECRET",
    ])
      expect(err).toContain(name);
    expect(err).toContain("something is wrong with 3 of its parts");
  });
});
