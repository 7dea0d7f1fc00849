import { describe, expect, test } from "vitest";
import type { BridgeError, FromChannel, Page } from "casethread/adapter";
import { facebook, type FacebookOptions } from "casethread/facebook";
import { acme, type Ground, ground } from "./subject.ts";

const calm = { hostile: { doubleRate: 0, echoFirst: 0, indexLagMs: 0, reorder: false }, still: true } as const;
const second = 1_000;
const day = 86_400 * second;

/** What Graph answers in the place of the sandbox, to whom a pattern fits. */
const refusing = ({ sandbox }: Ground, where: RegExp, error: object, status = 400): Partial<FacebookOptions> => ({
  client: (page, token) => {
    const real = sandbox.client(page, token);
    return {
      call: async (method, url, params) => {
        if (!where.test(new URL(url).pathname)) return real.call(method, url, params);
        throw Object.assign(new Error("refused"), { name: "FacebookRequestError", status, response: error });
      },
    };
  },
});

interface Pass {
  readonly pages: readonly Page<FromChannel>[];
  readonly texts: readonly string[];
  readonly alarms: readonly string[];
  readonly cursor: string;
  readonly thrown: BridgeError | undefined;
}

const pass = async (at: Ground, cursor: string | undefined, channel = at.channel): Promise<Pass> => {
  const pages: Page<FromChannel>[] = [];
  let thrown: BridgeError | undefined;
  try {
    const asked = cursor === undefined ? {} : { cursor };
    for await (const page of channel.since?.(at.account, asked, at.kit()) ?? []) pages.push(page);
  } catch (error) {
    thrown = error as BridgeError;
  }
  return {
    pages,
    texts: pages.flatMap(({ events }) => events.map((event) => (event.as === "said" ? event.text : event.as))),
    alarms: pages.flatMap(({ alarms }) => alarms),
    cursor: pages.at(-1)?.cursor ?? "",
    thrown,
  };
};

test("who has never answered is not heard: the first pass says from where it will read, and fails", async () => {
  const at = await ground(calm);
  await using _sandbox = at.sandbox;
  const away = { error: { code: 2, message: "Service temporarily unavailable" } };
  const first = async (where: RegExp) =>
    pass(at, undefined, facebook({ ...at.sandbox.options(), ...refusing(at, where, away, 503) }));
  const none = await first(/./);
  expect(JSON.parse(none.cursor)).toMatchObject({ feed: at.clock.now() });
  expect(none.thrown).toMatchObject({ fault: "unavailable" });
  // Whoever may not be asked about the subscription may be asked about the feed.
  expect((await first(/subscribed_apps$/)).thrown).toBeUndefined();
});

/** Two posts, commented on, and a message, all after the cursor. */
const told = async (over: Parameters<typeof ground>[0] = {}) => {
  const at = await ground({ ...calm, ...over });
  const { sandbox, clock } = at;
  const maria = await sandbox.persona("Maria Keller");
  const old = await sandbox.post({ by: acme, page: acme, text: "an old one" });
  await clock.advance(day);
  const { cursor } = await pass(at, undefined);
  await clock.advance(300 * second);
  await sandbox.comment({ by: maria, under: at.post, text: "one" });
  await clock.advance(second);
  await sandbox.comment({ by: maria, under: old.id, text: "two" });
  await clock.advance(second);
  await sandbox.message({ by: maria, page: acme, text: "three" });
  await clock.advance(second);
  return { ...at, cursor, maria, old: old.id };
};

const noPermission = { code: 10 };

