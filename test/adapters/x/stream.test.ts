import { describe, expect, test } from "vitest";
import type { Found, FromChannel, Kit } from "casethread/adapter";
import { serve } from "casethread/sandbox";
import { x } from "casethread/x";
import { agentTo } from "../../../adapters/x/client.ts";
import { type ReadLine, listenTo, openAt, type OpenStream } from "../../../adapters/x/stream.ts";
import { acme, type Ground, ground, kitAt, notes } from "./subject.ts";
import { createTown } from "./town.ts";

/** All that a channel hears until it is stopped. */
const listening = (at: Ground, options = at.sandbox.options(), note = notes().note) => {
  const stop = new AbortController();
  const heard: string[] = [];
  const channel = x({ ...options, stream: true });
  const kit = at.kit({ signal: stop.signal, note });
  const run = (async () => {
    for await (const found of channel.listen?.(kit) ?? []) heard.push(...found.events.map(({ key }) => key));
  })().catch((thrown: unknown) => thrown);
  return { heard, channel, kit, stop: () => (stop.abort(), run), run };
};
const subscribed = async (at: Ground, channel: ReturnType<typeof x>, kit: Kit): Promise<void> => {
  for await (const _page of channel.since?.(at.account, {}, kit) ?? []);
};

describe("the stream", () => {
  test("tells what the webhook would, over a socket, whole even where it is cut inside a letter", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const ear = listening(at);
    await subscribed(at, ear.channel, at.kit());
    await expect.poll(() => sandbox.listeners()).toBe(1);
    const by = await sandbox.persona("maria");
    const text = `@AcmeHelp ${"日本語🙂".repeat(30)}`;
    const posts = [];
    for (let n = 0; n < 30; n++) posts.push(await sandbox.say({ by, text }));
    await expect.poll(() => ear.heard.length).toBe(30);
    expect(ear.heard).toEqual(posts.map(({ id }) => `x/${acme}/post/${id}`));
    await ear.stop();
    await expect.poll(() => sandbox.listeners()).toBe(0);
  });

  test("is whole where a letter comes in two pieces, and ends where nothing comes any more", async () => {
    const bytes = Buffer.from("日本語🙂\r\n");
    await using end = await serve(
      async () =>
        new Response(
          new ReadableStream<Uint8Array>({
            start: async (ear) => {
              for (const byte of bytes) {
                ear.enqueue(Uint8Array.of(byte));
                await new Promise((resolve) => setTimeout(resolve, 5));
              }
            },
          }),
        ),
    );
    const lines: string[] = [];
    const heard = async (): Promise<void> => {
      const stream = openAt(agentTo(end.origin), async () => "b", "activity/stream", 300);
      for await (const line of stream(new AbortController().signal)) lines.push(line);
    };
    await expect(heard()).rejects.toThrow();
    expect(lines).toEqual(["日本語🙂"]);
  });

  test("is listened to by one of many processes; when that one is gone, by another", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    const shared = notes();
    const first = listening(at, undefined, shared.note);
    await expect.poll(() => sandbox.listeners()).toBe(1);
    const second = x({ ...sandbox.options(), stream: true });
    const stop = new AbortController();
    let opened = 0;
    const open: OpenStream = async function* (signal) {
      opened += 1;
      yield "";
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    };
    const kit = at.kit({ signal: stop.signal, note: shared.note });
    expect(second.listen).toBeDefined();
    const nothing: ReadLine = () => ({ events: [], unread: [], alarms: [] });
    const next = listenTo(open, nothing, kit).next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(opened).toBe(0);
    await first.stop();
    stop.abort();
    await next.catch(() => undefined);
  });

  test("a token that X does not take ends it in one sentence", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const options = sandbox.options();
    const ear = listening(at, { ...options, app: { ...options.app, bearer: "wrong" } });
    expect(await ear.run).toMatchObject({
      fault: "unauthorized",
      message: expect.stringContaining("the stream: X does not accept"),
    });
  });

  test("an end with X's own word, silence and cuts: connected again, and what is no event is kept raw", async () => {
    const lines = [
      [
        "",
        '{"errors":[{"title":"operational-disconnect","type":"https://api.x.com/2/problems/operational-disconnect"}]}',
      ],
      ["not json"],
    ];
    const found: Found<FromChannel>[] = [];
    const stop = new AbortController();
    let opened = 0;
    const open: OpenStream = async function* () {
      const batch = lines[opened++];
      if (batch === undefined) {
        stop.abort();
        throw new Error("cut");
      }
      yield* batch;
    };
    const read: ReadLine = (line) => ({ events: [], unread: [{ reason: "no JSON", raw: line }], alarms: [] });
    const kit = kitAt(() => 1_800_000_000_000, { signal: stop.signal, note: notes().note });
    const work = (async () => {
      for await (const one of listenTo(open, read, kit)) found.push(one);
    })();
    await work.catch(() => undefined);
    expect(found.flatMap(({ unread }) => unread.map(({ raw }) => raw))).toEqual(["not json"]);
    expect(opened).toBe(3);
  }, 20_000);
});

test("dropped for minutes: what was said meanwhile is caught up with, and nothing is entered twice", async () => {
  await using town = await createTown({ webhook: false, options: { stream: true }, hostile: { indexLagMs: 100 } });
  const { net, bridge, desk, clock } = town;
  const stop = new AbortController();
  const working = bridge.work({ signal: stop.signal });
  await expect.poll(() => net.listeners(), { timeout: 5_000 }).toBe(1);
  const said: string[] = [];
  const say = async (n: number): Promise<void> => {
    const by = await net.persona(`person${n}`);
    said.push((await net.say({ by, text: `@AcmeHelp number ${n}` })).id);
  };
  for (let n = 0; n < 5; n++) await say(n);
  await expect.poll(() => desk.entries.size, { timeout: 5_000 }).toBe(5);

  await net.dropStream({ forMs: 240_000 });
  for (let n = 5; n < 10; n++) {
    await say(n);
    await clock.advance(20_000);
  }
  expect(await net.listeners()).toBe(0);
  // The watch asks what is new every minute, with or without a stream.
  await expect.poll(() => desk.entries.size, { timeout: 10_000 }).toBe(10);
  await clock.advance(200_000);
  await expect.poll(() => net.listeners(), { timeout: 20_000 }).toBe(1);
  for (let n = 10; n < 13; n++) await say(n);
  await expect.poll(() => desk.entries.size, { timeout: 10_000 }).toBe(13);
  await clock.advance(400_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  stop.abort();
  await working;
  expect([...desk.entries.keys()].toSorted()).toEqual(said.map((id) => `x/${acme}/post/${id}`).toSorted());
  expect([...desk.cases.values()]).toHaveLength(13);
}, 60_000);
