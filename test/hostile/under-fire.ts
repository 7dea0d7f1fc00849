import { deepEqual } from "node:assert";
import { createBridge, type LedgerRow } from "casethread";
import { accountName, BridgeError, type Delivery, type Found, type FromChannel, type Kit } from "casethread/adapter";
import { sqlite } from "casethread/sqlite";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { channels, type UnderFire } from "./channels.ts";
import { forgers, forgery } from "./forge.ts";
import { mutantOf, type Mutation, mutation } from "./mutate.ts";

/** Deliveries that come to the edge together, as networks deliver. */
const atOnce = 8;

/** How many mutants go where, for each channel. */
export interface Runs {
  readonly read: number;
  readonly forged: number;
  /** A multiple of those that come together. */
  readonly edge: number;
  readonly edgeForged: number;
}

const now = Date.parse("2026-09-01T12:00:00Z");
const kit: Kit = {
  signal: new AbortController().signal,
  now: () => now,
  note: () => ({ read: async () => undefined, swap: async () => true }),
  depart: () => undefined,
};

const addressOf = ({ channel }: UnderFire): URL => new URL(`https://brand.example/${channel.name}`);
const signedBy = (under: UnderFire, body: Uint8Array): Headers =>
  new Headers({ [under.header]: under.sign(body, under.secret), "content-type": "application/json" });
const delivery = (under: UnderFire, headers: Headers, body: Uint8Array): Delivery => ({
  method: "POST",
  url: addressOf(under),
  headers,
  body,
});

/** What no event of a channel may lack, whatever it was made of. */
const sound = (event: FromChannel, accounts: ReadonlySet<string>, length: number): void => {
  // Loosely: minus zero comes back as zero, and nothing else may differ.
  deepEqual(JSON.parse(JSON.stringify(event)), event);
  const account = "by" in event && typeof event.by === "object" ? event.by.account : undefined;
  if (account !== undefined && !accounts.has(accountName(account))) throw new Error("on nobody's account");
  if (!Number.isSafeInteger(event.at) || event.at < 0 || new Date(event.at).toISOString().length !== 24)
    throw new Error(`no moment: ${event.at}`);
  if (event.key === "" || event.key.length > 400 || /\s/.test(event.key)) throw new Error(`no key: ${event.key}`);
  if (event.as !== "said") return;
  if (typeof event.text === "string" && event.text.length > 16 * length) throw new Error("grew beyond what was sent");
  if (!Number.isSafeInteger(event.version) || event.version < 1) throw new Error(`no version: ${event.version}`);
  if (event.side === "public" ? event.post === undefined : event.thread === undefined) throw new Error("said nowhere");
};

/** What is told to people about a delivery is short, and holds nobody's words. */
const discreet = (told: string): void => {
  if (told.length > 400 || told.includes("marmalade")) throw new Error(`tells too much: ${told.slice(0, 500)}`);
};

const check = (found: Found<FromChannel>, accounts: ReadonlySet<string>, { length }: Uint8Array): void => {
  const { events, unread, alarms } = found;
  for (const event of events) sound(event, accounts, length);
  for (const { reason, raw } of unread) {
    discreet(reason);
    if (typeof raw !== "string") throw new Error("kept raw, and nothing is kept");
  }
  for (const alarm of alarms) discreet(alarm);
};

const tally = (): { count(what: string): void; toString(): string } => {
  const counts = new Map<string, number>();
  return {
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    toString: () => [...counts].map(([what, n]) => `${n} ${what}`).join(", "),
  };
};

/** The request of a delivery: whole, or in pieces as a proxy may bring it. */
const requestOf = (under: UnderFire, headers: Headers, body: Uint8Array, pieces: number): Request => {
  if (pieces === 0) return new Request(addressOf(under), { method: "POST", headers, body: Uint8Array.from(body) });
  const size = Math.max(1, Math.ceil(body.length / pieces));
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= body.length) return controller.close();
      controller.enqueue(Uint8Array.from(body.subarray(at, at + size)));
      at += size;
    },
  });
  // Node wants to be told that the body is sent before the answer comes; the DOM's types know nothing of it.
  const init = { method: "POST", headers, body: stream, duplex: "half" };
  return new Request(addressOf(under), init);
};

