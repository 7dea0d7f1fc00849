import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, promisify } from "node:util";
import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { type Bridge, createBridge, type Log } from "casethread";
import { facebook } from "casethread/facebook";
import { createFacebookNetwork } from "casethread/facebook/sandbox";
import { openTelemetry } from "casethread/opentelemetry";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock } from "casethread/sandbox";
import { type KeyRing, sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explain, health, ledger, parked } from "../../src/cli/casethread/look.ts";
import { doctor } from "../../src/cli/casethread/outside.ts";
import { handover } from "../../src/cli/casethread/handover.ts";
import { lineLog } from "../../src/cli/casethread/serve.ts";
import { binaries } from "../postgres/cluster.ts";
import { findServer } from "../postgres/server.ts";

const folder = mkdtempSync(join(tmpdir(), "casethread-leaks-"));
const file = join(folder, "bridge.db");
const clock = createClock();
const hour = 3_600_000;
const key = (): string => randomBytes(32).toString("base64");
const [page, brand] = ["448242228374517", "1001"];
const given = {
  clientSecret: "x-client-s3cret",
  appSecret: "meta-app-s3cret",
  verifyToken: "meta-verify-s3cret",
  ring: ["the-old-ring-s3cret", "the-new-ring-s3cret"],
  seals: [key(), key()],
};
/** People, and what they say: in no log, span, figure or finding. */
const people = { handle: "maria_zz9", name: "Maria Quillfeather", words: "marmalade", answer: "sandwich" };

/** Everything that was said of the bridge, by where. */
const said = { log: [] as string[], spans: [] as string[], thrown: [] as string[], cli: [] as string[] };
const shown = (value: unknown): string => {
  const parts = [inspect(value, { depth: 12, showHidden: true })];
  for (let at = value; at instanceof Error; at = at.cause) parts.push(at.message, at.stack ?? "", JSON.stringify(at));
  return parts.join("\n");
};
const throwing = (work: Promise<unknown>): Promise<void> =>
  work.then(() => undefined).catch((thrown: unknown) => void said.thrown.push(shown(thrown)));

const spans = new InMemorySpanExporter();
const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: figures, exportIntervalMillis: 3_600_000 });

/** The three sandboxes, and a bridge between them that seals under these keys. */
const build = async () => {
  const sealing = { keys: [given.seals[0] ?? ""] };
  // Asked anew for each token: the newest first, and the one of before behind it.
  const keys = [() => sealing.keys[0] ?? "", () => sealing.keys.at(-1) ?? ""];
  const net = await createXSandbox({
    clock,
    accounts: [{ id: brand, handle: "AcmeHelp" }],
    hostile: { lateAnswers: 0, indexLagMs: 0 },
  });
  let fetch: Bridge["fetch"] = async () => new Response(null, { status: 503 });
  const meta = await createFacebookNetwork({
    clock,
    app: { id: "5550001", secret: given.appSecret, verifyToken: given.verifyToken },
    pages: [{ id: page, name: "Acme" }],
    hostile: { lateAnswers: 0, indexLagMs: 0 },
    deliver: (request) => fetch(request),
  });
  const org = await createSalesforceSandbox({ clock });
  const bridgeOf = (ring: KeyRing): Bridge => {
    const { accounts, ...options } = net.options();
    const oauth2 = {
      clientId: "client",
      clientSecret: given.clientSecret,
      refreshToken: `${brand}-refresh-0`,
      key: keys,
    };
    const log = (level: string) => (fields: object, message: string) =>
      void said.log.push(shown({ level, ...fields, message }));
    const lines = lineLog({ err: (text: string) => void said.log.push(text) } as Parameters<typeof lineLog>[0]);
    const both =
      (level: keyof Log): Log[keyof Log] =>
      (fields, message) => {
        log(level)(fields, message);
        lines[level](fields, message);
      };
    return createBridge({
      channels: [
        x({
          ...options,
          accounts: accounts.map((one) => ({ ...one, credentials: { oauth2 } })),
          unknown: { quietMs: 1_000, reads: [1_000] },
        }),
        facebook({
          ...meta.options(),
          client: (of, token) => meta.client(of, token),
          unknown: { quietMs: 1_000, reads: [1_000] },
        }),
      ],
      crm: salesforce({
        origin: org.origin,
        login: { ...org.login, refreshToken: org.refreshToken, key: keys },
        pollMs: 1_000,
      }),
      policy: { words: { closing: ({ greeting }) => `Glad, ${greeting}.` } },
      store: sqlite({ file, durable: false, clock, keys: ring }),
      clock,
      log: { debug: both("debug"), info: both("info"), warn: both("warn"), error: both("error") },
      telemetry: openTelemetry(),
    });
  };
  return {
    net,
    meta,
    org,
    sealing,
    bridgeOf,
    listen: async (bridge: Bridge) => {
      fetch = bridge.fetch;
      await net.attach(bridge.fetch);
    },
  };
};

