import { describe, expect, test } from "vitest";
import { BridgeError, type ChannelTask, type Receipt, type Said } from "casethread/adapter";
import { x, type XOptions } from "casethread/x";
import { optionsFromEnv } from "../../../adapters/x/check.ts";
import { acme, actTask, type Ground, ground, messageTask, replyTask } from "./subject.ts";

const token = "ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm";
const asks = (at: Ground, text = "@AcmeHelp where is it?"): ReturnType<Ground["sandbox"]["say"]> =>
  at.sandbox.persona("maria").then((by) => at.sandbox.say({ by, text }));
const persona = (at: Ground, id: string): { account: Ground["account"]; space: string; id: string } => ({
  account: at.account,
  space: "user",
  id,
});

describe("a reply", () => {
  test("goes under the post, carries the invite's link, and its token comes home", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const post = await asks(at);
    const receipt = await at.channel.perform(
      replyTask(at.account, post.id, "Sorry & thanks", at.clock.now(), token),
      at.kit(),
    );
    const written = (await sandbox.state()).posts.find(({ id }) => id === receipt.post?.id);
    expect(written).toMatchObject({ replyTo: post.id, by: acme, text: expect.stringContaining("Sorry & thanks") });
    expect(receipt.url).toBe(`https://x.com/i/status/${written?.id}`);
    const letter = await sandbox.followInvite({ by: "maria", post: written?.id ?? "", text: "it is me" });
    expect(letter.text).toBe(`Reference: ${token} it is me`);
    const [body = ""] = sandbox.announces(letter.id);
    const request = sandbox.signed(body);
    const reading = await at.channel.read(
      {
        method: "POST",
        url: new URL(request.url),
        headers: request.headers,
        body: new Uint8Array(await request.arrayBuffer()),
      },
      at.kit(),
    );
    expect("events" in reading && (reading.events[0] as Said).token).toBe(token);
  });

  test("to one who did not call on the account is refused on self-serve, and lands on enterprise", async () => {
    for (const tier of ["self-serve", "enterprise"] as const) {
      const at = await ground({ tier });
      await using sandbox = at.sandbox;
      const by = await sandbox.persona("maria");
      const post = await sandbox.say({ by, text: "acme is slow today" });
      const work = at.channel.perform(replyTask(at.account, post.id, "May we help?", at.clock.now()), at.kit());
      if (tier === "enterprise") await expect(work).resolves.toMatchObject({ post: {} });
      else await expect(work).rejects.toMatchObject({ fault: "forbidden", landed: "no" });
    }
  });

  test("said twice is called a duplicate, which may mean that the first landed", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const post = await asks(at);
    const task = replyTask(at.account, post.id, "Once only", at.clock.now());
    await sandbox.inject({ fault: "duplicate-after" });
    for (let n = 0; n < 2; n++)
      await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ fault: "taken", landed: "unknown" });
    expect((await sandbox.state()).posts.filter(({ by }) => by === acme)).toHaveLength(1);
  });

  test("is counted: what is left of the window is known without asking", async () => {
    const at = await ground();
    await using _sandbox = at.sandbox;
    const now = at.clock.now();
    expect(await at.channel.capacity(at.account, "reply", at.kit())).toMatchObject({ left: 100 });
    expect(await at.channel.capacity(at.account, "message", at.kit())).toMatchObject({ left: 15 });
    for (let n = 0; n < 3; n++)
      await at.channel.perform(replyTask(at.account, (await asks(at)).id, "Hello", now), at.kit());
    const { left, resetsAt } = await at.channel.capacity(at.account, "reply", at.kit());
    expect(left).toBe(97);
    expect(resetsAt - now).toBeGreaterThan(890_000);
    await at.sandbox.inject({ fault: "429" });
    await expect(
      at.channel.perform(replyTask(at.account, (await asks(at)).id, "Hello", now), at.kit()),
    ).rejects.toMatchObject({ fault: "throttled" });
    expect(await at.channel.capacity(at.account, "reply", at.kit())).toMatchObject({ left: 0 });
  });
});

