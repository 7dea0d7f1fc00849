import { createHmac } from "node:crypto";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { salesforceSandboxClient } from "casethread/salesforce/sandbox";
import { serve } from "casethread/sandbox";
import { xSandboxClient } from "casethread/x/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as casethread } from "../../src/cli/casethread/program.ts";
import { findServer } from "../postgres/server.ts";
import { fencesOf, root, scratch } from "./fences.ts";

const run = promisify(execFile);
const node = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"];
const programs = fencesOf("README.md", "ts");
const folder = scratch();
const over = new AbortController();
let env: Readonly<Record<string, string>> = {};
let port = 0;
let sandbox: Promise<number> | undefined;
const origin = (of: "X" | "SALESFORCE"): string => env[`${of}_ORIGIN`] ?? "";
const network = () => xSandboxClient(origin("X"));
const org = () => salesforceSandboxClient(origin("SALESFORCE"));

/** A program of the README as a file, with what is the reader's own put in: each has to stand there. */
const write = (under: string, name: string, own: readonly (readonly [string, string])[] = []): string => {
  let code = programs.find((one) => one.under === under)?.code ?? "";
  for (const [theirs, ours] of own) {
    expect(code, `the program under "${under}"`).toContain(theirs);
    code = code.replaceAll(theirs, ours);
  }
  writeFileSync(join(folder, name), code);
  return name;
};
const settings = () => ({
  cwd: folder,
  env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(folder, "cache"), ...env },
});

/** One that ends by itself: what it prints. */
const play = async (args: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await run(process.execPath, [...node, ...args], settings());
  expect(stderr).toBe("");
  return stdout;
};

interface Going {
  readonly out: () => string;
  /** Ends it, and says what went wrong meanwhile. */
  readonly end: () => Promise<string>;
}
const begun = new Set<ChildProcess>();
/** One that goes on until it is told to stop. */
const begin = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Going => {
  const { cwd, env: own } = settings();
  const child = spawn(process.execPath, [...node, ...args], { cwd, env: { ...own, ...more } });
  begun.add(child);
  let [out, err] = ["", ""];
  child.stdout.on("data", (some: Buffer) => void (out += some.toString()));
  child.stderr.on("data", (some: Buffer) => void (err += some.toString()));
  return {
    out: () => out + err,
    end: async () => {
      begun.delete(child);
      if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
      return err;
    },
  };
};

const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
  for (const by = Date.now() + 20_000; Date.now() < by;) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`waited for in vain: ${what}`);
};
const spoken = (words: string) =>
  until(`"${words}" on the feed`, async () =>
    (await network().state()).posts.find(({ by, text }) => by === "1001" && text.includes(words)),
  );
/** Somebody speaks to the brand, and X's search comes to know it. */
const speak = async (handle: string, words: string): Promise<void> => {
  await network().say({ by: await network().persona(handle), text: `@acme_help ${words}` });
  await sleep(2_100);
};

