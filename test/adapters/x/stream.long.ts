import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { createChance } from "casethread/sandbox";
import { acme } from "./subject.ts";
import { createTown } from "./town.ts";

// The worlds of test/simulate have a clock of their own. A connection that stands needs a socket and time that passes: it
// is played here, over the real SDK.

test.for([1, 2, 3, 4, 5, 6])(
  "seed %i: the stream is dropped for minutes, again and again; everything is entered, and once",
  { timeout: 120_000 },
  async (seed) => {
    const chance = createChance(seed);
    const below = (most: number): number => Math.floor(chance() * most);
    await using town = await createTown({
      webhook: false,
      hostile: { indexLagMs: 100 },
      sandbox: { seed },
      overSocket: true,
      options: { stream: true },
    });
    const { net, bridge, desk, clock } = town;
    const stop = new AbortController();
    const working = bridge.work({ signal: stop.signal });
    await expect.poll(() => net.listeners(), { timeout: 10_000 }).toBe(1);
    const said: string[] = [];
    for (let round = 0; round < 3; round++) {
      await net.dropStream({ forMs: 60_000 + below(300_000) });
      for (let n = below(6) + 2; n > 0; n--) {
        const by = await net.persona(`person${below(5)}`);
        said.push((await net.say({ by, text: `@AcmeHelp ${round} ${n}` })).id);
        await clock.advance(below(70_000));
        // What comes while others are being read, and while the stream comes back.
        if (below(3) === 0) await pause(below(60));
      }
      await clock.advance(400_000);
      await expect.poll(() => net.listeners(), { timeout: 20_000 }).toBe(1);
    }
    await clock.advance(70_000);
    await expect.poll(() => desk.entries.size, { timeout: 20_000 }).toBe(said.length);
    await clock.advance(400_000);
    await pause(200);
    stop.abort();
    await working;
    expect([...desk.entries.keys()].toSorted()).toEqual(said.map((id) => `x/${acme}/post/${id}`).toSorted());
    expect(new Set((await Promise.all(said.map((id) => town.talk(id)))).map(({ key }) => key)).size).toBe(
      desk.cases.size,
    );
  },
);