describe("what cannot be read keeps nobody from reading the rest", () => {
  test.for([
    ["that Graph refuses", { code: 12 }, [expect.stringMatching(/said under post \d+_\d+ cannot be read/)]],
    ["that was taken back meanwhile", { code: 100, error_subcode: 33 }, []],
  ] as const)("one post %s", async ([, error, alarms]) => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook({ ...sandbox.options(), ...refusing(at, new RegExp(`${at.old}/comments$`), error) });
    const found = await pass(at, at.cursor, channel);
    expect(found.thrown).toBeUndefined();
    expect(found.texts).toEqual(["one", "three"]);
    expect(found.alarms).toEqual(alarms);
  });

  test("under no post at all: the right to read is gone, and nothing is passed over", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook({ ...sandbox.options(), ...refusing(at, /\/comments$/, noPermission, 403) });
    const found = await pass(at, at.cursor, channel);
    expect(found.texts).toEqual(["three"]);
    expect(found.thrown).toMatchObject({ fault: "forbidden" });
    expect(found.alarms).toEqual([expect.stringMatching(/what is said on the feed cannot be read: .*permissions/)]);
    // With the right back all is told.
    const again = await pass(at, found.cursor);
    expect(again.texts).toEqual(expect.arrayContaining(["one", "two"]));
    expect(again.thrown).toBeUndefined();
  });

  test.for([
    ["private words", /\/conversations$/, "letters"],
    ["what is said under advertisements", /\/ads_posts$/, "ads"],
  ] as const)(
    "%s, where the app may not see them: said aloud once in ten minutes, and the feed goes on as ever",
    async ([what, where, source]) => {
      const at = await told({ ads: true });
      await using sandbox = at.sandbox;
      const ad = await sandbox.post({ by: acme, page: acme, text: "buy!", ad: true });
      await sandbox.comment({ by: at.maria, under: ad.id, text: "four" });
      const all = ["one", "two", "three", "four"];
      const hidden = source === "ads" ? "four" : "three";
      const channel = facebook({ ...sandbox.options(), ...refusing(at, where, noPermission, 403) });
      const found = await pass(at, at.cursor, channel);
      expect(found.texts).toEqual(all.filter((text) => text !== hidden));
      // Not a failure: whoever asks would come later and later, and what waits for an answer would wait for ever.
      expect(found.thrown).toBeUndefined();
      expect(found.alarms).toEqual([expect.stringMatching(new RegExp(`${what} cannot be read: .*permissions`))]);
      const [before, after] = [at.cursor, found.cursor].map((one) => JSON.parse(one) as Record<string, number>);
      const moved = (name: string) => after?.[name] !== before?.[name];
      expect([moved("feed"), moved(source)]).toEqual([true, false]);
      expect((await pass(at, found.cursor, channel)).alarms).toEqual([]);
      await at.clock.advance(600 * second);
      expect((await pass(at, found.cursor, channel)).alarms).toHaveLength(1);
      // With the right given nothing was passed over.
      expect((await pass(at, found.cursor)).texts).toContain(hidden);
    },
  );

  test("a limit of Messenger's puts off no comment: it names no hour for the whole", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook({ ...sandbox.options(), ...refusing(at, /\/conversations$/, { code: 613 }) });
    const found = await pass(at, at.cursor, channel);
    expect(found.texts).toEqual(["one", "two"]);
    expect(found.thrown).toMatchObject({ fault: "throttled" });
    expect(found.thrown?.retryAt).toBeUndefined();
    expect(found.alarms).toEqual([]);
  });

  test("the subscription, where the app may not look at it: said aloud once in ten minutes, and all is read", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook({ ...sandbox.options(), ...refusing(at, /\/subscribed_apps$/, noPermission, 403) });
    const found = await pass(at, at.cursor, channel);
    expect(found.texts).toEqual(["one", "two", "three"]);
    expect(found.alarms).toEqual([expect.stringMatching(/its subscription could not be looked after/)]);
    expect((await pass(at, at.cursor, channel)).alarms).toEqual([]);
    await at.clock.advance(600 * second);
    expect((await pass(at, at.cursor, channel)).alarms).toHaveLength(1);
  });

  test("the subscription, where nobody told the app's id: that it is not looked at is said aloud", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const { app, ...rest } = sandbox.options();
    const { id: _, ...nameless } = app;
    const found = await pass(at, at.cursor, facebook({ ...rest, app: nameless }));
    expect(found.texts).toEqual(["one", "two", "three"]);
    expect(found.alarms).toEqual([expect.stringMatching(/app\.id \(FACEBOOK_APP_ID\) is not given/)]);
  });

  test("a token that is not accepted ends the pass: nothing of it would be", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook({ ...sandbox.options(), ...refusing(at, /\/feed$/, { code: 190 }, 401) });
    const found = await pass(at, at.cursor, channel);
    expect([found.texts, found.thrown?.fault]).toEqual([[], "unauthorized"]);
  });
});