/** Secrets, with those that were handed out meanwhile. */
const secretsOf = ({ net, meta, org }: Awaited<ReturnType<typeof build>>): readonly string[] => {
  const { app } = net.options();
  return [
    String(app.consumerSecret),
    given.clientSecret,
    given.appSecret,
    given.verifyToken,
    ...given.ring,
    ...given.seals,
    String(app.bearer),
    `${brand}-refresh-`,
    `${brand}-access-`,
    ...meta.options().pages.map(({ token }) => String(token)),
    "appsecret_proof=",
    "access_token=",
    "Bearer ",
    org.login.clientSecret,
    "5Aep861sandbox",
    "00D5e000000Sand!",
  ];
};

let secrets: readonly string[] = [];
let ids: readonly string[] = [];

/** What all who operate it can ask for. */
const operate = async (bridge: Bridge, link: string): Promise<void> => {
  const shell = { out: (text: string) => void said.cli.push(text), stop: new AbortController().signal };
  for (const asked of [
    doctor(bridge, undefined),
    health(bridge),
    parked(bridge),
    explain(bridge, "salesforce", link),
    handover(bridge),
  ]) {
    const { lines, json } = await asked;
    said.cli.push(...lines, JSON.stringify(json));
  }
  await ledger(bridge, shell as never, { limit: 5_000, follow: false, json: true });
};

const none = (texts: readonly string[], of: readonly string[]): void => {
  const found = of.flatMap((word) =>
    texts.filter((text) => text.includes(word)).map((text) => `${word}: ${text.slice(0, 300)}`),
  );
  expect(found).toEqual([]);
};

