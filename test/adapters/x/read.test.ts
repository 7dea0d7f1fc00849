import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Found, FromChannel, Said } from "casethread/adapter";
import { x, type XOptions } from "casethread/x";
import { acme, consumerSecret, kitAt, other, signed } from "./subject.ts";

const now = Date.parse("2026-09-01T12:00:00Z");
const kit = kitAt(() => now);
const options: XOptions = {
  app: { consumerKey: "key", consumerSecret },
  accounts: [
    { id: acme, handle: "AcmeHelp", credentials: { bearer: "token" } },
    { id: other, handle: "AcmeNews", credentials: { bearer: "token" } },
  ],
};
const channel = x(options);

const found = async (body: unknown): Promise<Found<FromChannel>> => {
  const reading = await channel.read(signed(typeof body === "string" ? body : JSON.stringify(body)), kit);
  if ("handshake" in reading) throw new Error("a handshake");
  return reading;
};
const said = async (body: unknown): Promise<Said> => {
  const { events, unread } = await found(body);
  expect(unread).toEqual([]);
  const [event] = events;
  if (event?.as !== "said") throw new Error(`not said, but ${event?.as}`);
  return event;
};

const event = (type: string, payload: object, includes?: object, account = acme): object => ({
  data: {
    event_uuid: "-42",
    event_type: type,
    filter: { user_id: account },
    tag: "t",
    payload,
    ...(includes === undefined ? {} : { includes }),
  },
});
const maria = { id: "77", username: "maria", name: "Maria", verified: true, public_metrics: { followers_count: 12 } };
const post = {
  id: "2090000000000000001",
  author_id: "77",
  text: "@AcmeHelp my order &lt;5&gt; &amp;amp; https://t.co/abc",
  created_at: "2026-08-12T18:00:00.000Z",
  conversation_id: "2080000000000000000",
  in_reply_to_user_id: acme,
  referenced_tweets: [{ type: "replied_to", id: "2085000000000000000" }],
  edit_history_tweet_ids: ["2090000000000000001"],
  entities: {
    mentions: [{ start: 0, end: 9, username: "AcmeHelp", id: acme }],
    urls: [{ start: 30, end: 40, url: "https://t.co/abc", expanded_url: "https://shop.example/?a=1&b=2" }],
  },
  lang: "en",
};

describe("the signature", () => {
  test("any of several consumer secrets is accepted while one is rotated; none else", async () => {
    const rotating = x({
      ...options,
      app: { consumerKey: "key", consumerSecret: ["new-secret", async () => "old-secret"] },
    });
    const body = JSON.stringify(event("post.mention.create", post));
    for (const secret of ["new-secret", "old-secret"]) {
      const reading = await rotating.read(signed(body, secret), kit);
      expect("events" in reading && reading.events).toHaveLength(1);
    }
    await expect(rotating.read(signed(body, "older-secret"), kit)).rejects.toMatchObject({
      fault: "forged",
      landed: "no",
    });
  });

  test("a handshake is answered with base64 of HMAC-SHA256, by the newest secret", async () => {
    const url = new URL("https://brand.example/x?crc_token=0123456789abcdefXYZ");
    const reading = await channel.read({ ...signed(""), method: "GET", url }, kit);
    if (!("handshake" in reading)) throw new Error("no handshake");
    const due = `sha256=${createHmac("sha256", consumerSecret).update("0123456789abcdefXYZ").digest("base64")}`;
    await expect(reading.handshake.json()).resolves.toEqual({ response_token: due });
  });

  test.each([
    "",
    "?crc_token=",
    "?crc_token=short",
    `?crc_token=${encodeURIComponent('{"for_user_id":"1"}')}`,
    `?crc_token=${"a".repeat(129)}`,
  ])("no handshake: %s", async (query) => {
    const url = new URL(`https://brand.example/x${query}`);
    await expect(channel.read({ ...signed(""), method: "GET", url }, kit)).rejects.toMatchObject({
      fault: "malformed",
    });
  });
});