describe("a look at all that is known", () => {
  const hours = (n: number): number => n * 3_600 * second;

  test("is made every six hours, by itself, also after a clock was a day ahead", async () => {
    const at = await told();
    await using _sandbox = at.sandbox;
    const place = JSON.parse(at.cursor) as object;
    const now = at.clock.now();
    const looks = async (looked: number | undefined): Promise<readonly boolean[]> =>
      (await pass(at, JSON.stringify({ ...place, looked }))).pages.map(({ missed = false }) => missed);
    expect(await looks(now - hours(6) + 1)).toEqual([false]);
    expect(await looks(now - hours(6))).toEqual([false, true]);
    expect(await looks(now + day)).toEqual([false, true]);
    expect(await looks(undefined)).toEqual([false, true]);
    const after = (await pass(at, JSON.stringify({ ...place, looked: 0 }))).cursor;
    expect((JSON.parse(after) as { looked: number }).looked).toBe(now);
  });

  test("is not made where the feed could not be read: what is missing may only be hidden from us", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook({ ...sandbox.options(), ...refusing(at, /\/feed$/, noPermission, 403) });
    const { pages } = await pass(at, JSON.stringify({ ...(JSON.parse(at.cursor) as object), looked: 0 }), channel);
    expect(pages.map(({ missed = false }) => missed)).toEqual([false]);
  });

  test("passes over a post that Graph refuses, and fails where it refuses all", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const refs = [at.post, at.old].map((id) => ({ account: at.account, id }));
    const channel = facebook({ ...sandbox.options(), ...refusing(at, new RegExp(`${at.old}$`), { code: 12 }) });
    const seen = (await channel.recheck?.(at.account, refs, at.kit())) ?? [];
    expect(new Set(seen.map(({ post }) => post?.id))).toEqual(new Set([at.post]));
    await expect(channel.recheck?.(at.account, refs.slice(1), at.kit())).rejects.toMatchObject({ fault: "invalid" });
  });
});

describe("absence", () => {
  const refs = (at: Ground, ...ids: readonly string[]) => ids.map((id) => ({ account: at.account, id }));

  test("of what stands on other people's pages tells nothing: the Page may never have seen it", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const { id } = await sandbox.comment({ by: at.maria, under: at.post, text: "on our own" });
    await sandbox.remove({ post: id });
    // A post and a comment that named the Page.
    const known = (await at.channel.recheck?.(at.account, refs(at, "7009_66", "5550_77", id), at.kit())) ?? [];
    expect(known.map((one) => [one.as, one.post?.id])).toEqual([["gone", id]]);
  });

  test("of the words alone is no edit: Graph leaves out what the app may not see", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const picture = await sandbox.comment({ by: at.maria, under: at.post, photo: "https://p/1.jpg" });
    const bare: Partial<FacebookOptions> = {
      client: (page, token) => {
        const real = sandbox.client(page, token);
        const call: typeof real.call = async (method, url, params) => {
          const { message: _, ...rest } = (await real.call(method, url, params)) as { readonly message?: string };
          return rest;
        };
        return { call };
      },
    };
    const channel = facebook({ ...sandbox.options(), ...bare });
    const known = (await channel.recheck?.(at.account, refs(at, at.post, picture.id), at.kit())) ?? [];
    expect(known.map((one) => [one.as, one.post?.id])).toEqual([
      ["gone", at.post],
      ["said", picture.id],
      ["gone", picture.id],
    ]);
  });
});