beforeAll(async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  ({ port } = free.address() as AddressInfo);
  free.close();
  const printed = Promise.withResolvers<string>();
  const argv = ["--json", "sandbox", "--port", "0", "--at", `http://127.0.0.1:${port}`, "--no-console"];
  const shell = { argv, env: {}, cwd: folder, err: () => undefined, stop: over.signal };
  sandbox = casethread({ ...shell, out: printed.resolve });
  env = JSON.parse(await printed.promise) as typeof env;
}, 30_000);
afterAll(async () => {
  for (const child of begun) child.kill("SIGKILL");
  over.abort();
  expect(await sandbox).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

it("every program of the README is run below", () => {
  expect(programs.map(({ under }) => under)).toEqual([
    "The program",
    "From a link",
    "What is said in public, and of whom nothing is left",
    "The brand's manners",
    "Command line",
    "PostgreSQL",
    "Edges",
  ]);
});

describe("in the order of the README, on one sandbox and one file", () => {
  let [post, key, token] = ["", "", ""];

  it("The program, and the shell block about it", { timeout: 60_000 }, async () => {
    const going = begin([write("The program", "bridge.mts", [["listen(8080)", `listen(${port}, "127.0.0.1")`]])]);
    await expect.poll(going.out).toMatch(/source: 'x\/1001' \} nothing that happens from now on is missed/);
    const block = fencesOf("README.md", "sh").find(({ code }) => code.includes("/sandbox/say"))?.code ?? "";
    const here = block
      .replace("http://127.0.0.1:7001", origin("X"))
      .replace("http://127.0.0.1:7003", origin("SALESFORCE"));
    const [say = "", state = ""] = here.match(/^curl .*$/gm) ?? [];
    post = (JSON.parse((await run("sh", ["-c", say])).stdout) as { value: { id: string } }).value.id;
    const opened = await until("a case", async () => (await org().state()).cases[0]);
    expect(opened.owner).toBe("Social Support");
    expect((await run("sh", ["-c", state])).stdout).toContain("my parcel is lost");
    key = opened.key ?? "";

    const ann = org().agent("Ann");
    await ann.answer(key, { text: "I am sorry, Maria.", side: "public" });
    const { deepLink = "" } = await spoken("I am sorry, Maria.");
    [token = ""] = /ct-[\w-]+/.exec(decodeURIComponent(deepLink)) ?? [];
    await ann.answer(key, { text: "Or write to maria@keller.example.", side: "public" });
    await until("a held answer", async () => (await org().entriesOf(key)).find(({ state: now }) => now === "held"));

    await network().persona("tom_b", { name: "Tom Berg" });
    await network().say({ by: "tom_b", text: "@acme_help I am a journalist. Any comment?" });
    await until("a case of the press", async () => (await org().state()).cases.find(({ owner }) => owner === "PR"));
    // Facebook's sandbox has looked once whether it is meant.
    expect(going.out().match(/was refused/g)?.length ?? 0).toBeLessThan(2);
    expect((await going.end()).replace(/^\{[^}]*\} a delivery was refused$/m, "").trim()).toBe("");
    // Said while nobody runs; it takes its time until X's search knows it.
    await network().say({ by: await network().persona("ada_o"), text: "@acme_help where is my parcel?" });
  });

  it("From a link", async () => {
    const out = await play([write("From a link", "link.mts", [["1871234567890", post]])]);
    expect(out).toMatch(/^0\d{7} http:\/\/127\.0\.0\.1:\d+\/\S+ \w+\n/);
    expect(out).toContain("the customer spoke in public");
  });

  it("What is said in public", async () => {
    const [words, { id }] = ["I am a journalist", await network().persona("tom_b")];
    const kept = (): boolean =>
      readdirSync(folder).some(
        (name) => name.startsWith("casethread.db") && readFileSync(join(folder, name)).includes(words),
      );
    expect(kept()).toBe(true);
    const own = [
      ["2244994945", "1001"],
      ['"871"', `"${id}"`],
    ] as const;
    const out = await play([write("What is said in public, and of whom nothing is left", "said.mts", own)]);
    expect(kept()).toBe(false);
    expect(out).toMatch(/^\S+ \[\n? *\{.*'maria@keller\.example'.*\}\n? *\]\n\[\]\n$/s);
  });

  it("The brand's manners", { timeout: 60_000 }, async () => {
    const asked: string[] = [];
    await using shop = await serve(async ({ url }) => {
      asked.push(new URL(url).pathname);
      return new Response("gold");
    });
    const own = [
      ["ct-…", token],
      ["https://shop.example", shop.origin],
    ] as const;
    const going = begin([write("The brand's manners", "manners.mts", own)]);
    const said = await until("what came by the form", async () =>
      (await org().entriesOf(key)).find(({ text }) => text === "It was order 4711."),
    );
    expect(said.side).toBe("private");
    await until("a question to the shop", async () => asked[0]);
    expect(asked).toEqual(["/tiers/ada_o"]);
    // What the programs before have asked for, and left to who works.
    await until("Tom's words gone from the org", async () =>
      (await org().state()).entries.some(({ text }) => text?.includes("journalist")) ? undefined : true,
    );
    await spoken("We are on it.");
    await until("a case of PR's", async () =>
      (await org().state()).cases.find((one) => one.key === key && one.owner === "PR"),
    );
    expect(await going.end()).toBe("");
  });

  it("Command line: the configuration, as commands read it", async () => {
    write("Command line", "casethread.config.mts");
    expect(await play([join(root, "src/cli/index.ts"), "explain", key])).toContain("the customer spoke in public");
  });
});