describe("a private message", () => {
  test("reaches who wrote first, and nobody else", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria");
    const task = messageTask(persona(at, maria.id), "Hello Maria", at.clock.now());
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ fault: "forbidden", landed: "no" });
    await sandbox.dm({ by: maria, to: acme, text: "hi" });
    const receipt = await at.channel.perform(task, at.kit());
    expect(receipt).toMatchObject({ thread: { id: `${acme}-${maria.id}` }, message: expect.stringMatching(/^\d+$/) });
  });

  test("eight go at once, the rest are spread over the window, and the sixteenth waits for the next", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria", { acceptsMessages: true });
    const begin = at.clock.now();
    const sentAt: number[] = [];
    const send = (n: number): Promise<Receipt> =>
      at.channel.perform(messageTask(persona(at, maria.id), `Message ${n}`, at.clock.now()), at.kit());
    while (sentAt.length < 16) {
      try {
        await send(sentAt.length);
        sentAt.push(at.clock.now() - begin);
      } catch (thrown) {
        expect(thrown).toMatchObject({ fault: "throttled", landed: "no" });
        await at.clock.advance((thrown as { retryAt: number }).retryAt - at.clock.now());
      }
    }
    expect(sentAt.filter((one) => one === 0)).toHaveLength(8);
    const spread = sentAt.slice(8, 15);
    expect(new Set(spread.map((one) => Math.round(one / 10_000))).size).toBe(7);
    expect(Math.max(...spread)).toBeLessThan(900_000);
    expect(sentAt[15]).toBeGreaterThanOrEqual(900_000);
    // Not one was refused by X itself.
    expect((await sandbox.state()).requests.filter(({ status }) => status === 429)).toEqual([]);
  });
});

describe("other acts", () => {
  test("hide, show, retract, and retract what is gone", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const ours = await sandbox.say({ by: acme, text: "News!" });
    const maria = await sandbox.persona("maria");
    const rude = await sandbox.say({ by: maria, text: "rude words", replyTo: ours.id });
    const post = { account: at.account, id: rude.id };
    for (const hidden of [true, false]) {
      await at.channel.perform(
        actTask(at.account, { do: "hide", post, hidden, because: "abuse" }, at.clock.now()),
        at.kit(),
      );
      expect((await sandbox.state()).posts.find(({ id }) => id === rude.id)?.hidden).toBe(hidden);
    }
    const own = { account: at.account, id: ours.id };
    const retract = actTask(at.account, { do: "retract", post: own }, at.clock.now());
    expect((await at.channel.perform(retract, at.kit())).proof).toBeUndefined();
    expect((await at.channel.perform(retract, at.kit())).proof).toBe("already gone");
  });

  test("a look tells what X allows now, and changes nothing", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria");
    const called = await asks(at);
    const aside = await sandbox.say({ by: maria, text: "no one called" });
    const look = (id: string): Promise<Receipt> =>
      at.channel.perform(
        actTask(at.account, { do: "look", post: { account: at.account, id }, persona: persona(at, maria.id) }, 0),
        at.kit(),
      );
    expect((await look(called.id)).openings).toEqual({ reply: true, privateReply: false, message: false });
    await sandbox.dm({ by: maria, to: acme, text: "hi" });
    expect((await look(aside.id)).openings).toEqual({ reply: false, privateReply: false, message: true });
    await expect(look("12345")).rejects.toMatchObject({ fault: "missing" });
    expect((await sandbox.state()).requests.every(({ method }) => method === "GET")).toBe(true);
  });

  test("likes, private replies and thread control are refused before anything is sent", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const like = actTask(at.account, { do: "like", post: { account: at.account, id: "5" } }, 0);
    await expect(at.channel.perform(like, at.kit())).rejects.toMatchObject({ fault: "forbidden", landed: "no" });
    const odd = replyTask(at.account, "5/../../users", "Hello", 0);
    await expect(at.channel.perform(odd, at.kit())).rejects.toMatchObject({ fault: "invalid", landed: "no" });
    expect((await sandbox.state()).requests).toEqual([]);
  });
});

