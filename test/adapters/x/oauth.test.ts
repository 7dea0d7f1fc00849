import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Channel, type Note, seal, unseal } from "casethread/adapter";
import { createChance } from "casethread/sandbox";
import { x, type OAuth2, type XOptions } from "casethread/x";
import { acme, type Ground, ground, notes, replyTask } from "./subject.ts";

const key = randomBytes(32).toString("base64");

const withOAuth = (at: Ground, over: Partial<OAuth2> = {}): Channel => {
  const { accounts, ...options } = at.sandbox.options();
  const oauth2 = { clientId: "client", clientSecret: "client-secret", refreshToken: `${acme}-refresh-0`, key, ...over };
  const with2: XOptions = { ...options, accounts: accounts.map((one) => ({ ...one, credentials: { oauth2 } })) };
  return x(with2);
};
const refreshes = async (at: Ground): Promise<number> =>
  (await at.sandbox.state()).requests.filter(({ path }) => path === "/2/oauth2/token").length;
const asks = (at: Ground): ReturnType<Ground["sandbox"]["say"]> =>
  at.sandbox.say({ by: "maria", text: "@AcmeHelp where is it?" });
const look = async (at: Ground, channel: Channel, store: ReturnType<typeof notes>): Promise<unknown> =>
  channel.mark?.(`x/${acme}/public`, {}, at.kit({ note: (name) => store.note(name) }));

describe("tokens that are refreshed", () => {
  test("twenty callers in four processes: one refresh, kept before use, and nobody else's to read", async () => {
    const at = await ground();
    await using _sandbox = at.sandbox;
    const store = notes();
    const processes = Array.from({ length: 4 }, () => withOAuth(at));
    await Promise.all(Array.from({ length: 20 }, (_, n) => look(at, processes[n % 4] as Channel, store)));
    expect(await refreshes(at)).toBe(1);
    const [[name, value] = ["", ""]] = [...store.values];
    expect(name).toBe(`token/${acme}`);
    expect(value).not.toContain("refresh");
    expect(JSON.parse(unseal(value, { adapter: "x", of: acme, keys: [key] }))).toMatchObject({
      access: `${acme}-access-1`,
      refresh: `${acme}-refresh-1`,
    });
  });

  test("before two hours are over, another; after a restart the kept one serves on", async () => {
    const at = await ground({ still: true });
    await using _sandbox = at.sandbox;
    const store = notes();
    const channel = withOAuth(at);
    await look(at, channel, store);
    await at.clock.advance(7_199_000);
    await look(at, channel, store);
    expect(await refreshes(at)).toBe(2);
    await look(at, withOAuth(at), store);
    expect(await refreshes(at)).toBe(2);
  });

  test("an act that X refuses with 401 is done with a newer token, and never sent twice by itself", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    await sandbox.persona("maria");
    const store = notes();
    const channel = withOAuth(at);
    const kit = at.kit({ note: (name) => store.note(name) });
    await look(at, channel, store);
    await at.clock.advance(600_000);
    const post = await asks(at);
    await sandbox.inject({ fault: "401" });
    const answer = (): Promise<unknown> => channel.perform(replyTask(at.account, post.id, "Hello", 0), kit);
    await expect(answer()).rejects.toMatchObject({ fault: "unavailable", landed: "no" });
    await expect(answer()).resolves.toMatchObject({ post: {} });
    expect(await refreshes(at)).toBe(2);
    await sandbox.inject({ fault: "401" });
    const again = await asks(at);
    await expect(channel.perform(replyTask(at.account, again.id, "Hello", 0), kit)).rejects.toMatchObject({
      fault: "unauthorized",
      landed: "no",
      message: expect.stringContaining("Authorise the account again"),
    });
  });

  test("who died over a refresh is waited for, and then no more", async () => {
    const at = await ground();
    await using _sandbox = at.sandbox;
    const store = notes();
    await look(at, withOAuth(at), store);
    // As another process would have left it.
    const busy = { by: "another", until: at.clock.now() + 300 };
    const before = JSON.parse(
      unseal(store.values.get(`token/${acme}`) ?? "", { adapter: "x", of: acme, keys: [key] }),
    ) as object;
    store.values.set(
      `token/${acme}`,
      seal(JSON.stringify({ ...before, expiresAt: 0, busy }), { adapter: "x", of: acme, keys: [key] }),
    );
    await look(at, withOAuth(at), store);
    expect(await refreshes(at)).toBe(2);
  });

  test("a refresh token that is used up or unknown ends in one sentence; authorised anew, it begins anew", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const store = notes();
    await sandbox.inject({ fault: "lost-token" });
    const error: unknown = await look(at, withOAuth(at), store).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      fault: "unauthorized",
      message: expect.stringContaining("Authorise the account again"),
    });
    expect(JSON.stringify([error, String(error)])).not.toMatch(/refresh-0|client-secret/);
    await expect(look(at, withOAuth(at, { refreshToken: "1002-refresh-0" }), store)).resolves.toBeUndefined();
  });

  test("the key is rotated; without the one of before nothing opens", async () => {
    const at = await ground();
    await using _sandbox = at.sandbox;
    const store = notes();
    await look(at, withOAuth(at), store);
    const newer = randomBytes(32).toString("base64");
    await look(at, withOAuth(at, { key: [newer, key] }), store);
    await expect(look(at, withOAuth(at, { key: newer }), store)).rejects.toMatchObject({ fault: "invalid" });
    await expect(look(at, withOAuth(at, { key: "short" }), notes())).rejects.toThrow("openssl rand -base64 32");
  });

  test("a store that is away for a moment loses no token", async () => {
    const at = await ground();
    await using _sandbox = at.sandbox;
    const store = notes();
    const channel = withOAuth(at);
    let swaps = 0;
    const shaky = (name: string): Note => ({
      ...store.note(name),
      swap: (from, to) => (++swaps === 2 ? Promise.reject(new Error("away")) : store.note(name).swap(from, to)),
    });
    const kit = at.kit({ note: shaky });
    await expect(channel.mark?.(`x/${acme}/public`, {}, kit)).resolves.toBeUndefined();
    expect(await refreshes(at)).toBe(1);
  });
});

