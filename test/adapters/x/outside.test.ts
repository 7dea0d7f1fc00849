import { serve } from "casethread/sandbox";
import { x, type XOptions } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { expect, test } from "vitest";
import { acme, delivered, ground, type Ground } from "./subject.ts";

const about = { channels: ["x"] };
const saidBy = async (at: Ground, options: XOptions, over = {}): Promise<readonly string[]> =>
  ((await x(options).check?.({ ...about, ...over }, at.kit())) ?? []).map(({ as, say }) => `${as} ${say}`);

test("a token that may only read is told, by the header that X sends", async () => {
  await using sandbox = await createXSandbox({ accounts: [{ id: acme, handle: "AcmeHelp", access: "read" }] });
  const at = await ground();
  await using _ = at.sandbox;
  expect(await saidBy(at, sandbox.options())).toContainEqual(
    `wrong account ${acme}: its token may only read: give the app read, write and direct message permission, then authorise the account again.`,
  );
});

test("a clock that is out is told, by how much and which way", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  const { clock: _, ...rest } = at;
  for (const [by, says] of [
    [90_000, /^wrong clock: (?:89|90|91) s ahead of X's: let NTP set it/],
    [-90_000, /^wrong clock: (?:89|90|91) s behind X's/],
    [1_000, /^well clock: within 30 s of X's/],
  ] as const) {
    const kit: Ground["kit"] = () => ({ ...at.kit(), now: () => Date.now() + by });
    expect(await saidBy({ ...rest, clock: at.clock, kit }, sandbox.options())).toContainEqual(
      expect.stringMatching(says),
    );
  }
});

test("a webhook that does not sign, or where nobody is, is told", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  await using stranger = await serve(async () => Response.json({ response_token: "sha256=AAAA" }));
  const options = { ...sandbox.options(), webhook: `${stranger.origin}/x` };
  expect(await saidBy(at, options)).toContainEqual(
    expect.stringContaining("does not answer X's challenge (HTTP 200): is the bridge mounted there"),
  );
  expect(await saidBy(at, options, { webhook: "http://bridge.example/x" })).toContainEqual(
    expect.stringContaining("the webhook's address has to be https"),
  );
});

test("it is set up from nothing: each step said, then done; what X ended is asked for again", async () => {
  const at = await ground({ hostile: { doubleRate: 0 } });
  await using sandbox = at.sandbox;
  await using end = await serve(async (request) => {
    const reading = await at.channel.read(await delivered(request), at.kit());
    return "handshake" in reading ? reading.handshake : new Response("ok");
  });
  const webhook = `${end.origin}/x`;
  const steps = async () => (await at.channel.setup?.({ ...about, webhook }, at.kit())) ?? [];
  const first = await steps();
  expect(first.map(({ say }) => say.split(" ").slice(0, 3).join(" "))).toEqual([
    "register the webhook",
    "subscribe account 1001",
    "subscribe account 1002",
  ]);
  expect((await sandbox.state()).requests.every(({ method }) => method === "GET")).toBe(true);
  const done: string[] = [];
  for (const { run } of first) done.push(await run(at.kit()));
  expect(done).toEqual([
    expect.stringMatching(/^registered as webhook \d+$/),
    "account 1001 is subscribed to 10 kinds of events more",
    "account 1002 is subscribed to 10 kinds of events more",
  ]);
  expect(await steps()).toEqual([]);
  await sandbox.lapse();
  expect((await steps()).map(({ say }) => say)).toContainEqual(
    `have X ask the webhook ${webhook} again, which failed its challenge; the bridge must be up`,
  );
  for (const { run } of await steps()) await run(at.kit());
  expect(await steps()).toEqual([]);
  await expect(at.channel.setup?.(about, at.kit())).rejects.toThrow("where X is to deliver is not known");
});