describe("reading back", () => {
  test("finds words that X shows changed: escaped, linked, with handles before and a link behind", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    const post = await asks(at);
    const words = "A & B <C> see https://acme.example/help?x=1 or acme.com/help now";
    const task = replyTask(at.account, post.id, words, at.clock.now(), token);
    const since = await at.channel.mark?.(task.effect.door, {}, at.kit());
    await sandbox.inject({ fault: "503-after" });
    await expect(at.channel.perform(task, at.kit())).rejects.toMatchObject({ fault: "unavailable", landed: "unknown" });
    const sent = { attempt: 1, sendBy: at.clock.now(), ...(since === undefined ? {} : { since }) };
    expect(await at.channel.landed(task, sent, at.kit())).toBe("unknown");
    await at.clock.advance(2_000);
    const own = (await sandbox.state()).posts.find(({ by }) => by === acme);
    expect(await at.channel.landed(task, sent, at.kit())).toMatchObject({ proof: "read-back", post: { id: own?.id } });
  });

  test("looks only past the mark, under the same post, and for the same words", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const [one, two] = [await asks(at), await asks(at)];
    const task = replyTask(at.account, one.id, "Thanks!", at.clock.now());
    await at.channel.perform(task, at.kit());
    await at.clock.advance(61_000);
    const since = (await at.channel.mark?.(task.effect.door, {}, at.kit())) ?? "";
    const sent = { attempt: 1, sendBy: at.clock.now(), since };
    const later = replyTask(at.account, one.id, "Thanks!", at.clock.now());
    expect(since).not.toBe("");
    expect(await at.channel.landed(later, sent, at.kit())).toBe("unknown");
    await at.channel.perform(replyTask(at.account, two.id, "Thanks!", at.clock.now()), at.kit());
    expect(await at.channel.landed(later, sent, at.kit())).toBe("unknown");
    await sandbox.say({ by: acme, text: "Thanks! And more", replyTo: one.id });
    expect(await at.channel.landed(later, sent, at.kit())).toBe("unknown");
    const byHand = await sandbox.say({ by: acme, text: "@maria Thanks!", replyTo: one.id });
    expect(await at.channel.landed(later, sent, at.kit())).toMatchObject({ post: { id: byHand.id } });
  });

  test("in private: neither her same words nor ours of before are taken for a receipt", async () => {
    const at = await ground({ still: true, hostile: { indexLagMs: 0 } });
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria", { acceptsMessages: true });
    const task = (): ChannelTask => messageTask(persona(at, maria.id), "Thanks!", at.clock.now());
    const landed = (of: ChannelTask, since?: string): Promise<unknown> =>
      at.channel.landed(
        of,
        { attempt: 1, sendBy: at.clock.now(), ...(since === undefined ? {} : { since }) },
        at.kit(),
      );
    const { message: before = "" } = await at.channel.perform(task(), at.kit());
    await at.clock.advance(1_000);
    const later = task();
    await sandbox.dm({ by: maria, to: acme, text: "Thanks!" });
    await at.clock.advance(1_000);
    expect(await landed(later, before)).toBe("unknown");
    // Where no mark was to be had: long before it was promised.
    await at.clock.advance(600_000);
    expect(await landed(task())).toBe("unknown");
    const { id } = await sandbox.dm({ by: acme, to: maria, text: "Thanks!" });
    await at.clock.advance(1_000);
    expect(await landed(later, before)).toMatchObject({ message: id });
    // That no look can be made any more proves nothing of the act.
    for (let n = 0; n < 15; n++) await landed(later, before).catch(() => undefined);
    await expect(landed(later, before)).rejects.toMatchObject({ fault: "throttled", landed: "unknown" });
  });

  test("a mark costs one read a minute, and a private one none when its reads are spent", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    const maria = await sandbox.persona("maria", { acceptsMessages: true });
    const task = messageTask(persona(at, maria.id), "Hello", at.clock.now());
    const mark = (): Promise<string | undefined> | undefined =>
      at.channel.mark?.(task.effect.door, { to: persona(at, maria.id) }, at.kit());
    expect(await mark()).toBeUndefined();
    const { message } = await at.channel.perform(task, at.kit());
    expect(await mark()).toBe(message);
    expect((await sandbox.state()).requests.filter(({ method }) => method === "GET")).toHaveLength(1);
    await at.clock.advance(3_000);
    expect(await at.channel.landed(task, { attempt: 1, sendBy: 0 }, at.kit())).toMatchObject({
      message,
      proof: "read-back",
    });
  });
});

