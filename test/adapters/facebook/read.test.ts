import type { Found, FromChannel } from "casethread/adapter";
import { facebook } from "casethread/facebook";
import { describe, expect, it } from "vitest";
import { comment, delivery, entry, feedOf, message, messagingOf, oldComment } from "./fixtures.ts";
import { acme, appSecret, kitAt, other, signed, verifyToken } from "./subject.ts";

const now = 1_742_670_000_000;
const channel = facebook({
  app: { id: "5550001", secret: [appSecret, "the-old-secret"], verifyToken: ["another", verifyToken] },
  pages: [
    { id: acme, token: "t1" },
    { id: other, token: "t2" },
  ],
});
const read = async (one: ReturnType<typeof signed>): Promise<Found<FromChannel>> => {
  const reading = await channel.read(
    one,
    kitAt(() => now),
  );
  if ("handshake" in reading) throw new Error("a handshake");
  return reading;
};
const events = async (...entries: readonly object[]): Promise<readonly FromChannel[]> =>
  (await read(delivery(...entries))).events;
const only = async (of: object): Promise<FromChannel> => {
  const found = await read(delivery(of));
  expect(found.unread).toEqual([]);
  expect(found.events).toHaveLength(1);
  return found.events[0] as FromChannel;
};

describe("the signature", () => {
  it("is right with any secret of the ring, over the bytes as they came", async () => {
    const body = '{"object":"page","entry":[],"escaped":"\\u00e4"}';
    for (const secret of [appSecret, "the-old-secret"])
      expect(await read(signed(body, secret))).toMatchObject({ events: [] });
    const unescaped = { ...signed(body), body: new TextEncoder().encode(JSON.stringify(JSON.parse(body))) };
    await expect(read(unescaped)).rejects.toMatchObject({ fault: "forged" });
    await expect(read(signed(body, "a stranger's"))).rejects.toMatchObject({ fault: "forged", landed: "no" });
  });
});

describe("the handshake", () => {
  const ask = (query: string) =>
    channel.read(
      { ...signed(""), method: "GET", url: new URL(`https://brand.example/facebook?${query}`) },
      kitAt(() => now),
    );
  it("says back the number, to who knows a verify token", async () => {
    const reading = await ask(`hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${verifyToken}`);
    if (!("handshake" in reading)) throw new Error("no handshake");
    expect(reading.handshake.status).toBe(200);
    expect(await reading.handshake.text()).toBe("1158201444");
  });
  it.for([
    ["hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong", "forged"],
    ["hub.mode=subscribe&hub.challenge=1", "forged"],
    ["hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=another", "malformed"],
    ["hub.mode=subscribe&hub.challenge=<script>&hub.verify_token=another", "malformed"],
    ["", "malformed"],
  ] as const)("refuses %s", async ([query, fault]) => {
    await expect(ask(query)).rejects.toMatchObject({ fault });
  });
});

