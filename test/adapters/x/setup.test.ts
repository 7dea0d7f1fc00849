import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { serve } from "casethread/sandbox";
import { scopes, x, type XOptions, xSetup } from "casethread/x";
import { eventTypes } from "../../../adapters/x/webhooks.ts";
import { acme, delivered, type Ground, ground, other } from "./subject.ts";

/** A bridge's end of the webhook: answers the challenge, and takes what comes. */
const mounted = async (at: Ground): Promise<{ readonly url: string; readonly heard: string[] } & AsyncDisposable> => {
  const heard: string[] = [];
  const server = await serve(async (request) => {
    const reading = await at.channel.read(await delivered(request), at.kit());
    if ("handshake" in reading) return reading.handshake;
    heard.push(...reading.events.map(({ key }) => key));
    return new Response("ok");
  });
  return { url: `${server.origin}/x`, heard, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};
const collect = async (
  at: Ground,
  options: XOptions,
  cursor?: string,
): Promise<{ alarms: string[]; cursor: string }> => {
  const alarms: string[] = [];
  let last = cursor ?? "";
  for await (const page of x(options).since?.(at.account, cursor === undefined ? {} : { cursor }, at.kit()) ?? []) {
    alarms.push(...page.alarms);
    last = page.cursor;
  }
  return { alarms, cursor: last };
};

describe("setting up", () => {
  test("from nothing to deliveries: register, subscribe, and again without doubling anything", async () => {
    const at = await ground({ hostile: { doubleRate: 0 } });
    await using sandbox = at.sandbox;
    await using end = await mounted(at);
    const setup = xSetup(sandbox.options());
    expect(await setup.doctor(end.url)).toEqual([
      `x: no webhook is registered at ${end.url}: register it.`,
      expect.stringContaining(`account ${acme} is not subscribed to post.create, post.delete`),
      expect.stringContaining(`account ${other} is not subscribed to`),
    ]);
    const hook = await setup.register(end.url);
    expect(hook).toMatchObject({ url: end.url, valid: true });
    expect(await setup.register(end.url)).toEqual(hook);
    expect(await setup.webhooks()).toHaveLength(1);
    expect(await setup.subscribe(hook.id)).toHaveLength(2 * eventTypes.length);
    expect(await setup.subscribe(hook.id)).toEqual([]);
    expect(await setup.subscriptions()).toHaveLength(2 * eventTypes.length);
    expect(await setup.doctor(end.url)).toEqual([]);

    const maria = await sandbox.persona("maria");
    const post = await sandbox.say({ by: maria, text: "@AcmeHelp hello" });
    await sandbox.settled();
    expect(end.heard).toEqual([`x/${acme}/post/${post.id}`]);
  });

  test("what went by unheard is told again by a replay", async () => {
    const at = await ground({ hostile: { doubleRate: 0 } });
    await using sandbox = at.sandbox;
    await using end = await mounted(at);
    const setup = xSetup(sandbox.options());
    const { id } = await setup.register(end.url);
    await setup.subscribe(id);
    await sandbox.inject({ fault: "lost-webhook" });
    const maria = await sandbox.persona("maria");
    const post = await sandbox.say({ by: maria, text: "@AcmeHelp hello" });
    await sandbox.settled();
    expect(end.heard).toEqual([]);
    const now = at.clock.now();
    expect(await setup.replay({ webhook: id, from: now - 60_000, to: now })).toEqual({
      job: expect.stringMatching(/^\d+$/),
    });
    await sandbox.settled();
    expect(end.heard).toEqual([`x/${acme}/post/${post.id}`]);
    await expect(setup.replay({ webhook: "1", from: now, to: now })).rejects.toMatchObject({ fault: "missing" });
    await setup.unregister(id);
    expect(await setup.webhooks()).toEqual([]);
  });

  test("an address that does not sign X's challenge says what to look at", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    await using stranger = await serve(async () => Response.json({ response_token: "sha256=AAAA" }));
    await expect(xSetup(sandbox.options()).register(stranger.origin)).rejects.toMatchObject({
      fault: "invalid",
      message: expect.stringContaining("did not answer X's challenge: is the bridge up"),
    });
  });

  test("bad credentials, another's credentials, and no token of the app: each in one sentence", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const { accounts, app, ...rest } = sandbox.options();
    const [one, two] = accounts;
    if (one === undefined || two === undefined) throw new Error("no accounts");
    const { bearer: _, ...bare } = app;
    const wrong = { ...one, credentials: { accessToken: "77-wrong", accessSecret: "s" } };
    const exchanged = { ...two, credentials: one.credentials };
    expect(await xSetup({ ...rest, app: bare, accounts: [wrong, exchanged] }).doctor()).toEqual([
      `x: account ${acme}: [x: unauthorized] X does not accept the account's token. Authorise the account again.`,
      `x: account ${other} is given the credentials of account ${acme}: exchange them.`,
      expect.stringContaining("without app.bearer (X_APP_BEARER_TOKEN)"),
    ]);
    expect(await xSetup({ ...rest, app, accounts: [{ ...one, handle: "OldName" }] }).doctor()).toContainEqual(
      `x: account ${acme} is called @AcmeHelp now: change its handle.`,
    );
    expect(await xSetup({ ...rest, app: { ...app, bearer: "wrong" }, accounts: [one] }).doctor()).toEqual([
      expect.stringContaining("the app: [x: unauthorized]"),
    ]);
  });
});

