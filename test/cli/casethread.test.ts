import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bridge, BridgeOptions } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/casethread/outside.ts";
import { run } from "../../src/cli/casethread/program.ts";
import { sentenceOf, type Shell } from "../../src/cli/casethread/shell.ts";
import { createDesk } from "../made-up/desk.ts";
import { createPark } from "../made-up/park.ts";
import { bridgeBetween, type World } from "../made-up/world.ts";
import { policy as departments } from "./kiosk/departments.config.ts";

const cli = new URL("../../src/cli/index.ts", import.meta.url).pathname;
const kiosk = new URL("kiosk", import.meta.url).pathname;
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "casethread-"));
  file = join(folder, "kiosk.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command over the kiosk's configuration. */
const command = async (...words: readonly (string | Pick<Shell, "node">)[]) => {
  let [out, err] = ["", ""];
  const argv = words.filter((word) => typeof word === "string");
  const code = await run({
    ...words.find((word) => typeof word === "object"),
    argv,
    env: { KIOSK_DB: file },
    cwd: kiosk,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stop: AbortSignal.timeout(60_000),
  });
  return { code, out, err };
};

/** Lets a bridge live over the kiosk's file, and closes it. */
const live = async <T>(story: (world: World) => Promise<T>, more: Pick<BridgeOptions, "policy"> = {}): Promise<T> => {
  // One time for all: a store that keeps its own would have what passes at once waited for.
  const clock = createClock();
  await using world = bridgeBetween(createPark(clock.now), createDesk(clock.now, { lawful: true }), {
    ...more,
    clock,
    store: sqlite({ file, durable: false, clock }),
  });
  return await story(world);
};

const json = async (...argv: readonly string[]): Promise<unknown> => JSON.parse((await command("--json", ...argv)).out);

describe("casethread", () => {
  it("says what it can do, and how it ends", async () => {
    const { code, out } = await command("--help");
    expect(code).toBe(0);
    for (const name of [
      "serve",
      "adopt",
      "backfill",
      "health",
      "explain",
      "ledger",
      "parked",
      "held",
      "unread",
      "dismiss",
      "pause",
      "resume",
      "check",
    ])
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(out).toContain("Exit codes");
  });

  it.for([
    ["20.20.2", 1],
    ["22.9.0", 1],
    ["22.18.0", 0],
    ["100.0.0", 0],
  ] as const)("says which Node it wants: %s", async ([node, code]) => {
    const err = `[casethread: unavailable] this is Node ${node}: install Node 22.18 or newer, and run it with that\n`;
    expect(await command({ node }, "--version")).toMatchObject({ code, err: code === 0 ? "" : err });
  });

  it.for([
    [["fly"], "unknown command 'fly'\ncasethread --help says what it takes"],
    [["pause"], "required option '--reason <text>' not specified\ncasethread pause --help says what it takes"],
    [["serve", "--prot", "1"], "(Did you mean --port?)\ncasethread serve --help"],
    [
      ["pause", "--reason", "storm", "--account", "park/2"],
      "--account park/2: there is no such account here, only park/",
    ],
    [["pause", "--reason", "storm", "--account", "x"], "--account x: write it as channel/id, such as x/1001"],
    [["pause", "--reason", "storm", "--side", "left"], "--side left: write public or private"],
    [["pause", "--reason", " "], "--reason: say why, for whoever finds it"],
    [["sandbox", "--port", "65533"], "--port 65533: the next three are needed too: give 65532 or a lower one"],
    [["ledger", "--limit", "many"], "--limit many: give a number of rows"],
    [["ledger", "--kinds", "event,rumour"], "--kinds event,rumour: give some of event, decided, "],
    [["serve", "--port", "http"], "--port http: give a number from 0 to 65535"],
    [["-c", "none.ts", "health"], "--config none.ts: there is no such file"],
    [
      ["-c", "nothing.config.ts", "health"],
      "neither options for createBridge nor a function that gives them: write export default { channels, crm }",
    ],
    [["-c", "empty.config.ts", "health"], "crm: give a CRM, such as salesforce({ … })"],
    [["check", "none.ts"], "none.ts: there is no such file; name one that is there"],
    [["check", "casethread.config.ts"], "exports no function called channel, crm or store"],
  ] as const)("%j is not understood: one sentence, 2", async ([argv, sentence]) => {
    const { code, out, err } = await command(...argv);
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/^\s+at /m);
    expect([code, out]).toEqual([2, ""]);
  });

  it("what could not be done is JSON too, where that is asked for", async () => {
    const { code, err } = await command("--json", "serve", "--port", "http");
    expect(code).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: "[casethread: invalid] --port http: give a number from 0 to 65535",
      fault: "invalid",
    });
    const unread = await command("--json", "setup");
    expect([unread.code, JSON.parse(unread.err)]).toEqual([
      2,
      { error: "missing required argument 'adapter': casethread setup --help says what it takes", fault: "invalid" },
    ]);
  });

  it("says that a port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { code, out, err } = await command("serve", "--port", String(port));
    taken.close();
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(`nothing can be served at 127.0.0.1:${port} (EADDRINUSE): name another --port or --host`);
  });

  it("says its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await command("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  it("a configuration that npm init made CommonJS of is told what to do about it", async () => {
    writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }');
    writeFileSync(join(folder, "casethread.config.ts"), 'import "node:fs";\nexport default {};\n');
    writeFileSync(join(folder, "bare.config.js"), "export default {};\n");
    const asked = (...argv: readonly string[]) =>
      spawnSync(process.execPath, ["--conditions=casethread:source", cli, ...argv], { cwd: folder, encoding: "utf8" });
    expect(asked("health").stderr).toContain(
      'it is written as a module and read as CommonJS: run "npm pkg set type=module" beside it, or call it casethread.config.mts',
    );
    expect(asked("-c", "bare.config.js", "health").stderr).toContain("call it bare.config.mjs");
  });

  it("without a configuration says what to write", async () => {
    let err = "";
    const shell = { env: {}, cwd: folder, out: () => undefined, stop: AbortSignal.timeout(9_000) };
    expect(await run({ ...shell, argv: ["health"], err: (text) => void (err += text) })).toBe(2);
    expect(err).toContain("write casethread.config.ts, as casethread --help shows one");
  });

  it("explains a conversation by its key and by its case, and says what it does not know", async () => {
    const { key, id } = await live(async (world) => {
      const post = await world.post("maria", "cold coffee");
      await world.settle();
      const talk = await world.talk(post);
      return { key: talk.key, id: talk.conversation.case.ref?.id ?? "" };
    });
    const told = await command("explain", key);
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toContain("the customer spoke in public");
    expect(told.out).not.toContain("cold coffee");
    expect((await command("explain", id)).out).toBe(told.out);
    expect(await json("explain", key)).toMatchObject({ found: true, key });
    expect(await command("explain", "https://example.org/nothing")).toMatchObject({ code: 1 });
    expect((await command("explain", "00099")).out).toContain("a case's id, which is not its number,");
    expect((await command("explain", "nothing")).out).toContain("nothing is known of nothing");
  });

  it("prints the ledger, as lines and as JSON, from a position on", async () => {
    await live(async (world) => {
      await world.post("maria", "cold coffee");
      await world.settle();
    });
    const whole = (await command("--json", "ledger")).out.trim().split("\n");
    const [first] = whole.map((line) => JSON.parse(line) as { position: string; kind: string });
    expect(first).toMatchObject({ kind: "event" });
    expect(whole.join()).not.toContain("cold coffee");
    const rest = (await command("--json", "ledger", "--after", first?.position ?? "")).out.trim().split("\n");
    expect(rest).toEqual(whole.slice(1));
    const decided = (await command("--json", "ledger", "--kinds", "decided, erased")).out.trim().split("\n");
    expect(decided).toEqual(whole.filter((line) => line.includes('"kind":"decided"')));
    expect((await command("ledger", "--limit", "2")).out.trim().split("\n")).toHaveLength(2);
    expect(await command("ledger", "--after", "yesterday")).toMatchObject({ code: 2 });
  });

  it("lists what is parked, and settles it", async () => {
    expect(await command("parked")).toMatchObject({ code: 0, out: "no act waits for a person\n" });
    await live(async (world) => {
      world.park.faults.push("mute");
      await world.answer(await world.post("maria", "cold coffee"), "So sorry.");
      await world.pass(60_000);
    });
    const listed = await command("parked");
    expect(listed.code).toBe(1);
    expect(listed.out).toContain("may have gone out and cannot be seen");
    expect(listed.out).toContain('"So sorry."');
    expect(listed.out).toContain("then: casethread landed KEY, it is there; retry KEY");
    const [one] = (await json("parked")) as readonly { effect: string }[];
    for (const name of ["health", "doctor"])
      expect((await command(name)).out).toContain("1 act waits for a person: see casethread parked\n");
    expect(await json("health")).toMatchObject({ troubles: ["1 act waits for a person: see casethread parked"] });
    expect((await command("handover")).out).toContain("1 act waits for a person");
    expect(await command("drop", one?.effect ?? "")).toMatchObject({ code: 0, out: "dropped\n" });
    expect(await json("parked")).toEqual([]);
    const again = await command("drop", one?.effect ?? "");
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toContain("casethread parked lists those that wait");
  });

  it("lists what could not be read, as it came", async () => {
    expect(await command("unread")).toMatchObject({ code: 0, out: "all that came could be read\n" });
    await live(async (world) => {
      await world.bridge.fetch(world.park.deliver({ shape: "none", note: "cold\u001b[2Jcoffee" } as never));
    });
    const listed = await command("unread");
    expect([listed.code, listed.err]).toEqual([1, ""]);
    expect(listed.out).toMatch(
      /^\w+\n {2}\d{4}-\d\d-\d\d [\d:]{8}, could not be read: not a word\n {2}\{.*"note":"cold/,
    );
    expect(listed.out).not.toContain("\u001b");
    expect(await json("unread")).toEqual([
      { id: expect.any(String), at: expect.any(Number), reason: "not a word", raw: expect.stringContaining("coffee") },
    ]);
    for (const name of ["health", "doctor"])
      expect((await command(name)).out).toContain("1 genuine item could not be read: see casethread unread\n");
    const id = /^\w+/.exec(listed.out)?.[0] ?? "";
    const seen = await command("dismiss", id);
    expect(seen).toMatchObject({ code: 0, out: "dismissed: what it said is kept no longer\n" });
    expect(await json("unread")).toEqual([]);
    expect((await command("health")).out).not.toContain("could not be read");
    const again = await command("dismiss", id);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining("casethread unread lists those that do")]);
  });

  it("takes a person's word that a parked act is there, and where", async () => {
    await live(async (world) => {
      for (const who of ["maria", "jo"]) {
        world.park.faults.push("mute");
        await world.answer(await world.post(who, "cold coffee"), "So sorry.");
        await world.pass(60_000);
      }
    });
    const [one, two] = (await json("parked")) as readonly { effect: string }[];
    const elsewhere = await command("landed", one?.effect ?? "", "https://example.org/901");
    expect(elsewhere).toMatchObject({ code: 2, out: "" });
    expect(elsewhere.err).toContain("it is no link to a post of park/");
    const taken = { code: 0, out: "taken as done\n" };
    expect(await command("landed", one?.effect ?? "", "https://park.test/901")).toMatchObject(taken);
    expect(await command("landed", two?.effect ?? "")).toMatchObject(taken);
    expect(await json("parked")).toEqual([]);
    expect((await command("explain", "https://park.test/901")).out).toContain("said; a person says so");
    expect(await command("landed", one?.effect ?? "")).toMatchObject({ code: 1, out: "" });
  });

  it("lists what is held, and decides it", async () => {
    await live(async (world) => {
      const post = await world.post("maria", "cold coffee");
      await world.answer(post, "Mail kiosk@example.org", "public", "one");
      await world.answer(post, "Call kiosk2@example.org", "public", "two");
      await world.settle();
    });
    const drafts = (await json("held")) as readonly { draft: string }[];
    expect(drafts).toHaveLength(2);
    expect((await command("held")).out).toContain("held by guard (private data in public words: email)");
    expect((await command("held")).out).toContain('the trouble: "kiosk@example.org" (email)');
    for (const [how, { draft }] of [
      ["withdraw", drafts[0] ?? { draft: "" }],
      ["release", drafts[1] ?? { draft: "" }],
    ] as const)
      expect(await command(how, draft)).toMatchObject({ code: 0, err: "" });
    // What the guard holds nobody releases: its author writes it anew.
    expect(await json("held")).toMatchObject([{ draft: drafts[1]?.draft }]);
    expect(await command("withdraw", "nothing")).toMatchObject({ code: 1 });
  });

  it("what customers and agents wrote commands no terminal", async () => {
    await live(async (world) => {
      const post = await world.post("maria", "cold coffee");
      await world.settle();
      await world.answer(post, "Mail \u001b[2Jkiosk@example.org\r\nheld: nothing");
      await world.settle();
    });
    const { out } = await command("held");
    expect(out).toContain("\\u001b[2J");
    expect(out.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(out).not.toMatch(/^held: nothing/m);
  });

  it("hands over what waits, what is promised and what is held, by department", async () => {
    expect(await command("handover")).toEqual({ code: 0, out: "nothing waits\n", err: "" });
    const urls = await live(
      async (world) => {
        const posts = [];
        for (const [by, words] of [
          ["maria", "cold coffee"],
          ["tom", "I am a journalist: any comment?"],
          ["ada", "I will call my lawyer about the warm coffee"],
          ["eve", "no coffee"],
        ] as const)
          posts.push(await world.post(by, words));
        const [maria, , , eve] = posts;
        await world.settle();
        if (maria === undefined || eve === undefined) throw new Error("nobody spoke");
        await world.answer(maria, "Mail kiosk@example.org", "public", "held");
        // Answered, closed, and so nobody's matter any more.
        await world.answer(eve, "It is on its way.");
        await world.settle();
        world.desk.close((await world.talk(eve)).key);
        await world.settle();
        await world.post("eve", "Thanks!", eve.id);
        await world.settle();
        return posts.map(({ id }) => `https://park.test/${id}`);
      },
      { policy: departments },
    );
    const [maria, tom, ada] = urls;
    const said = await command("-c", "departments.config.ts", "handover");
    expect(said).toMatchObject({ code: 0, err: "" });
    const at = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
    const [press, toms, service, first, second, totals] = said.out.trim().split("\n");
    expect([press, service]).toEqual(["press", "service"]);
    expect(toms).toMatch(new RegExp(String.raw`^  \[20\] \d+  ${tom}  waits since ${at}, OVERDUE since ${at}$`));
    // Maria spoke before Ada; the law goes first.
    expect(first).toMatch(new RegExp(String.raw`^  \[10\] \d+  ${ada}  waits since ${at}, answer by ${at}$`));
    expect(second).toMatch(
      new RegExp(String.raw`^  \d+  ${maria}  waits since ${at}, answer by ${at}; 1 draft is held$`),
    );
    expect(totals).toBe("3 customers wait, 1 overdue; 0 acts are promised; 0 wait for a person; 1 draft is held");
    expect(said.out).not.toMatch(/coffee|journalist|kiosk@example/);
    const { out } = await command("--json", "-c", "departments.config.ts", "handover");
    expect(JSON.parse(out)).toMatchObject({
      departments: [
        { department: "press", pending: [{ post: tom, priority: 20, promised: 0, held: 0 }] },
        { department: "service", pending: expect.arrayContaining([expect.objectContaining({ post: maria, held: 1 })]) },
      ],
    });
  });

  it("doctor says that an answer is held, and that nothing waits only where nothing does", async () => {
    expect((await command("doctor")).out).toContain("well   bridge: the store opens, and nothing waits for a person\n");
    await live(async (world) => {
      const post = await world.post("maria", "cold coffee");
      await world.settle();
      await world.answer(post, "Mail kiosk@example.org");
      await world.settle();
    });
    const { code, out } = await command("doctor");
    expect(out).toContain("note   bridge: 1 answer is held: casethread held says by what\n");
    expect(out).not.toContain("nothing waits");
    expect(code).toBe(0);
  });

  it("doctor tells what it found outside, though how the bridge is cannot be told", async () => {
    const found = { adapter: "park", as: "well", say: "the gate is open" } as const;
    const bridge = {
      check: async () => [found],
      health: () => Promise.reject(new SyntaxError("Unexpected token in hunter2")),
    } as unknown as Bridge;
    const { lines, code } = await doctor(bridge, undefined);
    expect(lines[0]).toMatch(/^WRONG {2}bridge: how it is could not be told: SyntaxError was thrown at .+: look there/);
    expect(lines.slice(1)).toEqual(["well   park: the gate is open", "1 of 2 is wrong"]);
    expect([code, lines.join().includes("hunter2")]).toEqual([1, false]);
  });

  it.for([
    ["quoting.config.ts", "whole", /quoting\.config\.ts: the function that it exports threw: SyntaxError was thrown/],
    ["quoting.config.ts", "store", /^(?:\{"error":")?SyntaxError was thrown/m],
    ["quoting.config.ts", "part", /something is wrong with 1 of its parts:\s+SyntaxError was thrown/],
    ["unloadable.config.ts", "", /unloadable\.config\.ts could not be loaded: SyntaxError was thrown/],
  ] as const)("what %s throws (%s) is told by its place, and what it quotes is not", async ([config, where, say]) => {
    let err = "";
    const env = { KIOSK_DB: file, KIOSK_QUOTES: where };
    const shell = { env, cwd: kiosk, out: () => undefined, stop: AbortSignal.timeout(9_000) };
    for (const argv of [
      ["-c", config, "health"],
      ["--json", "-c", config, "health"],
    ])
      expect(await run({ ...shell, argv, err: (text) => void (err += text) })).toBe(where === "store" ? 1 : 2);
    expect(err).toMatch(say);
    expect(err).toMatch(/SyntaxError was thrown at .*\.config\.ts:\d+:\d+\)?: look there/);
    expect(err).not.toMatch(/hunter/);
  });

  it("a module that is missing, and what the system refuses, are told in Node's own words", async () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
    const both = Object.assign(new AggregateError([refused, refused]), { code: "ECONNREFUSED" });
    const quotes = Object.assign(new Error('invalid input for type integer: "hunter2"'), { code: "22P02" });
    expect(sentenceOf(Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" }))).toBe(
      "Cannot find package 'pg'",
    );
    expect([sentenceOf(refused), sentenceOf(both)]).toEqual([refused.message, "ECONNREFUSED"]);
    expect(sentenceOf(quotes)).toMatch(/^Error was thrown at .+: look there/);
    expect(sentenceOf("hunter2")).toBe("something was thrown that is no error: look at who throws it");
  });

  it("serves under the configuration's base path, and says so", async () => {
    let out = "";
    const stop = new AbortController();
    const shell = { env: { KIOSK_DB: file }, cwd: kiosk, err: () => undefined, stop: stop.signal };
    const argv = ["-c", "mounted.config.ts", "serve", "--port", "0"];
    const served = run({ ...shell, argv, out: (text) => void (out += text) });
    await expect
      .poll(() => out)
      .toMatch(/^webhooks at http:\/\/127\.0\.0\.1:\d+\/hooks\/park\nan account is heard once the log says so\n$/);
    const park = createPark(Date.now);
    const delivery = park.deliver(park.say("maria", "cold coffee"));
    const [url = ""] = /http\S+/.exec(out) ?? [];
    const response = await fetch(url, { method: "POST", headers: delivery.headers, body: await delivery.text() });
    expect(response.status).toBe(200);
    stop.abort();
    expect(await served).toBe(0);
  });

  it("pauses and resumes", async () => {
    const made = (await json("pause", "--reason", "a storm", "--account", "park/kiosk", "--side", "public")) as {
      id: string;
    };
    expect(made).toMatchObject({ reason: "a storm", account: { channel: "park", id: "kiosk" }, side: "public" });
    const { code, out } = await command("health");
    expect(code).toBe(1);
    expect(out).toContain(`to lift the pause "a storm": casethread resume ${made.id}`);
    expect(await command("resume", made.id)).toMatchObject({ code: 0 });
    expect(await command("health")).toMatchObject({ code: 0 });
    expect(await command("resume", made.id)).toMatchObject({ code: 1, out: "" });
    const part = await command("pause", "--reason", "a storm", "--side", "public", "--words", "automatic");
    expect(part.out).toContain("paused: nothing more leaves of the machine's own words in public. To lift it");
  });

  it("holds an adapter against the laws, and says which it breaks", async () => {
    const { code, out } = await command("check", "adapter.ts");
    expect(code).toBe(1);
    expect(out).toMatch(/^kept {4}channel: /m);
    expect(out).toMatch(/^BROKEN {2}channel: /m);
    expect(out.trim().split("\n").at(-1)).toMatch(/^\d+ laws kept, [1-9]\d* broken$/);
  });

  it(
    "serves webhooks as a process, follows the ledger beside it, and stops when told",
    { timeout: 60_000 },
    async () => {
      const start = (...argv: readonly string[]) => {
        const child = spawn(
          process.execPath,
          [
            "--conditions=casethread:source",
            "--disable-warning=ExperimentalWarning",
            "../../../src/cli/index.ts",
            "--json",
            ...argv,
          ],
          { cwd: kiosk, env: { ...process.env, KIOSK_DB: file } },
        );
        let said = "";
        child.stdout.on("data", (some: Buffer) => void (said += some.toString()));
        const line = async (): Promise<string> => {
          while (!said.includes("\n")) await once(child.stdout, "data");
          return said.split("\n")[0] ?? "";
        };
        return { child, line };
      };
      const serving = start("serve", "--port", "0");
      const { webhooks } = JSON.parse(await serving.line()) as { webhooks: readonly string[] };
      const park = createPark(Date.now);
      const delivery = park.deliver(park.say("maria", "cold coffee"));
      const url = webhooks.find((one) => one.endsWith("/park")) ?? "";
      const response = await fetch(url, { method: "POST", headers: delivery.headers, body: await delivery.text() });
      expect(response.status).toBe(200);
      const following = start("ledger", "--follow");
      expect(JSON.parse(await following.line())).toMatchObject({ kind: "event" });
      for (const { child } of [following, serving]) child.kill("SIGTERM");
      const codes = await Promise.all(
        [following, serving].map(async ({ child }) => child.exitCode ?? (await once(child, "exit"))[0]),
      );
      expect(codes).toEqual([0, 0]);
    },
  );
});
