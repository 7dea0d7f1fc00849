import { BridgeError, type Channel, type Store } from "casethread";
import { sqlite } from "casethread/sqlite";
import { describe, expect, it } from "vitest";
import { type Park, parkChannel } from "../made-up/park.ts";
import { signed } from "../made-up/park-read.ts";
import { createWorld, type World } from "../made-up/world.ts";

/** A word that stands in every body and may stand in no log and no answer. */
const word = "marmalade";

const delivery = (park: Park, text = `where is my ${word}?`): Request => park.deliver(park.say("maria", text));

/** A world whose logs are read when the test is over. */
const discreet = async (world: World, run: () => Promise<void>): Promise<void> => {
  await run();
  expect(JSON.stringify(world.logs)).not.toContain(word);
};

const reasons = ({ logs }: World): readonly unknown[] =>
  logs
    .filter(({ message }) => /^a delivery (?:was refused|could not be taken)$/.test(message))
    .map(({ fields }) => fields);

/** A store that fails when it is told to. */
const failing = (): { readonly store: Store; fail: (() => Error) | undefined } => {
  const bare = sqlite({ file: ":memory:", durable: false });
  const unit: Store["unit"] = async (work) => {
    if (control.fail === undefined) return bare.unit(work);
    // The work is done, the commit fails: as a full disk would.
    await bare.unit(async (one) => {
      await work(one);
      throw control.fail?.() ?? new Error("mended meanwhile");
    });
    throw new Error("unreachable");
  };
  const control: { store: Store; fail: (() => Error) | undefined } = { store: { ...bare, unit }, fail: undefined };
  return control;
};

describe("what is not a delivery of ours", () => {
  const cases: readonly (readonly [string, number, RegExp, (park: Park) => Request])[] = [
    ["nobody signed it", 401, /forged/, () => new Request("http://bridge.test/park", { method: "POST", body: word })],
    [
      "another body was signed",
      401,
      /forged/,
      (park) => {
        const { headers } = delivery(park);
        return new Request("http://bridge.test/park", { method: "POST", headers, body: `{"words":["${word}"]}` });
      },
    ],
    ["nothing is mounted there", 404, /\/park/, () => new Request("http://bridge.test/meta")],
    ["the path is the root", 404, /\/park/, () => new Request("http://bridge.test/")],
    ["the path goes on", 404, /\/park/, () => new Request("http://bridge.test/park/extra", { method: "POST" })],
    ["it is put", 405, /GET or a POST/, () => new Request("http://bridge.test/park", { method: "PUT", body: word })],
    ["it says that it is too large", 413, /larger than 2048 bytes/, (park) => delivery(park, word.repeat(400))],
    [
      "it is too large and does not say so",
      413,
      /larger than 2048 bytes/,
      () => {
        const chunk = new TextEncoder().encode(word.repeat(50));
        const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk) });
        const init: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" };
        return new Request("http://bridge.test/park", init);
      },
    ],
  ];
  it.each(cases)("%s: %i", async (_name, status, reason, request) => {
    await using world = createWorld({ intake: { maxBytes: 2_048 } });
    await discreet(world, async () => {
      const response = await world.bridge.fetch(request(world.park));
      expect(response.status).toBe(status);
      const text = await response.text();
      expect(text).toMatch(reason);
      expect(text).not.toContain(word);
      expect(reasons(world)).toEqual([{ status, where: expect.any(String), reason: text.trim() }]);
      expect((await world.store.census()).raw).toBe(0);
      expect(await world.bridge.ledger()).toEqual([]);
    });
  });

  it("what a stranger asks for is neither told at length nor a line of its own", async () => {
    await using world = createWorld();
    const long = `http://bridge.test/${"a".repeat(5_000)}/park`;
    const forged = "http://bridge.test/%0A%1b[31m%E2%80%A8ERROR all is lost/park";
    for (const url of [long, forged]) expect((await world.bridge.fetch(new Request(url))).status).toBe(404);
    const told = world.logs.map(({ fields, message }) => `${message} ${JSON.stringify(fields)}`);
    expect(told).toHaveLength(2);
    for (const line of told) {
      expect(line.length).toBeLessThan(400);
      expect(line).not.toMatch(/[\p{Cc}\u2028]/u);
    }
  });

  it("a 405 says what is allowed", async () => {
    await using world = createWorld();
    const response = await world.bridge.fetch(new Request("http://bridge.test/park", { method: "DELETE" }));
    expect(response.headers.get("allow")).toBe("GET, POST");
  });

  it("an adapter says that it is malformed: 400", async () => {
    const read: Channel["read"] = async () => {
      throw new BridgeError("a GET without a challenge", { fault: "malformed", adapter: "park", landed: "no" });
    };
    await using world = createWorld();
    await using other = createWorld({ channels: [{ ...parkChannel(world.park), read }] });
    expect((await other.bridge.fetch(delivery(world.park))).status).toBe(400);
    expect(reasons(other)).toMatchObject([{ status: 400, reason: expect.stringContaining("without a challenge") }]);
  });

  it("an adapter stumbles over it: 503, and what it stumbled over is not repeated", async () => {
    const read: Channel["read"] = async ({ body }) => JSON.parse(new TextDecoder().decode(body).slice(12));
    await using world = createWorld();
    await using other = createWorld({ channels: [{ ...parkChannel(world.park), read }] });
    await discreet(other, async () => {
      const body = `{"words":[   ${word} ${word}`;
      const response = await other.bridge.fetch(signed(body));
      expect(response.status).toBe(503);
      expect(await response.text()).not.toContain(word);
      expect(reasons(other)).toMatchObject([{ reason: expect.stringContaining("SyntaxError") }]);
    });
  });
});

