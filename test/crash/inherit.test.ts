import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBridge, type Door } from "casethread";
import { sqlite } from "casethread/sqlite";
import { expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";

const wanted = { door: "crm/desk" as Door, lanes: 8, each: 8, forMs: 60_000 };

it("hands what a dead worker held to the next one at once, and to nobody else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "casethread-inherit-"));
  const file = join(folder, "casethread.db");
  try {
    const park = createPark(Date.now);
    const first = sqlite({ file, durable: false });
    const bridge = createBridge({
      channels: [parkChannel(park)],
      crm: deskCrm(createDesk(Date.now)),
      store: first,
    });
    expect((await bridge.fetch(park.deliver(park.say("maria", "Cold coffee!")))).status).toBe(200);
    await first.working();
    const [held] = await first.lease(wanted);
    expect(held?.run.length).toBe(2);

    // Beside the living worker a second claim changes nothing.
    await first.working();
    expect(await first.lease(wanted)).toEqual([]);

    // As a killed process does: it lets go of the file, and not of what it held.
    await first[Symbol.asyncDispose]();
    await using next = sqlite({ file, durable: false });
    expect(await next.lease(wanted)).toEqual([]);
    await next.working();
    const [taken] = await next.lease(wanted);
    expect(taken?.lane).toBe(held?.lane);
    if (held === undefined) throw new Error("nothing was leased");
    expect(await next.renew(held, 1_000)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