test("after a silence what was said under old posts is read as well, however many came since", async () => {
  const at = await ground(calm);
  await using sandbox = at.sandbox;
  const maria = await sandbox.persona("Maria Keller");
  for (let n = 0; n < 101; n++) await sandbox.post({ by: acme, page: acme, text: `news ${n}` });
  await at.clock.advance(day);
  const { cursor } = await pass(at, undefined);
  await at.clock.advance(300 * second);
  await sandbox.unsubscribe({ page: acme });
  await sandbox.comment({ by: maria, under: at.post, text: "under the oldest" });
  await at.clock.advance(600 * second);
  const found = await pass(at, cursor);
  expect(found.texts).toEqual(["under the oldest"]);
  expect(found.alarms).toEqual([expect.stringMatching(/subscribed no more/)]);
});

test.for([
  ["in a month", 30 * day, 0, undefined],
  ["in ten days", 10 * day, 0, 10 * day],
  ["never, but what it shows of people does", 0, 5 * day, 5 * day],
] as const)("every six hours it is looked at whether the token ends: %s", async ([, expires, access, ends]) => {
  const at = await ground(calm);
  await using sandbox = at.sandbox;
  const start = at.clock.now();
  const looks: string[] = [];
  const ending: Partial<FacebookOptions> = {
    client: (page, token) => {
      const real = sandbox.client(page, token);
      const call: typeof real.call = async (method, url, params) => {
        const answer = (await real.call(method, url, params)) as { readonly data?: object };
        const { pathname } = new URL(url);
        if (!pathname.endsWith("/debug_token")) return answer;
        looks.push(pathname);
        const on = (ms: number): number => (ms === 0 ? 0 : (start + ms) / second);
        return { data: { ...answer.data, expires_at: on(expires), data_access_expires_at: on(access) } };
      };
      return { call };
    },
  };
  const channel = facebook({ ...sandbox.options(), ...ending });
  const first = await pass(at, undefined, channel);
  await at.clock.advance(5 * 3_600 * second);
  const later = await pass(at, first.cursor, channel);
  expect([looks, later.alarms]).toEqual([[], []]);
  await at.clock.advance(3_601 * second);
  const third = await pass(at, later.cursor, channel);
  expect(looks).toHaveLength(1);
  const until = ends === undefined ? "" : new Date(start + ends).toISOString().slice(0, 10);
  const say = `facebook: Page ${acme}: its token is good until ${until}: make a new one before.`;
  expect(third.alarms).toEqual(ends === undefined ? [] : [say]);
});

describe("a clock that was a day ahead", () => {
  test("leaves no place in time to come: what is said from now on is read", async () => {
    const at = await told();
    await using _sandbox = at.sandbox;
    const ahead = JSON.stringify({ feed: at.clock.now() + day, letters: at.clock.now() + day });
    const first = await pass(at, ahead);
    const place = JSON.parse(first.cursor) as { feed: number; letters: number };
    expect(place).toMatchObject({ feed: at.clock.now(), letters: at.clock.now() });
    await at.clock.advance(10 * second);
    await at.sandbox.comment({ by: at.maria, under: at.post, text: "four" });
    await at.clock.advance(180 * second);
    expect((await pass(at, first.cursor)).texts).toContain("four");
  });

  test("does not put off the look at the subscription", async () => {
    const at = await told();
    await using sandbox = at.sandbox;
    const channel = facebook(sandbox.options());
    const now = at.clock.now();
    const kit = at.kit({ now: () => now + day });
    for await (const _ of channel.since?.(at.account, { cursor: at.cursor }, kit) ?? []);
    await sandbox.unsubscribe({ page: acme });
    expect((await pass(at, at.cursor, channel)).alarms).toEqual([expect.stringMatching(/subscribed no more/)]);
  });
});