describe("the feed", () => {
  it("tells a comment, whose it is and where it stands", async () => {
    expect(await only(feedOf(comment))).toMatchObject({
      as: "said",
      key: `facebook/${acme}/post/9000000001_501`,
      at: 1_742_667_604_000,
      side: "public",
      actor: { kind: "customer" },
      by: { space: "user", id: "7001" },
      profile: { name: "Maria Keller" },
      text: "wo ist mein Päckchen?",
      version: 1,
      post: { id: "9000000001_501" },
      parent: { id: `${acme}_9000000001` },
      root: { id: `${acme}_9000000001` },
      url: `https://www.facebook.com/${acme}/posts/9000000001?comment_id=9000000001_501`.replace(
        "9000000001_501",
        "501",
      ),
    });
  });

  it("reads the shapes of 2016: numbers for ids, older names", async () => {
    expect(await only(feedOf(oldComment))).toMatchObject({ by: { id: "1142469655832956" }, profile: { name: "C" } });
  });

  it("keeps a number that a double cannot hold", async () => {
    const body = JSON.stringify({ object: "page", entry: [feedOf(oldComment)] }).replace(
      "1142469655832956",
      "91424696558329561",
    );
    expect((await read(signed(body))).events[0]).toMatchObject({ by: { id: "91424696558329561" } });
  });

  it("follows one comment through its life: the time is that of the change", async () => {
    const at = (verb: string, time: number) => feedOf({ ...comment, verb, created_time: time });
    const [added, edited, again, removed] = await events(
      at("add", 100),
      at("edited", 130),
      at("edited", 145),
      feedOf({ ...comment, verb: "remove", created_time: 160, message: undefined }),
    );
    expect([added, edited, again].map((one) => one?.as === "said" && one.version)).toEqual([1, 130, 145]);
    expect(new Set([added, edited, again].map((one) => one?.as === "said" && one.entry)).size).toBe(1);
    expect(removed).toMatchObject({ as: "gone", how: "deleted", at: 160_000, post: { id: "9000000001_501" } });
    expect(removed?.as === "gone" && added?.as === "said" && removed.entry === added.entry).toBe(true);
  });

  it("tells hiding and showing each time", async () => {
    const told = await events(
      ...[1, 2, 3, 4].map((time) => feedOf({ ...comment, verb: time % 2 ? "hide" : "unhide", created_time: time })),
    );
    expect(told.map((one) => one.as === "gone" && one.how)).toEqual(["hidden", "shown", "hidden", "shown"]);
    expect(new Set(told.map(({ key }) => key)).size).toBe(4);
  });

  it("takes nobody for the author of two comments that name none", async () => {
    const [one, two] = await events(
      feedOf({ ...comment, from: undefined }),
      feedOf({ ...comment, from: undefined, comment_id: "9000000001_777" }),
    );
    expect(one).toMatchObject({ by: { space: "unnamed", id: "9000000001_501" }, actor: { kind: "customer" } });
    expect(two).toMatchObject({ by: { space: "unnamed", id: "9000000001_777" } });
  });

  it("knows the Page's own words, and those of the brand's other Page", async () => {
    expect(await only(feedOf({ ...comment, from: { id: acme, name: "Acme" } }))).toMatchObject({
      actor: { kind: "brand" },
    });
    expect(await only(feedOf({ ...comment, from: { id: other } }))).toMatchObject({ actor: { kind: "other" } });
    const link = `We look. https://m.me/${acme}?ref=ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm`;
    expect(await only(feedOf({ ...comment, from: { id: acme }, message: link }))).toMatchObject({ text: "We look." });
  });

  it("reads a picture without a word, and a visitor's post", async () => {
    const photo = await only(
      feedOf({ ...comment, message: undefined, created_time: undefined, photo: "https://p/1.jpg" }),
    );
    expect(photo).toMatchObject({
      text: "",
      media: [{ kind: "photo", url: "https://p/1.jpg" }],
      at: 1_742_667_607_000,
    });
    const visitor = { item: "post", verb: "add", from: { id: "7001" }, post_id: `${acme}_7`, message: "hello" };
    expect(await only(feedOf(visitor))).toMatchObject({ post: { id: `${acme}_7` }, root: { id: `${acme}_7` } });
    expect(await only(feedOf({ ...visitor, item: "share", link: "https://l" }))).toMatchObject({
      media: [{ kind: "link", url: "https://l" }],
    });
  });

  it.for(["like", "reaction"])("lets a %s pass", async (item) => {
    const found = await read(delivery(feedOf({ item, verb: "add", user_id: 1 })));
    expect(found).toEqual({ events: [], unread: [], alarms: [] });
  });

  it.for([
    [{ ...comment, item: "hologram" }, /unknown kind: hologram add/],
    [{ ...comment, verb: "Maria says hi!" }, /an event of an unknown kind$/],
    [{ ...comment, comment_id: undefined }, /lacks its id/],
    [{ verb: "add" }, /item/],
  ] as const)("keeps what it cannot read, alone and whole", async ([value, reason]) => {
    const found = await read(delivery(feedOf(comment), feedOf(value)));
    expect(found.events).toHaveLength(1);
    expect(found.unread).toHaveLength(1);
    expect(found.unread[0]?.reason).toMatch(reason);
    expect(JSON.parse(found.unread[0]?.raw ?? "")).toMatchObject({
      object: "page",
      entry: [{ id: acme, changes: [{ value: JSON.parse(JSON.stringify(value)) as object }] }],
    });
  });
});