describe("a post", () => {
  test("is told whole", async () => {
    const told = await said(event("post.reply.create", post, { users: [{ data: maria }] }));
    const account = { channel: "x", id: acme };
    expect(told).toMatchObject({
      key: `x/${acme}/post/2090000000000000001`,
      at: Date.parse("2026-08-12T18:00:00Z"),
      side: "public",
      text: "@AcmeHelp my order <5> &amp; https://shop.example/?a=1&b=2",
      by: { account, space: "user", id: "77" },
      actor: { kind: "customer" },
      post: { account, id: post.id },
      parent: { account, id: "2085000000000000000" },
      root: { account, id: "2080000000000000000" },
      profile: { handle: "maria", name: "Maria", followers: 12, verified: true },
      summons: true,
      version: 1,
      language: "en",
    });
    expect(told.share).toBeUndefined();
  });

  test("is the same in the spelling of the OpenAPI document", async () => {
    const { referenced_tweets: referenced_posts, edit_history_tweet_ids: edit_history_post_ids, ...rest } = post;
    const old = await said(event("post.mention.create", post));
    expect(await said(event("post.mention.create", { ...rest, referenced_posts, edit_history_post_ids }))).toEqual(old);
  });

  test("has one key however it is told, and one more for each edit", async () => {
    const once = await said(event("post.mention.create", post));
    const twice = await said(event("post.reply.create", post));
    expect(twice.key).toBe(once.key);
    const edited = { ...post, id: "2090000000000000009", edit_history_tweet_ids: [post.id, "2090000000000000009"] };
    const edit = await said(event("post.mention.create", edited));
    expect(edit).toMatchObject({
      entry: once.entry,
      key: `${once.entry}/v2`,
      version: 2,
      post: { id: "2090000000000000009" },
    });
  });

  test("of the account itself is the brand's, without the handles X puts before an answer", async () => {
    const own = await said(
      event("post.create", { ...post, author_id: acme, text: "@maria We look into it", entities: {} }),
    );
    expect(own).toMatchObject({ actor: { kind: "brand" }, text: "We look into it" });
  });

  test("of another account of the brand is neither a customer's nor an echo", async () => {
    expect(await said(event("post.mention.create", { ...post, author_id: other }))).toMatchObject({
      actor: { kind: "other" },
    });
  });

  test("that quotes the account calls on it; a bare repost is a share", async () => {
    const { entities: _entities, referenced_tweets: _refs, ...bare } = post;
    const quote = { ...bare, referenced_tweets: [{ type: "quoted", id: "5" }] };
    expect((await said(event("post.reply.create", quote))).summons).toBe(false);
    expect((await said(event("post.quote.create", quote))).summons).toBe(true);
    const along = { tweets: [{ id: "5", author_id: acme, text: "x" }] };
    expect((await said(event("post.reply.create", quote, along))).summons).toBe(true);
    const repost = { ...bare, referenced_tweets: [{ type: "retweeted", id: "5" }] };
    expect((await said(event("post.repost.create", repost))).share).toBe(true);
  });

  test("longer than 280 characters is read from its note", async () => {
    const note_tweet = { text: "all of it &amp; more", entities: { urls: [] } };
    expect((await said(event("post.mention.create", { ...post, note_tweet }))).text).toBe("all of it & more");
  });

  test("that names the account past its first 280 letters calls on it all the same", async () => {
    const long = { ...post, text: "A long story …", entities: {} };
    const named = { text: "A long story, @AcmeHelp", entities: { mentions: [{ id: acme, username: "AcmeHelp" }] } };
    expect((await said(event("post.reply.create", long))).summons).toBe(false);
    expect((await said(event("post.mention.create", long))).summons).toBe(true);
    for (const spelling of ["note_tweet", "note_post"])
      expect((await said(event("post.reply.create", { ...long, [spelling]: named }))).summons).toBe(true);
  });

  test("without a date is dated by its id", async () => {
    const { created_at: _created, ...undated } = post;
    const { at } = await said(
      event("post.mention.create", { ...undated, id: "2080765813578191303", edit_history_tweet_ids: [] }),
    );
    expect(Math.abs(at - Date.parse("2026-07-24T21:23:23Z"))).toBeLessThan(1_000);
  });

  test("of our own is told as it was typed, without the invite's link that X put behind it", async () => {
    const link = `https://x.com/messages/compose?recipient_id=${acme}&text=Reference%3A%20ct-abc`;
    const own = { ...post, author_id: acme, entities: {} };
    const typed = async (text: string): Promise<string> => (await said(event("post.create", { ...own, text }))).text;
    expect(await typed(`@maria https://shop.example/a ${link}`)).toBe("https://shop.example/a");
    expect(await typed(`@maria Write to us. ${link}`)).toBe("Write to us.");
    expect(await typed("@maria Look here: https://shop.example/a")).toBe("Look here: https://shop.example/a");
  });

  test("brings an invite's token home", async () => {
    const token = "ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm";
    expect((await said(event("post.mention.create", { ...post, text: `here: ${token}.` }))).token).toBe(token);
  });
});