const createEdge = (under: UnderFire) => {
  const told: string[] = [];
  const note = (fields: object, message: string): void => void told.push(`${JSON.stringify(fields)} ${message}`);
  const bridge = createBridge({
    channels: [under.channel],
    crm: deskCrm(createDesk(() => now)),
    store: sqlite({ file: ":memory:", durable: false }),
    log: { debug: note, info: note, warn: note, error: note },
  });
  const ledger = async (): Promise<readonly LedgerRow[]> => {
    const rows: LedgerRow[] = [];
    for (;;) {
      const more = await bridge.ledger({
        limit: 5_000,
        ...(rows.length === 0 ? {} : { after: rows.at(-1)?.position ?? "" }),
      });
      rows.push(...more);
      if (more.length === 0) return rows;
    }
  };
  return { bridge, ledger, told };
};

const eventOf = ({ row }: LedgerRow): string | undefined =>
  typeof row === "object" && row !== null && "event" in row && typeof row["event"] === "string"
    ? row["event"]
    : undefined;

/** Fires at every channel, and holds what comes of it to the laws of the edge. */
export const underFire = (runs: Runs): void => {
  // fast-check runs for ever towards a number that is not whole.
  if (runs.edge % atOnce !== 0) throw new Error(`edge: ${runs.edge} is no multiple of ${atOnce}`);
  describe.each(channels.map((under) => [under.channel.name, under] as const))("%s", (name, under) => {
    const accounts = new Set(under.channel.accounts().map((account) => accountName(account)));
    const mutations = mutation(under.genuine.length);
    // Made inside the property, so that a failure shows what was done and not the bytes that came of it.
    const made = ({ of, steps }: Mutation): Uint8Array => mutantOf(under.genuine[of] ?? "", steps);
    const ids = new Set(under.channel.accounts().map(({ id }) => id));
    // With ids of its own, or all but the first mutant of a body would tell nothing new.
    const fresh = ({ of, steps }: Mutation, n: number): Uint8Array => {
      const renew = (id: string): string =>
        ids.has(id) ? id : `${id.slice(0, 4)}${String(n).padStart(8, "0")}${id.slice(12)}`;
      return mutantOf((under.genuine[of] ?? "").replace(/\d{15,}/g, renew), steps);
    };

    test("the genuine deliveries are read, and so a mutant is one step away from what counts", async () => {
      const kinds = tally();
      for (const body of under.genuine.map((text) => new TextEncoder().encode(text))) {
        const reading = await under.channel.read(delivery(under, signedBy(under, body), body), kit);
        if ("handshake" in reading) throw new Error("a handshake");
        check(reading, accounts, body);
        for (const { as } of reading.events) kinds.count(as);
      }
      console.log(`${name}: ${under.genuine.length} genuine deliveries tell ${kinds.toString()}`);
      expect(kinds.toString()).toMatch(/said/);
    });

    test("a signed mutant is read, kept raw or refused, and nothing else", { timeout: 300_000 }, async () => {
      const became = tally();
      let slowest = 0;
      const began = performance.now();
      await fc.assert(
        fc.asyncProperty(mutations, async (mutant) => {
          const body = made(mutant);
          const start = performance.now();
          const reading = await under.channel.read(delivery(under, signedBy(under, body), body), kit);
          slowest = Math.max(slowest, performance.now() - start);
          if ("handshake" in reading) throw new Error("a handshake");
          check(reading, accounts, body);
          for (const { as } of reading.events) became.count(as);
          for (const _ of reading.unread) became.count("unread");
          for (const _ of reading.alarms) became.count("alarms");
        }),
        { numRuns: runs.read },
      );
      const took = performance.now() - began;
      console.log(
        `${name}: ${runs.read} signed mutants read in ${(took / 1_000).toFixed(1)} s, the slowest in ${slowest.toFixed(0)} ms: ${became.toString()}`,
      );
      expect(Object.keys(Object.prototype)).toEqual([]);
    });

    test("a delivery sixteen times as long takes no sixteen times sixteen as long", { timeout: 120_000 }, async () => {
      const read = async (text: string, piece: string, times: number, cut: boolean): Promise<number> => {
        const long = text.replaceAll("marmalade", () => piece.repeat(times));
        const body = new TextEncoder().encode(cut ? long.slice(0, long.lastIndexOf(piece) + piece.length) : long);
        const told = delivery(under, signedBy(under, body), body);
        const start = performance.now();
        await under.channel.read(told, kit);
        return performance.now() - start;
      };
      // Each body by itself: beside all the others one that grows as a square would not be noticed.
      const bodies = under.genuine.filter((one) => one.includes("marmalade"));
      for (const piece of ['\\"', "\\\\", " ", "\\n", "@a ", "1 (", "a.b ", "https://t.co/abc ", "&amp;", "[{"]) {
        for (const [cut, text] of [true, false].flatMap((one) => bodies.map((body) => [one, body] as const))) {
          const times = Math.ceil(1_500 / piece.length);
          // Noise only ever adds: the best of five short ones and of three long ones counts. A square would be 256.
          const shorts: number[] = [];
          while (shorts.length < 5 && !shorts.some((ms) => ms < 1)) shorts.push(await read(text, piece, times, cut));
          const ratios: number[] = [];
          while (ratios.length < 3 && !ratios.some((ratio) => ratio < 64)) {
            ratios.push((await read(text, piece, times * 16, cut)) / Math.max(Math.min(...shorts), 1));
          }
          const which = `${JSON.stringify(piece)}${cut ? ", cut off" : ""} in ${text.slice(0, 200)}`;
          expect(Math.min(...ratios), which).toBeLessThan(64);
        }
      }
    });

    test("an unsigned mutant is forged, however it lacks the signature", { timeout: 120_000 }, async () => {
      const ways = tally();
      await fc.assert(
        fc.asyncProperty(mutations, forgery, async (mutant, way) => {
          const body = made(mutant);
          const headers = forgers[way]?.(under, body) ?? new Headers();
          const thrown = await under.channel.read(delivery(under, headers, body), kit).then(
            () => undefined,
            (error: unknown) => error,
          );
          if (!(thrown instanceof BridgeError) || thrown.fault !== "forged")
            throw new Error(`${way}: ${String(thrown)}`);
          discreet(thrown.message);
          ways.count(way);
        }),
        { numRuns: runs.forged },
      );
      console.log(`${name}: ${runs.forged} forged mutants refused: ${ways.toString()}`);
    });

    test("at the edge, what is not signed is 401 and leaves no trace", { timeout: 120_000 }, async () => {
      const { bridge, ledger, told } = createEdge(under);
      await using _ = bridge;
      await fc.assert(
        fc.asyncProperty(mutations, forgery, fc.nat(3), async (mutant, way, pieces) => {
          const body = made(mutant);
          const headers = forgers[way]?.(under, body) ?? new Headers();
          const { status } = await bridge.fetch(requestOf(under, headers, body, pieces));
          // One that is larger than the edge reads is not even looked at.
          if (status !== 401 && status !== 413) throw new Error(`${way} is answered ${status}`);
        }),
        { numRuns: runs.edgeForged },
      );
      expect([await ledger(), await bridge.unread()]).toEqual([[], []]);
      for (const line of told) discreet(line);
      console.log(`${name}: ${runs.edgeForged} forged mutants at the edge: 401, and nothing kept`);
    });

    test(
      "at the edge, what is signed is kept before it is 200, and never our fault",
      { timeout: 240_000 },
      async () => {
        const { bridge, ledger, told } = createEdge(under);
        await using _ = bridge;
        const statuses = tally();
        const owed = new Set<string>();
        let count = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.array(mutations, { minLength: atOnce, maxLength: atOnce }),
            fc.nat(3),
            async (batch, pieces) => {
              const bodies = batch.map((mutant) => fresh(mutant, (count += 1)));
              // Together, as networks deliver: they share commits, and one that cannot be kept must not take others with it.
              const answers = await Promise.all(
                bodies.map(async (body) => bridge.fetch(requestOf(under, signedBy(under, body), body, pieces))),
              );
              for (const [i, { status }] of answers.entries()) {
                statuses.count(String(status));
                if (status !== 200 && (status < 400 || status > 499))
                  throw new Error(`answered ${status}: ${told.at(-1)}`);
                const body = bodies[i] ?? new Uint8Array();
                const reading = await under.channel.read(delivery(under, signedBy(under, body), body), kit);
                if (status === 200 && "events" in reading) for (const { key } of reading.events) owed.add(key);
              }
            },
          ),
          { numRuns: runs.edge / atOnce },
        );
        const rows = await ledger();
        const kept = new Set(rows.filter(({ kind }) => kind === "event").map(eventOf));
        const unread = await bridge.unread();
        expect([...owed].filter((key) => !kept.has(key))).toEqual([]);
        expect([...kept].filter((key) => !owed.has(key ?? ""))).toEqual([]);
        // A rule that throws keeps its event raw: none may.
        expect(unread.filter(({ reason }) => reason === "could-not-be-decided")).toEqual([]);
        for (const line of [...told, ...rows.map(({ row }) => JSON.stringify(row))])
          if (line.includes("marmalade")) discreet(line);
        console.log(
          `${name}: ${runs.edge} signed mutants at the edge: ${statuses.toString()}; ${kept.size} events and ${unread.length} raw items kept`,
        );
        expect(kept.size).toBeGreaterThan(runs.edge / 20);
      },
    );
  });
};