describe("a catch-up", () => {
  test("finds what webhooks lost, in order, in pages, without telling it twice for ever", async () => {
    const at = await ground({ still: true });
    await using sandbox = at.sandbox;
    const collect = async (cursor?: string): Promise<{ readonly texts: string[]; readonly cursor: string }> => {
      const texts: string[] = [];
      let last = cursor ?? "";
      for await (const page of at.channel.since?.(at.account, cursor === undefined ? {} : { cursor }, at.kit()) ?? []) {
        texts.push(...page.events.flatMap((event) => (event.as === "said" ? [event.text] : [])));
        last = page.cursor;
      }
      return { texts, cursor: last };
    };
    await asks(at, "@AcmeHelp long ago");
    await at.clock.advance(5_000);
    const start = await collect();
    expect(start.texts).toEqual([]);
    const maria = await sandbox.persona("maria");
    for (let n = 0; n < 130; n++) {
      await asks(at, `@AcmeHelp number ${n}`);
      await at.clock.advance(100);
    }
    await sandbox.dm({ by: maria, to: acme, text: "in private" });
    await sandbox.say({ by: acme, text: "by hand" });
    await at.clock.advance(3_000);
    const first = await collect(start.cursor);
    expect(first.texts).toEqual([
      ...Array.from({ length: 130 }, (_, n) => `@AcmeHelp number ${n}`),
      "in private",
      "by hand",
    ]);
    // Younger than five minutes: told again, because a neighbour may still be hidden.
    expect((await collect(first.cursor)).texts.length).toBeGreaterThan(0);
    await at.clock.advance(310_000);
    // Each source is read once more when all of it is old, and then no more: messages in every second pass.
    const second = await collect((await collect(first.cursor)).cursor);
    await asks(at, "@AcmeHelp new");
    await at.clock.advance(2_000);
    expect((await collect(second.cursor)).texts).toEqual(["@AcmeHelp new"]);
    const reads = (await sandbox.state()).requests.filter(({ path }) => path === "/2/dm_events");
    expect(reads.length).toBeLessThanOrEqual(4);
  });

  test("with a cursor of somebody else says what to do", async () => {
    const at = await ground();
    await using _sandbox = at.sandbox;
    const pages = at.channel.since?.(at.account, { cursor: "{}" }, at.kit());
    await expect(Promise.resolve(pages?.[Symbol.asyncIterator]().next())).rejects.toMatchObject({ fault: "malformed" });
  });

  test("reads again when X is away for a moment", async () => {
    const at = await ground();
    await using sandbox = at.sandbox;
    await asks(at);
    let calls = 0;
    const channel = x({
      ...sandbox.options(),
      client: () => {
        const fail = async (): Promise<never> => Promise.reject(new Error(`away ${calls}`));
        const get = async (): Promise<{ data: object }> => (++calls < 3 ? fail() : { data: { data: [], meta: {} } });
        return { v2: { get, post: fail, put: fail, delete: fail } };
      },
    });
    expect(await channel.mark?.(replyTask(at.account, "5", "x", 0).effect.door, {}, at.kit())).toBeUndefined();
    expect(calls).toBe(3);
  });
});