describe("a refresh token, raced for", () => {
  test.for(Array.from({ length: 8 }, (_, n) => n + 1))(
    "seed %i: twenty callers in five processes: at every expiry one refresh, and nobody is refused",
    async (seed) => {
      const chance = createChance(seed);
      const at = await ground({ still: true });
      await using sandbox = at.sandbox;
      const { accounts, ...options } = sandbox.options();
      const store = notes();
      // A database across a network: each call takes its time.
      const slow = (name: string): Note => ({
        read: async () => (await pause(chance() * 8), store.note(name).read()),
        swap: async (from, to) => (await pause(chance() * 8), store.note(name).swap(from, to)),
      });
      const oauth2 = { clientId: "client", clientSecret: "secret", refreshToken: `${acme}-refresh-0`, key };
      const processes = Array.from({ length: 5 }, () =>
        x({ ...options, accounts: accounts.map((one) => ({ ...one, credentials: { oauth2 } })) }),
      );
      for (let expiry = 1; expiry <= 3; expiry++) {
        const calls = Array.from({ length: 20 }, async () => {
          await pause(chance() * 30);
          const channel = processes[Math.floor(chance() * processes.length)];
          return channel?.mark?.(`x/${acme}/public`, {}, at.kit({ note: slow }));
        });
        await Promise.all(calls);
        const asked = (await sandbox.state()).requests.filter(({ path }) => path === "/2/oauth2/token");
        expect(asked.map(({ status }) => status)).toEqual(Array.from({ length: expiry }, () => 200));
        await at.clock.advance(7_300_000);
      }
    },
  );
});

describe("sealing", () => {
  test("opens for the same account under the same key, unchanged, and not otherwise", () => {
    const sealed = seal("words", { adapter: "x", of: "1", keys: [key] });
    expect(unseal(sealed, { adapter: "x", of: "1", keys: [key] })).toBe("words");
    expect(seal("words", { adapter: "x", of: "1", keys: [key] })).not.toBe(sealed);
    expect(() => unseal(sealed, { adapter: "x", of: "2", keys: [key] })).toThrow("changed");
    const flipped = sealed.slice(0, -2) + (sealed.at(-2) === "A" ? "B" : "A") + sealed.slice(-1);
    expect(() => unseal(flipped, { adapter: "x", of: "1", keys: [key] })).toThrow("changed");
  });
});