const letter = (from: string, to: string, text = "hello &amp; goodbye"): object => ({
  direct_message_events: [
    {
      type: "message_create",
      id: "2090000000000000777",
      created_timestamp: "1784928224372",
      message_create: { target: { recipient_id: to }, sender_id: from, message_data: { text, entities: { urls: [] } } },
    },
  ],
  users: { "77": { data: maria } },
});

describe("a private message", () => {
  test("of hers", async () => {
    expect(await said(event("dm.received", letter("77", acme)))).toMatchObject({
      key: `x/${acme}/dm/2090000000000000777`,
      at: 1_784_928_224_372,
      side: "private",
      text: "hello & goodbye",
      thread: { id: `77-${acme}` },
      message: "2090000000000000777",
      profile: { handle: "maria" },
      actor: { kind: "customer" },
    });
  });

  test("of ours says whom it was said to", async () => {
    const own = await said(event("dm.sent", letter(acme, "77")));
    expect(own).toMatchObject({
      actor: { kind: "brand" },
      to: { space: "user", id: "77" },
      thread: { id: `77-${acme}` },
    });
  });

  test("between others is kept raw", async () => {
    const { events, unread } = await found(event("dm.received", letter("77", "78")));
    expect(events).toEqual([]);
    expect(unread).toMatchObject([{ reason: "private message: neither from the account nor to it" }]);
  });
});

describe("the older envelope", () => {
  const tweet = {
    created_at: "Wed Aug 12 18:00:00 +0000 2026",
    id: 1,
    id_str: post.id,
    text: "@AcmeHelp cut off…",
    truncated: true,
    extended_tweet: {
      full_text: "@AcmeHelp the whole &gt; of it",
      entities: { user_mentions: [{ id_str: acme }], urls: [] },
    },
    user: { id: 77, id_str: "77", screen_name: "maria", name: "Maria", followers_count: 12, verified: false },
    in_reply_to_status_id_str: null,
    lang: "en",
  };

  test("gives the same keys, and every item of it", async () => {
    const { events, unread } = await found({
      for_user_id: acme,
      tweet_create_events: [tweet, { ...tweet, id_str: undefined, id: 78 }, { nonsense: true }],
      ...letter("77", acme),
      tweet_delete_events: [{ status: { id: "9", user_id: acme }, timestamp_ms: "1432228155593" }],
    });
    expect(events.map(({ key }) => key)).toEqual([
      `x/${acme}/post/${post.id}`,
      `x/${acme}/post/78`,
      `x/${acme}/deleted/9`,
      `x/${acme}/dm/2090000000000000777`,
    ]);
    expect(unread).toHaveLength(1);
    expect(events[0]).toMatchObject({
      text: "@AcmeHelp the whole > of it",
      summons: true,
      at: Date.parse("2026-08-12T18:00:00Z"),
    });
  });

  test("brings what goes along with a post", async () => {
    const media = [{ media_url_https: "https://pbs.twimg.com/media/a.jpg", type: "photo", url: "https://t.co/a" }];
    const { extended_tweet: long, ...short } = tweet;
    for (const one of [
      { ...short, extended_entities: { media } },
      { ...tweet, extended_tweet: { ...long, extended_entities: { media } } },
    ])
      expect(await said({ for_user_id: acme, tweet_create_events: [one] })).toMatchObject({
        media: [{ kind: "photo", url: "https://pbs.twimg.com/media/a.jpg" }],
      });
  });

  test("an id that a number cannot hold is read from its digits", async () => {
    const { id_str: _id, ...numeric } = tweet;
    const body = JSON.stringify({ for_user_id: acme, tweet_create_events: [{ ...numeric, id: "@@" }] }).replace(
      '"@@"',
      "2090000000000000001",
    );
    expect((await said(body)).key).toBe(`x/${acme}/post/2090000000000000001`);
  });

  test("access withdrawn is an alarm", async () => {
    const revoke = { user_event: { revoke: { source: { user_id: acme }, target: { app_id: "1" } } } };
    expect((await found(revoke)).alarms).toHaveLength(1);
  });
});