describe("terms", () => {
  const channel = x({ app: { consumerSecret: "s" }, accounts: [{ id: acme, credentials: { bearer: "b" } }] });
  const account = { channel: "x", id: acme };

  test("prices: a link costs thirteen times as much", () => {
    const price = (words: string, invite?: string): number =>
      channel.price(replyTask(account, "5", words, 0, invite)).usd;
    expect([price("hello"), price("see acme.com"), price("see https://a.example/"), price("hello", token)]).toEqual([
      0.01, 0.2, 0.2, 0.2,
    ]);
  });

  test("fits: weighted length, and links of 23", () => {
    expect(channel.fits("a".repeat(280), "public")).toBe(true);
    expect(channel.fits("a".repeat(281), "public")).toBe(false);
    expect(channel.fits("日".repeat(141), "public")).toBe(false);
    expect(channel.fits(`${"a".repeat(256)} https://acme.com/${"b".repeat(200)}`, "public")).toBe(true);
    expect(channel.fits("a".repeat(9_000), "private")).toBe(true);
    expect(channel.fits("", "private")).toBe(false);
  });

  test("links there and back", () => {
    expect(channel.url({ account, id: "123" })?.href).toBe("https://x.com/i/status/123");
    for (const link of [
      "https://x.com/maria/status/123?s=20",
      "https://twitter.com/maria/statuses/123/photo/1",
      "https://mobile.x.com/i/web/status/123",
    ]) {
      expect(channel.parse(new URL(link))).toEqual([{ account, id: "123" }]);
    }
    expect(channel.parse(new URL("https://x.com.evil.example/maria/status/123"))).toEqual([]);
  });

  test("an operator's own bounds", () => {
    const own = x({
      app: { consumerSecret: "s" },
      accounts: [{ id: acme, credentials: { bearer: "b" } }],
      unknown: { repeat: "afterQuiet", quietMs: 5_000 },
    });
    expect(own.can(account).unknown.reply).toMatchObject({
      repeat: "afterQuiet",
      quietMs: 5_000,
      source: expect.stringContaining("operator"),
    });
    expect(channel.can(account).unknown.reply).toMatchObject({ repeat: "never", quietMs: 120_000 });
  });
});