describe("Messenger", () => {
  it("tells a message, by an id that is another than a commenter's", async () => {
    expect(await only(messagingOf(message))).toMatchObject({
      side: "private",
      by: { space: "psid", id: "8001" },
      thread: { id: "8001" },
      message: "m_abc",
      at: 1_742_667_700_321,
    });
  });

  it("tells an echo, to whom, which act of ours, and under which comment it began", async () => {
    const metadata = JSON.stringify({ casethread: "desk/a/answer", under: "1_2" });
    const echo = {
      sender: { id: acme },
      recipient: { id: "8001" },
      timestamp: 5,
      message: { mid: "m_1", text: "hi", is_echo: true, metadata },
    };
    expect(await only(messagingOf(echo))).toMatchObject({
      actor: { kind: "brand" },
      to: { space: "psid", id: "8001" },
      thread: { id: "8001" },
      echoes: "desk/a/answer",
      parent: { id: "1_2" },
    });
    for (const odd of [
      "a stranger's tag",
      '{"casethread":1}',
      '{"casethread":',
      '{"casethread":"x","under":"../me"}',
    ]) {
      const said = await only(messagingOf({ ...echo, message: { ...echo.message, metadata: odd } }));
      expect(said.as === "said" && said.parent).toBeUndefined();
    }
  });

  it("only overhears on standby", async () => {
    expect(await only(messagingOf(message, "standby"))).toMatchObject({ control: "app" });
  });

  it("reads pictures, and an invite that was opened, in all three ways", async () => {
    const attachments = [{ type: "image", payload: { url: "https://p/2.jpg" } }];
    expect(await only(messagingOf({ ...message, message: { mid: "m_2", attachments } }))).toMatchObject({
      text: "",
      media: [{ kind: "image", url: "https://p/2.jpg" }],
    });
    const ref = "ct-abcdefghijkmnpqrstuvwxyz23456789abcdefghijkm";
    const frame = { sender: { id: "8001" }, recipient: { id: acme }, timestamp: 9 };
    expect(await only(messagingOf({ ...frame, referral: { ref, source: "SHORTLINK" } }))).toMatchObject({
      as: "opened",
      token: ref,
    });
    expect(await only(messagingOf({ ...frame, postback: { title: "Get Started", referral: { ref } } }))).toMatchObject({
      as: "opened",
      persona: { space: "psid", id: "8001" },
    });
    expect(await only(messagingOf({ ...message, message: { ...message.message, referral: { ref } } }))).toMatchObject({
      token: ref,
    });
    expect(await events(messagingOf({ ...frame, referral: { ref: "an advertisement's" } }))).toEqual([]);
  });

  it.for([
    [{ pass_thread_control: { new_owner_app_id: "5550001" } }, "us"],
    [{ pass_thread_control: { new_owner_app_id: 263902037430900 } }, "person"],
    [{ take_thread_control: { previous_owner_app_id: "5550001" } }, "app"],
  ] as const)("tells who has the thread: %j", async ([change, by]) => {
    const frame = { sender: { id: "8001" }, recipient: { id: acme }, timestamp: 9 };
    expect(await only(messagingOf({ ...frame, ...change }))).toMatchObject({
      as: "controlled",
      by,
      thread: { id: "8001" },
    });
  });

  it.for([
    ["block", /has blocked the Page in Messenger/],
    ["warning", /warns the Page/],
    ["unblock", /lets the Page speak in Messenger again/],
  ] as const)(
    "says aloud that Meta enforces its policies: %s, without a word of its reason",
    async ([action, says]) => {
      const told = {
        recipient: { id: acme },
        timestamp: 9,
        policy_enforcement: { action, reason: "Maria complained" },
      };
      const found = await read(delivery(messagingOf(told)));
      expect(found).toEqual({ events: [], unread: [], alarms: [expect.stringMatching(says)] });
      expect(found.alarms.join()).not.toContain("Maria");
      const odd = { ...told, policy_enforcement: { action: "hug" } };
      expect((await read(delivery(messagingOf(odd)))).unread).toHaveLength(1);
    },
  );

  it("takes a question that was tapped for words, and the button that only opens the thread for none", async () => {
    const frame = { sender: { id: "8001" }, recipient: { id: acme }, timestamp: 9 };
    const tapped = { mid: "m_7", title: "Where is my order?", payload: "MENU_1" };
    expect(await only(messagingOf({ ...frame, postback: tapped }))).toMatchObject({
      key: `facebook/${acme}/message/m_7`,
      text: "Where is my order?",
      by: { space: "psid", id: "8001" },
      thread: { id: "8001" },
    });
    expect(await only(messagingOf({ ...frame, postback: tapped }, "standby"))).toMatchObject({ control: "app" });
    const answer = { mid: "m_8", text: "Red", quick_reply: { payload: "RED" } };
    expect(await only(messagingOf({ ...message, message: answer }))).toMatchObject({ text: "Red" });
    for (const nothing of [
      { ...tapped, title: "Get Started", payload: "GET_STARTED" },
      { ...tapped, mid: undefined },
      { ...tapped, mid: "../me" },
      { ...tapped, title: " " },
    ])
      expect(await events(messagingOf({ ...frame, postback: nothing }))).toEqual([]);
  });

  it("lets receipts pass, and keeps what nobody has heard of", async () => {
    const frame = { sender: { id: "8001" }, recipient: { id: acme }, timestamp: 9 };
    expect(await read(delivery(messagingOf({ ...frame, read: { watermark: 1 } })))).toEqual({
      events: [],
      unread: [],
      alarms: [],
    });
    const { unread } = await read(
      delivery(messagingOf({ ...frame, telepathy: {} }), messagingOf({ ...message, recipient: { id: "1" } })),
    );
    expect(unread.map(({ reason }) => reason)).toEqual([
      "an event of an unknown kind: telepathy",
      "messaging: neither from the Page nor to it",
    ]);
  });
});