describe("the channel's own look at its deliveries", () => {
  test("sets up what is missing without a word, notices what X ended, mends it, and says so once", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    await using end = await mounted(at);
    const { accounts, ...rest } = sandbox.options();
    const options: XOptions = { ...rest, accounts: accounts.slice(0, 1), webhook: end.url };
    const channel = x(options);
    const pass = async (cursor?: string): Promise<{ alarms: string[]; cursor: string; missed: boolean }> => {
      const found = { alarms: [] as string[], cursor: "", missed: false };
      for await (const page of channel.since?.(at.account, cursor === undefined ? {} : { cursor }, at.kit()) ?? []) {
        found.alarms.push(...page.alarms);
        found.cursor = page.cursor;
        found.missed ||= page.missed === true;
      }
      return found;
    };
    const first = await pass();
    // What was never subscribed was not missed.
    expect(first.alarms).toEqual([]);
    const setup = xSetup(options);
    expect(await setup.doctor(end.url)).toEqual([]);
    expect(await pass(first.cursor)).toMatchObject({ alarms: [], missed: false });
    await sandbox.lapse();
    await at.clock.advance(601_000);
    const mended = await pass(first.cursor);
    expect(mended.alarms).toEqual([
      expect.stringContaining("X sent the webhook nothing any more, and was asked to try it again"),
      expect.stringContaining(`account ${acme} was not subscribed to`),
    ]);
    // What is known is looked at again as well.
    expect(mended.missed).toBe(true);
    expect(await pass(first.cursor)).toMatchObject({ alarms: [], missed: false });
    expect(await setup.doctor(end.url)).toEqual([]);
  });

  test("what was subscribed for the stream, or for another address, comes to this one; other tools' is left alone", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    const { accounts, ...rest } = sandbox.options();
    const options: XOptions = { ...rest, accounts: accounts.slice(0, 1) };
    const setup = xSetup(options);
    const theirs = { event_type: "dm.sent", filter: { user_id: acme }, tag: "theirs", webhook_id: "99" };
    await sandbox.client({ id: acme }).v2.post("activity/subscriptions", theirs, { fullResponse: true });
    await setup.subscribe();
    const ids = (await setup.subscriptions()).map(({ id }) => id);
    await using one = await mounted(at);
    await using two = await mounted(at);
    let { cursor } = await collect(at, options);
    for (const { url } of [one, two]) {
      const { alarms, ...found } = await collect(at, { ...options, webhook: url }, cursor);
      ({ cursor } = found);
      expect(alarms).toEqual([expect.stringContaining(`account ${acme} was not subscribed to post.create`)]);
      expect((await collect(at, { ...options, webhook: url }, cursor)).alarms).toEqual([]);
      expect(await setup.doctor(url)).toEqual([]);
      const there = await setup.subscriptions();
      const hook = (await setup.webhooks()).find((each) => each.url === url)?.id;
      expect(there.slice(0, ids.length).map(({ id }) => id)).toEqual(ids);
      expect(there[0]).toMatchObject({ tag: "theirs", webhook: "99" });
      expect(there.slice(1).map(({ webhook }) => webhook)).toEqual(eventTypes.map(() => hook));
    }
    await setup.subscribe((await setup.webhooks()).find(({ url }) => url === one.url)?.id);
    expect(await setup.doctor(two.url)).toEqual([expect.stringContaining("is not subscribed to post.create")]);
  });

  test("that fails is an alarm, and keeps nobody from catching up", async () => {
    const at = await ground({ hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    await using stranger = await serve(async () => new Response("who?"));
    const found = await collect(at, { ...sandbox.options(), webhook: stranger.origin });
    expect(found.alarms).toEqual([expect.stringContaining("did not answer X's challenge")]);
    expect(JSON.parse(found.cursor)).toMatchObject({ pass: 0 });
  });

  test("without an address it leaves X alone; an address without the app's token is refused at the start", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const options = sandbox.options();
    expect((await collect(at, options)).alarms).toEqual([]);
    expect((await sandbox.state()).requests.some(({ path }) => path.includes("webhooks"))).toBe(false);
    const { bearer: _, ...app } = options.app;
    expect(() => x({ ...options, app, webhook: "https://bridge.example/x" })).toThrow(
      "webhook (X_WEBHOOK_URL) needs app.bearer (X_APP_BEARER_TOKEN) as well",
    );
  });
});

