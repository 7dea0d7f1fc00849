import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { toNode } from "casethread/node";
import { x } from "casethread/x";
import { createXSandbox, type XSandbox } from "casethread/x/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../made-up/world.ts";

const word = "marmalade";

const listening = async (listener: RequestListener): Promise<AsyncDisposable & { readonly origin: string }> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

/** The same request, sent over the wire. */
const sent = async (request: Request, origin: string): Promise<Response> => {
  const body = await request.arrayBuffer();
  return fetch(new URL(new URL(request.url).pathname, origin), { method: "POST", headers: request.headers, body });
};

describe("behind node:http", () => {
  it("a delivery is admitted", async () => {
    await using world = createWorld();
    await using server = await listening(toNode(world.bridge.fetch));
    const post = world.park.say("maria", "hello, kiosk");
    expect((await sent(world.park.deliver(post), server.origin)).status).toBe(200);
    expect((await world.talk(post)).entries).toHaveLength(1);
  });

  it("a body parser in front has eaten the body: 500 with the one sentence", async () => {
    await using world = createWorld();
    const listener = toNode(world.bridge.fetch);
    const parsed = async (incoming: IncomingMessage & { body?: unknown }): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      incoming.body = JSON.parse(Buffer.concat(chunks).toString());
    };
    await using server = await listening((incoming, outgoing) => {
      void parsed(incoming).then(() => listener(incoming, outgoing));
    });
    const response = await sent(world.park.deliver(world.park.say("maria", word)), server.origin);
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/mount bridge\.fetch before any body parser/);
    expect(JSON.stringify(world.logs)).not.toContain(word);
  });

  it("a body that is too large is answered 413, with a length and without one", async () => {
    await using world = createWorld({ intake: { maxBytes: 100_000 } });
    await using server = await listening(toNode(world.bridge.fetch));
    const large = new TextEncoder().encode(word.repeat(20_000));
    const declared = await fetch(`${server.origin}/park`, { method: "POST", body: large });
    expect(declared.status).toBe(413);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let at = 0; at < large.length; at += 9_000) controller.enqueue(large.slice(at, at + 9_000));
        controller.close();
      },
    });
    const init: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" };
    const streamed = await fetch(`${server.origin}/park`, init);
    expect(streamed.status).toBe(413);
    expect(JSON.stringify(world.logs)).not.toContain(word);
  });

  const odd: readonly (readonly [string, string])[] = [
    ["a path that is no path", "GET // HTTP/1.1\r\nHost: a"],
    ["a host that is no host", "GET /park HTTP/1.1\r\nHost: a b%"],
    ["a method that no Request has", "TRACE /park HTTP/1.1\r\nHost: a"],
    ["an address with a password", "GET http://u:p@a/park HTTP/1.1\r\nHost: a"],
  ];
  it.each(odd)("%s is answered 400 and ends nothing", async (_name, head) => {
    await using world = createWorld();
    await using server = await listening(toNode(world.bridge.fetch));
    const socket = connect(Number(new URL(server.origin).port), "127.0.0.1");
    socket.write(`${head}\r\n\r\n`);
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain("u:p");
    expect((await sent(world.park.deliver(world.park.say("maria", word)), server.origin)).status).toBe(200);
  });

  it("a body that does not come is answered 408, and takes nobody's place for longer", async () => {
    await using world = createWorld({ intake: { bodyMs: 60, maxPending: 3 } });
    await using server = await listening(toNode(world.bridge.fetch));
    const port = Number(new URL(server.origin).port);
    const slow = async (first: string): Promise<string> => {
      const socket = connect(port, "127.0.0.1");
      socket.write(`POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n${first}`);
      // A byte now and then is no body either.
      const drip = setInterval(() => socket.write("x"), 20);
      try {
        let answer = "";
        for await (const chunk of socket) answer += String(chunk);
        return answer;
      } finally {
        clearInterval(drip);
      }
    };
    const answers = await Promise.all([slow(""), slow(word), slow(`{"words":["${word}`)]);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*not whole within 60 ms/);
    expect(world.logs.map(({ fields }) => fields)).toEqual(
      answers.map(() => ({ status: 408, where: "park", reason: "not whole within 60 ms" })),
    );
    expect(JSON.stringify(world.logs)).not.toContain(word);
    expect((await sent(world.park.deliver(world.park.say("maria", word)), server.origin)).status).toBe(200);
  });

  it("a network that hangs up in the middle is not admitted, and is not an answer of ours", async () => {
    await using world = createWorld();
    await using server = await listening(toNode(world.bridge.fetch));
    const stop = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(`{"words":["${word}`)),
    });
    const init: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" };
    const going = fetch(`${server.origin}/park`, { ...init, signal: stop.signal }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    expect(await going).toBeInstanceOf(Error);
    await expect.poll(() => world.logs.length).toBe(1);
    expect(JSON.stringify(world.logs)).not.toContain(word);
    expect(await world.bridge.ledger()).toEqual([]);
  });
});