describe("what is nobody's words", () => {
  test("a deletion is told by the post", async () => {
    const { events } = await found(event("post.delete", { id: "9", author_id: acme }));
    expect(events).toMatchObject([{ as: "gone", how: "deleted", post: { id: "9" } }]);
  });

  test("an encrypted chat and withdrawn access are alarms", async () => {
    for (const kind of ["chat.received", "chat.sent", "chat.conversation_join", "chat.conversation.member_added"])
      expect((await found(event(kind, { id: "u" }))).alarms).toEqual([expect.stringContaining("encrypted")]);
    const revoke = { data: { event_uuid: "1", filter: {}, event_type: "oauth.revoke", payload: { user_id: acme } } };
    expect((await found(revoke)).alarms[0]).toContain("withdrew");
  });

  test("an account that was not given is an alarm, and its words are kept nowhere", async () => {
    const { events, unread, alarms } = await found(event("dm.received", letter("77", "9999"), undefined, "9999"));
    expect([events, unread]).toEqual([[], []]);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toContain("9999");
  });

  test.each([
    "like.create",
    "follow.follow",
    "mute.unmute",
    "block.block",
    "spaces.start",
    "broadcast.chat",
    "news.new",
    "dm.read",
    "dm.indicate_typing",
  ])("%s is let pass", async (type) => {
    expect(await found(event(type, { id: "1" }))).toEqual({ events: [], unread: [], alarms: [] });
  });

  test("what the older envelope says about nobody's words is let pass, and what stands beside it is read", async () => {
    const beside = Object.fromEntries(
      [
        "follow_events",
        "unfollow_events",
        "favorite_events",
        "block_events",
        "unblock_events",
        "mute_events",
        "unmute_events",
        "direct_message_indicate_typing_events",
        "direct_message_mark_read_events",
      ].map((field) => [field, [{ source: { id: "77" } }]]),
    );
    const whole = { for_user_id: acme, user_has_blocked: "false", is_blocked_by: true, apps: {}, ...beside };
    expect(await found(whole)).toEqual({ events: [], unread: [], alarms: [] });
    expect(await said({ ...whole, ...letter("77", acme) })).toMatchObject({ text: "hello & goodbye" });
  });

  test("a new name is told, a display name as a name", async () => {
    const { events } = await found(event("profile.update.screenname", { before: "a", after: "Acme Help" }));
    expect(events).toMatchObject([{ as: "profiled", persona: { id: acme }, profile: { name: "Acme Help" } }]);
    const { alarms, ...moved } = await found(event("profile.update.handle", { before: "AcmeHelp", after: "AcmeCare" }));
    expect(moved.events).toMatchObject([{ profile: { handle: "AcmeCare" } }]);
    // What names the account is searched for by the handle in its options.
    expect(alarms).toEqual([expect.stringContaining(`account ${acme} is called @AcmeCare now: change its handle`)]);
  });
});

