import { expect, test } from "vitest";
import type { FromChannel } from "casethread/adapter";
import { serve } from "casethread/sandbox";
import { createXSandbox, xSandboxClient } from "casethread/x/sandbox";
import { acme, delivered, type Ground, ground, replyTask } from "./subject.ts";

/** A listener that reads what comes, and refuses while it is told to. */
const listener = async (
  at: Ground,
  refuse: () => boolean = () => false,
): Promise<{ readonly events: FromChannel[]; readonly bodies: string[]; readonly url: string } & AsyncDisposable> => {
  const events: FromChannel[] = [];
  const bodies: string[] = [];
  const server = await serve(async (request) => {
    const delivery = await delivered(request);
    const reading = await at.channel.read(delivery, at.kit());
    if ("handshake" in reading) return reading.handshake;
    if (refuse()) return new Response("no", { status: 500 });
    bodies.push(new TextDecoder().decode(delivery.body));
    events.push(...reading.events);
    return new Response("ok");
  });
  return { events, bodies, url: `${server.origin}/x`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

test("two thousand posts reach the listener, doubled and overtaking, at several hundred a second", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  await using hears = await listener(at);
  await sandbox.connect({ url: hears.url });
  const began = process.cpuUsage();
  for (let n = 0; n < 2_000; n++) {
    const by = await sandbox.persona(`person${n % 300}`);
    await sandbox.say({ by, text: `@AcmeHelp number ${n}` });
  }
  await sandbox.settled();
  // Of the processor, whatever else the machine does.
  const { user, system } = process.cpuUsage(began);
  const seconds = (user + system) / 1_000_000;
  const { deliveries } = await sandbox.state();
  console.log(`${Math.round(deliveries.delivered / seconds)} deliveries a second,`, deliveries);
  expect(new Set(hears.events.map(({ key }) => key)).size).toBe(2_000);
  expect(deliveries.doubled / 2_000).toBeGreaterThan(0.15);
  expect(hears.events.length).toBe(2_000 + deliveries.doubled);
  const order = hears.events.map(({ at: when }) => when);
  expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  expect(deliveries.delivered / seconds).toBeGreaterThan(200);
});

test("a refusal that was ordered closes the window to everybody, until its reset", async () => {
  const at = await ground({ still: true });
  await using sandbox = at.sandbox;
  const maria = await sandbox.persona("maria");
  const { id } = await sandbox.say({ by: maria, text: "@AcmeHelp hello?" });
  const answer = (text: string): Promise<unknown> =>
    at.channel.perform(replyTask(at.account, id, text, at.clock.now()), at.kit()).catch((thrown: unknown) => thrown);
  await sandbox.inject({ fault: "429" });
  const refused = await answer("one");
  expect(refused).toMatchObject({ fault: "throttled", landed: "no" });
  expect(await answer("two")).toMatchObject({ fault: "throttled", retryAt: (refused as { retryAt: number }).retryAt });
  await at.clock.advance((refused as { retryAt: number }).retryAt - at.clock.now());
  expect(await answer("three")).toMatchObject({ post: { id: expect.any(String) } });
});

test("tells what X tells, to whom it tells it", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  const maria = await sandbox.persona("maria");
  const types = (id: string): string[] =>
    sandbox.announces(id).map((body) => (JSON.parse(body) as { data: { event_type: string } }).data.event_type);
  const ours = await sandbox.say({ by: acme, text: "News" });
  expect(types(ours.id)).toEqual(["post.create"]);
  const direct = await sandbox.say({ by: maria, text: "when?", replyTo: ours.id });
  expect(direct.text).toBe("@AcmeHelp when?");
  expect(types(direct.id)).toEqual(["post.reply.create"]);
  const both = await sandbox.say({ by: maria, text: "really @AcmeHelp?", replyTo: ours.id });
  expect(types(both.id)).toEqual(["post.mention.create", "post.reply.create"]);
  // Deep in the thread, and nobody called: X tells nobody.
  const jo = await sandbox.persona("jo");
  const deep = await sandbox.say({ by: jo, text: "same here", replyTo: direct.id });
  expect(types(deep.id)).toEqual([]);
  expect(deep.conversation).toBe(ours.id);
  const quote = await sandbox.say({ by: jo, text: "look", quote: ours.id });
  expect(types(quote.id)).toEqual(["post.quote.create"]);
  const edited = await sandbox.edit({ post: both.id, text: "really, @AcmeHelp?" });
  expect(edited.history).toEqual([both.id, edited.id]);
  expect(types(edited.id)).toEqual(["post.mention.create", "post.reply.create"]);
  expect(types((await sandbox.dm({ by: maria, to: acme, text: "hi" })).id)).toEqual(["dm.received"]);
});