describe("X's own deliveries", () => {
  let sandbox: XSandbox;
  let world: World;
  let post: string;
  beforeAll(async () => {
    sandbox = await createXSandbox({ accounts: [{ id: "1001", handle: "AcmeHelp" }] });
    world = createWorld({ channels: [x(sandbox.options())], intake: { maxBytes: 20_000 } });
    const maria = await sandbox.persona("maria_p");
    const said = await sandbox.say({ by: maria, text: `@AcmeHelp where is my ${word}?` });
    post = sandbox.announces(said.id)[0] ?? "";
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  });
  const altered = async (change: (body: string) => string): Promise<Request> => {
    const genuine = sandbox.signed(post);
    return new Request(genuine.url, { method: "POST", headers: genuine.headers, body: change(await genuine.text()) });
  };
  const refused: readonly (readonly [string, number, () => Promise<Request> | Request])[] = [
    ["a flipped byte", 401, () => altered((body) => body.replace("where", "wheRe"))],
    ["cut short, under the whole's signature", 401, () => altered((body) => body.slice(0, -20))],
    ["signed by nobody", 401, () => new Request("http://127.0.0.1/x", { method: "POST", body: post })],
    ["larger than may be", 413, () => sandbox.signed(post + " ".repeat(20_000))],
    ["a GET without a challenge", 400, () => new Request("http://127.0.0.1/x")],
    [
      "a challenge that could be a body",
      400,
      () => new Request(`http://127.0.0.1/x?crc_token=${encodeURIComponent(post)}`),
    ],
  ];
  it.each(refused)("%s: %i, and the log says why", async (_name, status, request) => {
    const before = world.logs.length;
    const response = await world.bridge.fetch(await request());
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain(word);
    const logged = world.logs.slice(before);
    expect(logged).toMatchObject([{ level: "warn", fields: { status, where: "x" } }]);
    expect(JSON.stringify(logged)).not.toContain(word);
    expect(await world.bridge.ledger()).toEqual([]);
  });

  it("signed by X and cut short: kept raw; whole: admitted", async () => {
    const cut = post.slice(0, -20);
    expect((await world.bridge.fetch(sandbox.signed(cut))).status).toBe(200);
    expect(await world.bridge.unread()).toMatchObject([{ raw: cut }]);
    expect((await world.bridge.health()).troubles).toEqual(["1 genuine item could not be read: see bridge.unread()"]);
    expect((await world.bridge.fetch(sandbox.signed(post))).status).toBe(200);
    const { census } = await world.bridge.health();
    expect(census.lanes).toMatchObject([{ door: "crm/desk", due: 1 }]);
    expect(JSON.stringify(world.logs)).not.toContain(word);
  });

  it("the challenge is answered, signed as X asks", async () => {
    const response = await world.bridge.fetch(new Request("http://127.0.0.1/x?crc_token=4zUm0cLlSvOGcNHGZ7KQ"));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ response_token: expect.stringMatching(/^sha256=/) });
  });
});