describe("a delivery", () => {
  it("holds any number of Pages and items; of a Page that nobody gave it says so and keeps nothing", async () => {
    const found = await read(
      delivery(
        entry({
          changes: [
            { field: "feed", value: comment },
            { field: "feed", value: oldComment },
            { field: "hours", value: {} },
          ],
        }),
        feedOf({ ...comment, comment_id: "9000000001_900" }, other),
        feedOf({ ...comment, message: "a stranger's word" }, "999"),
      ),
    );
    expect(found.events.map((one) => one.as === "said" && one.by.account.id)).toEqual([acme, acme, other]);
    expect(found.unread).toEqual([]);
    expect(found.alarms).toEqual([expect.stringContaining("Page 999")]);
  });

  it("reads a mention elsewhere", async () => {
    const value = {
      post_id: "55_66",
      sender_id: "7001",
      item: "post",
      verb: "add",
      message: "@Acme!",
      created_time: 3,
    };
    expect(await only(entry({ changes: [{ field: "mention", value }] }))).toMatchObject({
      post: { id: "55_66" },
      summons: true,
      url: "https://www.facebook.com/55/posts/66",
    });
    const under = { ...value, item: "comment", comment_id: "66_77" };
    expect(await only(entry({ changes: [{ field: "mention", value: under }] }))).toMatchObject({
      post: { id: "66_77" },
      parent: { id: "55_66" },
      url: "https://www.facebook.com/55/posts/66?comment_id=77",
    });
  });

  it.for([
    "",
    "[]",
    "null",
    '"page"',
    '{"object":"instagram","entry":[]}',
    '{"object":"page"}',
    "\u0000\uffff",
    "{".repeat(2_000),
  ])("that is no delivery of a Page is kept raw: %s", async (body) => {
    const found = await read(signed(body));
    expect(found.events).toEqual([]);
    expect(found.unread).toHaveLength(1);
  });
});

it("a way of asking that Meta does not know is refused, with what to mount", async () => {
  const put = { ...signed("{}", appSecret), method: "PUT" };
  await expect(
    channel.read(
      put,
      kitAt(() => now),
    ),
  ).rejects.toThrow("Meta delivers by POST and asks by GET. Mount the channel's path for both.");
});
