import { type BridgeOptions, createBridge } from "casethread";
import { BridgeError, type Channel, type Surroundings } from "casethread/adapter";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";
import { createPark, parkChannel } from "../made-up/park.ts";

const between = (over: Partial<Channel>, more: Partial<BridgeOptions> = {}) =>
  createBridge({
    ...more,
    channels: [{ ...parkChannel(createPark(Date.now)), ...over }],
    crm: deskCrm(createDesk(Date.now)),
    store: sqlite({ file: ":memory:", durable: false }),
  });
const none = { adapter: "desk", as: "note", say: "the adapter offers no check: nothing of it was looked at" };

describe("what is outside, as a stranger's adapter tells it", () => {
  it("is told by adapter; who offers nothing is named; each learns where it is reached", async () => {
    const asked: Surroundings[] = [];
    await using bridge = between({
      check: async (about, kit) => {
        asked.push(about);
        await kit.note("looked").swap(undefined, "yes");
        return [{ as: "well", say: `the gate is open (${await kit.note("looked").read()})` }];
      },
    });
    expect(await bridge.check({ at: "https://bridge.example/hooks/" })).toEqual([
      { adapter: "park", as: "well", say: "the gate is open (yes)" },
      none,
    ]);
    await bridge.check();
    expect(asked).toEqual([
      { channels: ["park"], webhook: "https://bridge.example/hooks/park" },
      { channels: ["park"] },
    ]);
    await expect(bridge.check({ at: "ftp://bridge.example" })).rejects.toMatchObject({ fault: "invalid" });
    await expect(bridge.check({ at: "https://[bridge" })).rejects.toMatchObject({ fault: "invalid" });
  });

  it.each([
    ["/hooks", "https://bridge.example"],
    ["/hooks/", "https://bridge.example/"],
    ["/hooks", "https://bridge.example/hooks"],
  ])("with the base path %s it is reached under %s, where the webhooks are", async (basePath, at) => {
    const asked: Surroundings[] = [];
    const check: Channel["check"] = async (about) => {
      asked.push(about);
      return [];
    };
    const steps: Channel["setup"] = async (about) => {
      asked.push(about);
      return [];
    };
    await using bridge = between({ check, setup: steps }, { intake: { basePath } });
    await bridge.check({ at });
    await bridge.setup("park", { at });
    expect(asked.map(({ webhook }) => webhook)).toEqual(Array(2).fill("https://bridge.example/hooks/park"));
  });

  it("an address that holds a password is refused, and not repeated", async () => {
    await using bridge = between({ setup: async () => [] });
    const at = "https://ann:hunter2@bridge.example";
    for (const asked of [bridge.check({ at }), bridge.setup("park", { at })]) {
      const thrown = await asked.catch((error: unknown) => error);
      expect(thrown).toMatchObject({ message: expect.stringContaining("leave the name and the password out") });
      expect(String(thrown)).not.toContain("hunter2");
    }
  });

  it("what is thrown is a finding, and what a stranger's error quotes is withheld", async () => {
    const refused = new BridgeError("the keeper does not know us: sign in again", {
      fault: "unauthorized",
      adapter: "park",
      landed: "no",
    });
    for (const [thrown, say] of [
      [refused, /^could not be looked at: \[park: unauthorized\] the keeper does not know us: sign in again$/],
      [
        new SyntaxError('Unexpected token in "hunter2"'),
        /^could not be looked at: \[park: unavailable\] SyntaxError was thrown.*: report it to its author$/,
      ],
    ] as const) {
      await using bridge = between({ check: () => Promise.reject(thrown) });
      const [found] = await bridge.check();
      expect(found).toMatchObject({ as: "wrong", say: expect.stringMatching(say) });
      expect(found?.say).not.toContain("hunter2");
    }
  });

  it("is set up step by step: said first, done when it is run", async () => {
    const done: string[] = [];
    await using bridge = between({
      setup: async ({ webhook, production = false }) => [
        {
          say: `tell the keeper of ${webhook}${production ? ", at work" : ""}`,
          run: async (kit) => {
            done.push(typeof kit.now());
            return "the keeper knows";
          },
        },
        { say: "paint the gate", run: () => Promise.reject(new TypeError("hunter2")) },
      ],
    });
    const steps = await bridge.setup("park", { at: "https://bridge.example", production: true });
    expect(steps.map(({ say }) => say)).toEqual([
      "tell the keeper of https://bridge.example/park, at work",
      "paint the gate",
    ]);
    expect(done).toEqual([]);
    expect(await steps[0]?.run()).toBe("the keeper knows");
    expect(done).toEqual(["number"]);
    await expect(steps[1]?.run()).rejects.toMatchObject({ message: expect.not.stringContaining("hunter2") });
    await expect(bridge.setup("desk")).rejects.toThrow('the adapter "desk" offers no set-up');
    await expect(bridge.setup("zoo")).rejects.toThrow('no adapter is called "zoo"; there are park, desk');
  });
});