it("PostgreSQL", { timeout: 60_000 }, async ({ skip }) => {
  await using server = await findServer();
  const { connection } = server;
  skip(connection === undefined, `there is only ${server.name}`);
  const schema = server.schema();
  const own = [
    ["postgres({ pool: new Pool({ max: 10 }) })", `postgres({ pool: new Pool({ max: 10 }), schema: "${schema}" })`],
  ] as const;
  const { host, port: at, user, database } = connection ?? {};
  const reached = { PGHOST: String(host), PGPORT: String(at), PGUSER: String(user), PGDATABASE: String(database) };
  const going = begin([write("PostgreSQL", "postgres.mts", own)], reached);
  const client = await server.pool().connect();
  const rowsOf = async (from: string): Promise<readonly object[]> => {
    const asked = `SELECT * FROM "${schema}".${from}`;
    return ((await client.query({ text: asked }).catch(() => ({}))) as { rows?: readonly object[] }).rows ?? [];
  };
  await until("a source that has answered", async () => (await rowsOf("note WHERE name = 'cursor/x/1001'"))[0]);
  await speak("eva_r", "the lift is stuck");
  // Whoever starts asks at once.
  const another = begin(["postgres.mts"], reached);
  await until("a case", async () =>
    (await org().state()).cases.find(({ fields }) => JSON.stringify(fields).includes("lift")),
  );
  expect(await rowsOf("conversation")).toHaveLength(1);
  client.release();
  expect(await going.end()).toBe("");
  expect(await another.end()).toBe("");
  await server.drop(schema);
});

it("Edges", { timeout: 60_000 }, async () => {
  // The accounts that are named there are the sandbox's here, and a vault is whatever one has.
  writeFileSync(
    join(folder, "vault.mjs"),
    `const held = { "x/key": "X_CONSUMER_KEY", "x/secret": "X_CONSUMER_SECRET", "x/token": "X_ACCESS_TOKEN",
      "x/token-secret": "X_ACCESS_SECRET", "salesforce/secret": "SALESFORCE_CLIENT_SECRET" };
    globalThis.vault = { read: async (name) => process.env[held[name]] };`,
  );
  // Handshakes of X come below the base path, and are signed with what the vault says.
  const challenge = `const hook = new Request("https://acme.example/hooks/x?crc_token=4zUm0cLlSvOGcNHGZ7KQ");
    const told = await bridge.fetch(hook);
    console.log(told.status, await told.text());
    `;
  const before = (await network().state()).requests.length;
  const written = (await org().state()).requests.length;
  const file = write("Edges", "edge.mts", [
    ["x({", `x({ origin: "${origin("X")}",`],
    ["2244994945", "1001"],
    ["https://acme.my.salesforce.com", origin("SALESFORCE")],
    ["3MVG9…", env["SALESFORCE_CLIENT_ID"] ?? ""],
    ["await bridge.work(", `${challenge}await bridge.work(`],
  ]);
  const secret = createHmac("sha256", env["X_CONSUMER_SECRET"] ?? "")
    .update("4zUm0cLlSvOGcNHGZ7KQ")
    .digest("base64");
  const signed = `200 {"response_token":"sha256=${secret}"}\n`;
  // Read from now on, the first time; the second time, what was said between them.
  expect(await play(["--import", "./vault.mjs", file])).toBe(signed);
  await speak("leo_m", "the door is jammed");
  expect(await play(["--import", "./vault.mjs", file])).toBe(signed);
  const { cases, requests } = await org().state();
  expect(cases.filter(({ fields }) => JSON.stringify(fields).includes("jammed"))).toHaveLength(1);
  expect(requests.slice(written).filter(({ status }) => status >= 400)).toEqual([]);
  const asked = (await network().state()).requests.slice(before);
  expect(asked).not.toEqual([]);
  expect(asked.filter(({ status = 0 }) => status >= 400)).toEqual([]);
});
