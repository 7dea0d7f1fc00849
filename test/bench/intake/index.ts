import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Crm, createBridge } from "casethread";
import { toNode } from "casethread/node";
import { salesforce } from "casethread/salesforce";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { DatabaseSync } from "node:sqlite";
import { type Child, startChild } from "../../../src/cli/demo/child.ts";
import { type Figure, figureOf, inRounds, type OnProgress } from "../figure.ts";
import type { Answered, Load } from "./child.ts";
import { type Deliveries, makeDeliveries } from "./deliveries.ts";
import { bareServer, diskMs, keptBare } from "./floor.ts";

/** How large the bench is. */
export interface IntakeSize {
  /** Deliveries in one measurement. */
  readonly deliveries: number;
  readonly connections: number;
  readonly rounds: number;
}

/** A CRM that nobody calls: nothing is worked here. */
export const idle = (): Crm =>
  salesforce({ origin: "http://127.0.0.1:9", login: { clientId: "none", clientSecret: "none" } });

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
};

/** Fires all deliveries at a server, and ends it. The answer is how many a second were answered 200: all of them, or it throws. */
export const firedAt = async (
  server: Server,
  load: Child,
  { deliveries, connections }: IntakeSize,
): Promise<number> => {
  const url = await listening(server);
  try {
    const { seconds, statuses } = await load.ask<Answered>("fire", { url, connections } satisfies Load);
    if (statuses["200"] !== deliveries) throw new Error(`not all deliveries were taken: ${JSON.stringify(statuses)}`);
    return deliveries / seconds;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
};

/** Throws when something is missing. */
export const expectAll = (what: string, found: number, due: number): void => {
  if (found !== due) throw new Error(`${found} ${what} are in the store, and ${due} were answered 200`);
};

const entriesIn = (file: string): number => {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(db.prepare("SELECT count(*) AS n FROM entry").get()?.["n"]);
  } finally {
    db.close();
  }
};

/**
 * Signed deliveries committed per second: the bridge with its file, against bare node:http, HMAC, JSON.parse and one
 * insert per delivery in its own transaction; and against the same without any store, which is the limit. The floor waits for
 * the disk at every delivery, the bridge once for all that share a commit: how long that is stands beside them.
 */
export const benchIntake = async (size: IntakeSize, onProgress?: OnProgress): Promise<readonly Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), "casethread-bench-"));
  const deliveries: Deliveries = await makeDeliveries(size.deliveries);
  await using load = startChild("the process of the load", new URL("child.ts", import.meta.url), (line) =>
    process.stderr.write(line),
  );
  await load.ask("load", { bodies: deliveries.bodies, signatures: deliveries.signatures });
  let files = 0;
  const fresh = (): string => join(folder, `${++files}.db`);

  const limit = (): Promise<number> => firedAt(bareServer(deliveries.secret), load, size);
  const floor = async (): Promise<number> => {
    const kept = keptBare(fresh());
    const perSecond = await firedAt(bareServer(deliveries.secret, kept.keep), load, size);
    expectAll("deliveries", kept.count(), size.deliveries);
    kept.close();
    return perSecond;
  };
  const value = async (): Promise<number> => {
    const file = fresh();
    const bridge = createBridge({ channels: [x(deliveries.options)], crm: idle(), store: sqlite({ file }) });
    // Opening the store is no delivery.
    await bridge.held();
    const perSecond = await firedAt(createServer(toNode(bridge.fetch)), load, size);
    await bridge[Symbol.asyncDispose]();
    expectAll("entries", entriesIn(file), size.deliveries);
    return perSecond;
  };

  try {
    const disk = async (): Promise<number> => diskMs(join(folder, "disk"));
    const measured = await inRounds(size.rounds, { floor, value, limit, disk }, onProgress);
    const unit = "deliveries/s";
    const target = { of: "ratio", is: "at least", bound: 1 } as const;
    return [
      figureOf({ name: "intake", unit, target }, measured),
      figureOf(
        { name: "intake-limit", unit },
        measured.map(({ floor: kept, limit: bare }) => ({ value: bare, floor: kept })),
      ),
      figureOf(
        { name: "intake-disk", unit: "ms until the disk has a page" },
        measured.map(({ disk: ms }) => ({ value: ms })),
      ),
      // The bridge waits for the disk beside its work, the floor before the next delivery.
      figureOf(
        { name: "intake-even", unit: "ms, reckoned: a disk as slow as that makes both equal" },
        measured.map(({ disk: ms, value: ours, floor: bare }) => ({ value: ms + 1_000 / ours - 1_000 / bare })),
      ),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