describe("what is a delivery of ours", () => {
  it("is answered 200 only when the store has confirmed it; the network's next try is admitted", async () => {
    const control = failing();
    await using world = createWorld({ store: control.store });
    await discreet(world, async () => {
      const request = delivery(world.park);
      await world.bridge.health();
      control.fail = () =>
        new BridgeError("the disk is full", { fault: "unavailable", adapter: "store", landed: "no" });
      const refused = await world.bridge.fetch(request.clone());
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("10");
      expect(reasons(world)).toMatchObject([{ status: 503, reason: expect.stringContaining("the disk is full") }]);
      control.fail = () => new BridgeError("too slow", { fault: "invalid", adapter: "store", landed: "no" });
      expect((await world.bridge.fetch(request.clone())).status).toBe(503);
      control.fail = () => new TypeError("a store that is no good");
      expect((await world.bridge.fetch(request.clone())).status).toBe(503);
      control.fail = undefined;
      expect(await world.bridge.ledger()).toEqual([]);

      expect((await world.bridge.fetch(request.clone())).status).toBe(200);
      expect((await world.bridge.fetch(request)).status).toBe(200);
      await world.settle();
      expect(world.desk.cases.size).toBe(1);
      expect(world.desk.entries.size).toBe(1);
    });
  });

  it("is not answered while the commit is under way", async () => {
    const bare = sqlite({ file: ":memory:", durable: false });
    const gate = Promise.withResolvers<void>();
    let closed = false;
    const unit: Store["unit"] = async (work) => {
      const done = await bare.unit(work);
      if (closed) await gate.promise;
      return done;
    };
    await using world = createWorld({ store: { ...bare, unit } });
    await world.bridge.health();
    closed = true;
    let answered = false;
    const fetching = world.bridge.fetch(delivery(world.park)).then((response) => {
      answered = true;
      return response;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    gate.resolve();
    expect((await fetching).status).toBe(200);
  });

  it("was read before the bridge: 500 with the one sentence", async () => {
    await using world = createWorld();
    const request = delivery(world.park);
    await request.text();
    const response = await world.bridge.fetch(request);
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/mount bridge\.fetch before any body parser/);
    expect(reasons(world)).toHaveLength(1);
  });

  it("comes when the intake is full: 503, come back soon", async () => {
    await using world = createWorld({ intake: { maxPending: 2 } });
    await world.bridge.health();
    const responses = await Promise.all([1, 2, 3, 4].map(() => world.bridge.fetch(delivery(world.park))));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 200, 503, 503]);
    const refused = responses.find(({ status }) => status === 503);
    expect(refused?.headers.get("retry-after")).toBe("5");
    expect((await world.bridge.fetch(delivery(world.park))).status).toBe(200);
  });

  it("comes when what is under way fills the memory that there is for it: 503, come back soon", async () => {
    await using world = createWorld({ intake: { maxBytes: 2_048, maxPendingBytes: 1 } });
    await world.bridge.health();
    const long = (): Request => delivery(world.park, word.repeat(80));
    const responses = await Promise.all([1, 2, 3, 4].map(() => world.bridge.fetch(long())));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 200, 503, 503]);
    const refused = responses.find(({ status }) => status === 503);
    expect(refused?.headers.get("retry-after")).toBe("5");
    // What was admitted, and what was refused, takes no room any more.
    for (let n = 0; n < 4; n += 1) expect((await world.bridge.fetch(long())).status).toBe(200);
  });

  it.each(["/hooks", "/hooks/"])("comes under a base path %s", async (basePath) => {
    await using world = createWorld({ intake: { basePath } });
    const at = (path: string): Request => new Request(`http://bridge.test${path}`, delivery(world.park));
    expect((await world.bridge.fetch(at("/hooks/park"))).status).toBe(200);
    expect((await world.bridge.fetch(at("/hooks/park/"))).status).toBe(200);
    const elsewhere = await world.bridge.fetch(at("/park"));
    expect(elsewhere.status).toBe(404);
    expect(await elsewhere.text()).toContain('are at /hooks/park; if this is one, set intake.basePath to ""');
    const mounted = await world.bridge.fetch(at("/api/hooks/park"));
    expect(await mounted.text()).toContain('if this is one, set intake.basePath to "/api/hooks"');
    expect(await (await world.bridge.fetch(at("/hooks/nothing"))).text()).not.toContain("if this");
  });

  it("is a handshake: the adapter's answer is returned as it is", async () => {
    const handshake = Response.json({ token: "a-signed-challenge" }, { status: 203 });
    await using world = createWorld();
    const channel = { ...parkChannel(world.park), read: async () => ({ handshake }) };
    await using other = createWorld({ channels: [channel] });
    const response = await other.bridge.fetch(new Request("http://bridge.test/park?challenge=1"));
    expect(response).toBe(handshake);
    expect(other.logs).toEqual([]);
  });

  it("holds what cannot be read: that is kept raw and shows, and the rest is admitted", async () => {
    await using world = createWorld();
    await discreet(world, async () => {
      const good = world.park.say("maria", `no ${word} again`);
      const odd = { account: "kiosk", id: 7, words: word };
      const body = JSON.stringify({ words: [odd, good, "neither"] });
      expect((await world.bridge.fetch(signed(body))).status).toBe(200);
      expect((await world.bridge.fetch(signed(body))).status).toBe(200);
      const unread = await world.bridge.unread();
      expect(unread.map(({ raw }) => raw).toSorted()).toEqual(['"neither"', JSON.stringify(odd)].toSorted());
      expect(unread.every(({ reason }) => reason === "not a word")).toBe(true);
      const health = await world.bridge.health();
      expect(health.ok).toBe(false);
      expect(health.troubles).toEqual(["2 genuine items could not be read: see bridge.unread()"]);
      expect((await world.talk(good)).entries).toHaveLength(1);
    });
  });

  it("is not even a list: kept raw as a whole", async () => {
    await using world = createWorld();
    await discreet(world, async () => {
      const body = `{"words": [{"account": "kiosk", "text": "${word}`;
      expect((await world.bridge.fetch(signed(body))).status).toBe(200);
      expect(await world.bridge.unread()).toMatchObject([{ reason: "no list of words", raw: body }]);
    });
  });

  it("a brand's own rule throws: it has no say, the trail says so, and no case is lost by it", async () => {
    const route = (matter: { readonly text: string }): string => {
      if (matter.text.includes("poison")) throw new RangeError(`could not route ${matter.text}`);
      return "support";
    };
    const closing = (): string => {
      throw new TypeError("no words");
    };
    await using world = createWorld({ policy: { route, words: { closing } } });
    await discreet(world, async () => {
      const { park, desk } = world;
      const [bad, good] = [park.say("maria", `poison and ${word}`), park.say("nora", `no poise, ${word}`)];
      expect((await world.bridge.fetch(park.deliver(bad, good))).status).toBe(200);
      await world.settle();
      expect(desk.cases.size).toBe(2);
      expect(world.bridge.explain(await world.talk(bad))).toContain(`the policy's "route" threw and had no say`);
      expect((await world.talk(good)).conversation.department?.name).toBe("support");
      desk.close((await world.talk(bad)).key);
      await world.settle();
      expect(world.bridge.explain(await world.talk(bad))).toContain("no closing word");
      expect(await world.bridge.unread()).toEqual([]);
    });
  });

  it("its sender hangs up in the middle: nobody's fault, a warning, nothing taken", async () => {
    await using world = createWorld();
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('{"words":'));
        controller.error(new Error("aborted"));
      },
    });
    const request = new Request("http://bridge.test/park", { method: "POST", body, duplex: "half" } as RequestInit);
    expect((await world.bridge.fetch(request)).status).toBe(400);
    expect(world.logs.filter(({ level }) => level === "error")).toEqual([]);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ level: "warn", fields: expect.objectContaining({ status: 400 }) }),
    );
  });

  it("raises an alarm about the account: health says so", async () => {
    await using world = createWorld();
    const channel = parkChannel(world.park);
    const read: Channel["read"] = async () => ({ events: [], unread: [], alarms: ["access was revoked"] });
    await using other = createWorld({ channels: [{ ...channel, read }] });
    expect((await other.bridge.fetch(delivery(world.park))).status).toBe(200);
    expect(await other.bridge.health()).toMatchObject({ ok: false, alarms: ["access was revoked"] });
  });
});

it("a bridge that cannot start says so, and starts when it can", async () => {
  const bare = sqlite({ file: ":memory:", durable: false });
  let there = false;
  const migrate = async (): Promise<void> => {
    if (!there) throw new BridgeError("no disk", { fault: "unavailable", adapter: "store", landed: "no" });
    await bare.migrate();
  };
  await using world = createWorld({ store: { ...bare, migrate } });
  const request = delivery(world.park);
  const refused = await world.bridge.fetch(request.clone());
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
  expect(world.logs).toMatchObject([{ level: "error", message: expect.stringContaining("no disk") }]);
  there = true;
  expect((await world.bridge.fetch(request)).status).toBe(200);
});