test("an account with oauth2 is not asked for without a place to keep its next token", async () => {
  const at = await ground();
  await using sandbox = at.sandbox;
  const { accounts, ...options } = sandbox.options();
  const oauth2 = { clientId: "c", refreshToken: `${acme}-refresh-0`, key: Buffer.alloc(32).toString("base64") };
  const setup = xSetup({
    ...options,
    accounts: accounts.slice(0, 1).map((one) => ({ ...one, credentials: { oauth2 } })),
  });
  expect(await setup.doctor()).toContainEqual(expect.stringContaining("give xSetup a kit"));
  expect((await sandbox.state()).requests.some(({ path }) => path.includes("oauth2"))).toBe(false);
});

describe("authorising an account", () => {
  const about = { clientId: "client", redirectUri: "https://bridge.example/back" };

  test("sends the person to X with a challenge, and takes the code back", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const setup = xSetup(sandbox.options());
    const { url, state, verifier } = setup.login(about);
    const asked = new URL(url).searchParams;
    expect(asked.get("scope")).toBe(scopes.join(" "));
    expect(asked.get("state")).toBe(state);
    expect(asked.get("code_challenge")).toBe(createHash("sha256").update(verifier).digest("base64url"));
    const code = await sandbox.authorise({ account: acme, url });
    await expect(setup.authorised({ ...about, code, verifier: "another" })).rejects.toMatchObject({
      fault: "unauthorized",
    });
    const again = await sandbox.authorise({ account: acme, url });
    expect(await setup.authorised({ ...about, code: again, verifier })).toEqual({
      refreshToken: expect.stringContaining("refresh"),
    });
  });

  test("webhooks are the app's: without its bearer nobody is asked", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const { app, ...options } = sandbox.options();
    const { bearer: _, ...rest } = app;
    expect(() => xSetup({ ...options, app: rest }).webhooks()).toThrow(
      "[x: invalid] app.bearer (X_APP_BEARER_TOKEN) is missing: give it, for webhooks and streams belong to the app itself.",
    );
  });

  test("a token without another to follow is not taken for one", async () => {
    await using end = await serve(() =>
      Promise.resolve(Response.json({ token_type: "bearer", access_token: "a", expires_in: 7_200 })),
    );
    const at = await ground();
    await using sandbox = at.sandbox;
    const setup = xSetup({ ...sandbox.options(), origin: end.origin });
    await expect(setup.authorised({ ...about, code: "c", verifier: "v" })).rejects.toThrow(
      "[x: unauthorized] X gave no refresh token: ask for the scope offline.access.",
    );
  });
});