test("an echo may come before the answer; a lost answer leaves the post", async () => {
  const at = await ground({ hostile: { echoFirst: 1, doubleRate: 0 } });
  await using sandbox = at.sandbox;
  await using hears = await listener(at);
  await sandbox.connect({ url: hears.url });
  const by = await sandbox.persona("maria");
  const post = await sandbox.say({ by, text: "@AcmeHelp?" });
  await at.channel.perform(replyTask(at.account, post.id, "Hello", at.clock.now()), at.kit());
  expect(hears.events.filter((event) => event.as === "said" && event.actor.kind === "brand")).toHaveLength(1);
  await sandbox.inject({ fault: "lost-response" });
  await expect(
    at.channel.perform(replyTask(at.account, post.id, "Again", at.clock.now()), at.kit()),
  ).rejects.toMatchObject({ landed: "unknown" });
  const state = await sandbox.state();
  expect(state.posts.filter((one) => one.by === acme && one.viaApi)).toHaveLength(2);
  expect(state.requests.filter(({ method }) => method === "POST").map(({ status }) => status)).toEqual([201, 0]);
  expect(JSON.stringify(state)).not.toContain("sandbox-access-secret");
});

test("refused deliveries come again, three times, by the sandbox's clock; lost ones never", async () => {
  const at = await ground({ still: true, hostile: { doubleRate: 0 } });
  await using sandbox = at.sandbox;
  let refusals = 3;
  await using hears = await listener(at, () => refusals-- > 0);
  await sandbox.connect({ url: hears.url });
  const by = await sandbox.persona("maria");
  await sandbox.say({ by, text: "@AcmeHelp one" });
  const deliveries = async (): Promise<Awaited<ReturnType<typeof sandbox.state>>["deliveries"]> =>
    (await sandbox.state()).deliveries;
  for (let n = 1; n <= 3; n++) {
    await expect.poll(async () => (await deliveries()).waiting).toBe(1);
    expect(hears.events).toEqual([]);
    await at.clock.advance(180_000);
  }
  await sandbox.settled();
  expect(hears.events).toHaveLength(1);
  await sandbox.inject({ fault: "lost-webhook" });
  await sandbox.say({ by, text: "@AcmeHelp two" });
  await sandbox.settled();
  expect(hears.events).toHaveLength(1);
  expect(await deliveries()).toMatchObject({ delivered: 1, refused: 3, lost: 0 });
});

test("registers only a webhook that signs the challenge", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  await using stranger = await serve(async () => Response.json({ response_token: "sha256=AAAA" }));
  await expect(sandbox.connect({ url: stranger.origin })).rejects.toThrow("CrcValidationFailed");
});

test("the same people, from another process", async () => {
  await using sandbox = await createXSandbox({
    accounts: [{ id: acme, handle: "AcmeHelp" }],
    hostile: { doubleRate: 0 },
  });
  const there = xSandboxClient(sandbox.origin);
  const maria = await there.persona("maria", { followers: 9 });
  const post = await there.say({ by: maria, text: "hello @AcmeHelp" });
  await there.remove({ post: post.id });
  await there.settled();
  const state = await there.state();
  expect(state.users.map(({ handle, followers }) => [handle, followers])).toContainEqual(["maria", 9]);
  expect(state.posts).toMatchObject([{ id: post.id, gone: true }]);
  await expect(there.say({ by: "nobody", text: "?" })).rejects.toThrow("nobody here is called nobody");
  expect((await fetch(new URL("/sandbox/unknown", sandbox.origin), { method: "POST" })).status).toBe(404);
});

test("an account's handle is one that X would give", async () => {
  const accounts = [{ id: "1001", handle: "acme-help-desk-berlin" }];
  await expect(createXSandbox({ accounts, listen: false })).rejects.toThrow(
    /a handle has up to 15 letters, digits and underscores: give another/,
  );
});