describe("options", () => {
  test("all that is missing is said at once, with its name in the environment, and no value of any", () => {
    expect(() =>
      x.fromEnv({ X_ACCOUNT_HANDLE: "no handle!", X_ACCESS_TOKEN: "hunter2", X_ORIGIN: "https://evil.example" }),
    ).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /X_CONSUMER_SECRET.*missing.*X_ACCOUNT_ID.*missing.*X_ACCOUNT_HANDLE.*not valid/,
        ),
      }),
    );
    expect(() => x.fromEnv({ X_CONSUMER_SECRET: "s", X_ACCOUNT_ID: "1", X_ACCESS_TOKEN: "hunter2" })).toThrow(
      /X_ACCESS_SECRET.*X_CONSUMER_KEY/,
    );
    expect(() =>
      x.fromEnv({ X_CONSUMER_SECRET: "s", X_ACCOUNT_ID: "1", X_BEARER_TOKEN: "hunter2", X_ORIGIN: "http://api.x.com" }),
    ).toThrow(/127\.0\.0\.1/);
  });

  const complaint = (make: () => unknown): string => {
    try {
      make();
    } catch (thrown) {
      if (thrown instanceof BridgeError && thrown.fault === "invalid") return thrown.message;
      throw thrown;
    }
    throw new Error("nothing was wrong");
  };
  const everything = [
    "app.consumerSecret (X_CONSUMER_SECRET) is missing",
    "accounts.0.id (X_ACCOUNT_ID) is missing",
    "accounts.0.credentials.accessToken (X_ACCESS_TOKEN) is missing",
    "accounts.0.credentials.accessSecret (X_ACCESS_SECRET) is missing",
    "app.consumerKey (X_CONSUMER_KEY) is missing",
  ].join("; ");

  test.each<[string, () => unknown]>([
    ["an empty environment", () => x.fromEnv({})],
    ["blank variables", () => x.fromEnv({ X_CONSUMER_SECRET: " ", X_ACCOUNT_ID: "" })],
    ["no options", () => x({} as XOptions)],
    ["nothing at all", () => x(undefined as unknown as XOptions)],
    ["no account", () => x({ app: {}, accounts: [] } as unknown as XOptions)],
    ["an account without anything", () => x({ app: {}, accounts: [{}] } as unknown as XOptions)],
  ])("%s: the whole of what is missing is named, once", (_name, make) => {
    expect(complaint(make)).toBe(
      `[x: invalid] x() cannot start: ${everything}. In brackets: the name x.fromEnv reads. ` +
        "An account with oauth2 (X_REFRESH_TOKEN) or a bearer (X_BEARER_TOKEN) needs neither accessToken, accessSecret nor consumerKey.",
    );
  });

  test("what is wrong hides nothing that is missing", () => {
    const said = complaint(() =>
      x.fromEnv({
        X_ACCOUNT_ID: "@AcmeHelp",
        X_ACCESS_TOKEN: "hunter2",
        X_ACCESS_SECRET_2: "hunter2",
        X_ORIGIN: "ftp://a",
      }),
    );
    for (const part of [
      "X_CONSUMER_SECRET) is missing",
      "X_ACCOUNT_ID) is not valid: it must be the numeric user id",
      "X_ACCESS_SECRET) is missing",
      "X_CONSUMER_KEY) is missing",
      "X_ACCOUNT_ID_2) is missing",
      "X_ACCESS_TOKEN_2) is missing",
      "X_ORIGIN) must be http://127.0.0.1",
    ])
      expect(said).toContain(part);
    expect(said).not.toMatch(/hunter2|@AcmeHelp|undefined/);
    const odd = complaint(() =>
      x({ app: { consumerSecret: "" }, accounts: [{ id: 12, credentials: "hunter2" }] } as unknown as XOptions),
    );
    expect(odd).toMatch(/X_CONSUMER_SECRET\) is empty.*X_ACCOUNT_ID\) is not valid.*credentials is not valid/);
    expect(odd).not.toMatch(/hunter2|undefined/);
    const { app, accounts } = { app: { consumerSecret: "s" }, accounts: [{ id: "1", credentials: { bearer: 5 } }] };
    expect(complaint(() => x({ app, accounts } as unknown as XOptions))).toContain("X_BEARER_TOKEN) is not valid");
  });

  test("a slip in a name is told: a budget of that name would hold nothing back", () => {
    const accounts = [{ id: "1", credentials: { bearer: "b" }, keyword: ["parcel"] }];
    expect(complaint(() => x({ app: { consumerSecret: "s" }, accounts, budgetUSDPerDay: 5 } as XOptions))).toContain(
      "accounts.0.keyword: there is no such option, leave it out; budgetUSDPerDay: there is no such option, leave it out.",
    );
  });

  test("what an environment cannot hold completes it", () => {
    const env = { X_ACCOUNT_ID: "1", X_BEARER_TOKEN: "b" };
    expect(complaint(() => x.fromEnv(env))).toContain("X_CONSUMER_SECRET) is missing. In");
    expect(x.fromEnv(env, { app: { consumerSecret: async () => "s" } }).accounts()).toHaveLength(1);
  });

  test("several accounts, and a secret under rotation", () => {
    const env = {
      X_CONSUMER_KEY: "k",
      X_CONSUMER_SECRET: "new, old",
      X_ACCOUNT_ID: "1",
      X_ACCESS_TOKEN: "t",
      X_ACCESS_SECRET: "s",
      X_ACCOUNT_ID_2: "2",
      X_BEARER_TOKEN_2: "b",
      X_ACCOUNT_TIER_2: "enterprise",
    };
    const made = optionsFromEnv(env);
    expect(made.app.consumerSecret).toEqual(["new", "old"]);
    expect(made.accounts).toEqual([
      { id: "1", credentials: { accessToken: "t", accessSecret: "s" } },
      { id: "2", tier: "enterprise", credentials: { bearer: "b" } },
    ]);
    expect(x.fromEnv(env).accounts()).toEqual([
      { channel: "x", id: "1" },
      { channel: "x", id: "2" },
    ]);
  });
});