test.each([
  "not json",
  "[1",
  '"text"',
  "17",
  '{"neither":1}',
  '{"data":{"event_type":"post.create"}}',
  '{"for_user_id":{}}',
])("genuine and unreadable, kept raw: %s", async (body) => {
  const { events, unread } = await found(body);
  expect(events).toEqual([]);
  expect(unread).toHaveLength(1);
  expect(unread[0]?.raw.length).toBeGreaterThan(0);
});

test("several events in one delivery, in either form of a list", async () => {
  const one = { ...event("post.mention.create", post) } as { data: object };
  const two = { ...event("dm.received", letter("77", acme)) } as { data: object };
  expect((await found([one, two])).events).toHaveLength(2);
  expect((await found({ data: [one.data, two.data, { bad: 1 }] })).events).toHaveLength(2);
});

describe("an event of a kind nobody has heard of", () => {
  test.each(["something.new", "post.poll.create", "dm.reaction", "oauth.narrowed"])(
    "is kept raw under its kind: %s",
    async (type) => {
      const whole = event(type, { ...post, text: "private words" }) as { data: object };
      const { events, unread, alarms } = await found(whole);
      expect([events, alarms]).toEqual([[], []]);
      expect(unread).toEqual([{ reason: `an event of an unknown kind: ${type}`, raw: JSON.stringify(whole.data) }]);
    },
  );

  test.each(["My order 4711 is late", "post.CREATE", `like.create\nx`, "a".repeat(61), ""])(
    "whose kind does not look like one is not named: %j",
    async (type) => {
      const { unread } = await found(event(type, post));
      expect(unread.map(({ reason }) => reason)).toEqual(["an event of an unknown kind"]);
    },
  );

  test("is kept though it names no account, and an alarm if it names a strange one", async () => {
    const { unread } = await found({ data: { event_type: "something.new", filter: { keyword: "acme" }, payload: {} } });
    expect(unread).toMatchObject([{ reason: "an event of an unknown kind: something.new" }]);
    const strange = await found(event("something.new", post, undefined, "9999"));
    expect(strange).toMatchObject({ events: [], unread: [], alarms: [expect.stringContaining("9999")] });
  });

  test("costs its neighbours nothing", async () => {
    const one = event("something.new", {}) as { data: object };
    const two = event("post.mention.create", post) as { data: object };
    const { events, unread } = await found({ data: [one.data, two.data, one.data] });
    expect([events.length, unread.length]).toEqual([1, 2]);
  });

  test("in the older envelope is kept item by item, each with its account", async () => {
    const { events, unread } = await found({
      for_user_id: acme,
      ...letter("77", acme),
      tweet_poll_events: [{ choice: "red" }, { choice: "blue" }],
      mood: "good",
      "Where is 4711?": [1],
      user_event: { narrowed: {} },
    });
    expect(events).toHaveLength(1);
    const kind = "an event of an unknown kind";
    expect(unread.map(({ reason, raw }) => [reason, JSON.parse(raw) as unknown])).toEqual([
      [`${kind}: tweet_poll_events`, { for_user_id: acme, tweet_poll_events: [{ choice: "red" }] }],
      [`${kind}: tweet_poll_events`, { for_user_id: acme, tweet_poll_events: [{ choice: "blue" }] }],
      [`${kind}: mood`, { for_user_id: acme, mood: "good" }],
      [kind, { for_user_id: acme, "Where is 4711?": [1] }],
      [`${kind}: user_event`, { for_user_id: acme, user_event: { narrowed: {} } }],
    ]);
    const strange = await found({ for_user_id: "9999", tweet_poll_events: [{ choice: "red" }] });
    expect(strange).toMatchObject({ events: [], unread: [], alarms: [expect.stringContaining("9999")] });
  });
});

test("a way of asking that X does not know is refused, with what to mount", async () => {
  const put = { ...signed("{}"), method: "PUT" };
  await expect(channel.read(put, kit)).rejects.toThrow(
    "X delivers by POST and asks by GET. Mount the channel's path for both.",
  );
});