/** Plays so many turns of the story, three at most, and looks for secrets and people in all that it left behind. */
export const leaks = (turns: 1 | 3): void => {
  beforeAll(async () => {
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(provider);
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

    const town = await build();
    const { net, meta, org, sealing } = town;
    await using _net = net;
    await using _org = org;
    const [one = "", two = ""] = given.seals;
    const pass = async (bridge: Bridge, ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 30_000) {
        await bridge.work({ until: "idle" });
        await clock.advance(30_000);
      }
      await bridge.work({ until: "idle" });
    };
    const delivered: Request[] = [];
    let link = "";

    /** One turn of the story: two customers, two answers, and everything that can go wrong with them. */
    const story = async (bridge: Bridge, turn: number): Promise<void> => {
      const maria = await net.persona(people.handle);
      const post = await net.say({ by: maria, text: `@AcmeHelp my ${people.words} ${turn} is lost` });
      for (const body of net.announces(post.id)) delivered.push(net.signed(body));
      const nora = await meta.persona(people.name);
      const under = await meta.post({ by: page, page, text: "Our new hours" });
      const comment = await meta.comment({ by: nora, under: under.id, text: `where is my ${people.words} ${turn}?` });
      for (const body of meta.announces(comment.id)) delivered.push(meta.signed(body));
      ids = [...new Set([...ids, maria.id, nora.id])];
      for (const request of delivered) expect((await bridge.fetch(request.clone())).status).toBe(200);
      link = `https://x.com/i/status/${post.id}`;
      await pass(bridge, 60_000);
      const places = [{ url: link }, { post: { account: { channel: "facebook", id: page }, id: comment.id } }] as const;
      const fault = {
        x: (["401", "503-after", "lost-response"] as const)[turn - 1] ?? "401",
        meta: (["revoked", "503-after", "lost-response"] as const)[turn - 1] ?? "revoked",
      };
      await net.inject({ fault: fault.x });
      await meta.inject({ fault: fault.meta });
      for (const [n, place] of places.entries())
        await throwing(
          bridge.answer({ ...place, key: `${n}-${turn}`, text: `Your ${people.answer} ${turn}`, side: "public" }),
        );
      await pass(bridge, 60_000);
      await org.inject("503");
      await org.expire();
      await throwing(
        bridge.answer({ ...places[0], key: `late-${turn}`, text: `Sorry ${people.answer}`, side: "public" }),
      );
      await pass(bridge, 60_000);
      for (const name of ["x", "facebook", "nothing"])
        for (const body of ["{}", `{"${people.words}":"${given.appSecret.slice(0, 3)}`])
          said.thrown.push(
            await (await bridge.fetch(new Request(`http://b.test/${name}`, { method: "POST", body }))).text(),
          );
      await throwing(bridge.conversation({ url: `no link ${people.words}` }));
      await throwing(bridge.setup("x", {}));
      await operate(bridge, link);
    };

    const first = town.bridgeOf([{ id: "ring-1", secret: given.ring[0] ?? "" }]);
    await town.listen(first);
    await story(first, 1);
    if (turns > 1) {
      // In mid-run the key of what is sealed turns: the new one comes first, then the old one leaves.
      sealing.keys = [two, one];
      await clock.advance(3 * hour);
      await org.expire();
      await story(first, 2);
      sealing.keys = [two];
      await clock.advance(3 * hour);
      await org.expire();
    }
    const before = (await first.health()).census;
    const cases = (await org.state()).cases.length;
    await first[Symbol.asyncDispose]();
    // The ring turns with a restart: what was told before it counts once all the same.
    const second = town.bridgeOf([
      { id: "ring-2", secret: given.ring[1] ?? "" },
      { id: "ring-1", secret: given.ring[0] ?? "" },
    ]);
    await town.listen(second);
    for (const request of delivered) expect((await second.fetch(request.clone())).status).toBe(200);
    await second.work({ until: "idle" });
    expect((await org.state()).cases).toHaveLength(cases);
    expect((await second.health()).census.raw).toBe(before.raw);
    if (turns > 1) await story(second, 3);
    // Nothing was lost by it: each turn's last answer stands on X, once, signed with tokens that were refreshed in every turn.
    const { posts, requests } = await net.state();
    const last = posts.filter(({ by, text }) => by === brand && text.includes("Sorry"));
    expect(last).toHaveLength(turns);
    expect(requests.filter(({ path }) => path === "/2/oauth2/token").length).toBeGreaterThanOrEqual(turns);
    expect((await org.state()).signIns).toBeGreaterThanOrEqual(turns);
    expect(said.log.join()).not.toContain("sealed under another key");
    secrets = secretsOf(town);
    await reader.forceFlush();
    said.spans.push(
      ...spans
        .getFinishedSpans()
        .map(({ name, attributes, status, events, links }) => shown({ name, attributes, status, events, links })),
      shown(figures.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)),
    );
    await second[Symbol.asyncDispose]();
  }, 120_000);
  afterAll(() => {
    for (const api of [context, trace, metrics]) api.disable();
    rmSync(folder, { recursive: true, force: true });
  });

  describe(`after ${turns} turns in which everything went wrong`, () => {
    it("there was something to tell", () => {
      const all = [said.log, said.spans, said.thrown, said.cli].map((texts) => texts.join("\n"));
      for (const text of all) expect(text.length).toBeGreaterThan(1_000);
      expect(all[0]).toMatch(/unauthorized/);
      expect(secrets.every((secret) => secret.length > 5)).toBe(true);
      expect(ids.length).toBeGreaterThanOrEqual(2);
    });

    it.each(["log", "spans", "thrown", "cli"] as const)("no secret stands in what was told: %s", (where) => {
      none(said[where], secrets);
    });

    it("no words, handles, names or ids of people stand in logs, spans and figures", () => {
      none([...said.log, ...said.spans], [...Object.values(people), ...ids]);
    });

    it("no secret stands in the database's files, though words do", () => {
      const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
      expect(files.join()).toContain(people.words);
      none(files, secrets);
    });

    it("no secret stands in a dump of PostgreSQL", async ({ skip }) => {
      const bin = binaries();
      await using server = await findServer();
      const { connection } = server;
      if (bin === undefined || connection === undefined) return skip("there are no packages of PostgreSQL here");
      const schema = server.schema();
      const pool = server.pool();
      try {
        await postgres.copy({ file, pool, schema });
        const { host, port, user, database } = connection;
        const argv = ["-h", String(host), "-p", String(port), "-U", String(user), "-d", String(database), "-n", schema];
        const { stdout } = await promisify(execFile)(join(bin, "pg_dump"), argv, { maxBuffer: 1 << 28 });
        expect(stdout).toContain(people.words);
        none([stdout], secrets);
      } finally {
        await server.drop(schema);
      }
    });
  });
};
