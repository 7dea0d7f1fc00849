import { describe, expect, test } from "vitest";
import { acme } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const at = (post: string) => ({ post: { account: { channel: "facebook", id: acme }, id: post } });
const commented = async (town: Town, text = "where is my order?", by = "Maria Keller"): Promise<string> => {
  const person = await town.net.persona(by);
  const { id } = await town.net.comment({ by: person, under: town.post, text });
  await town.settle();
  return id;
};
const openCases = (town: Town): number => [...town.desk.cases.values()].filter(({ closed }) => !closed).length;
const letters = async (town: Town) => (await town.net.state()).letters;

describe("a private answer to a comment", () => {
  for (const seed of ["echo first", "answer first"] as const) {
    test(`is a private reply; she writes back into the same case (${seed})`, async () => {
      await using town = await createTown({ hostile: { echoFirst: seed === "echo first" ? 1 : 0, doubleRate: 0.5 } });
      const comment = await commented(town);
      await town.bridge.answer({ ...at(comment), key: "1", text: "Which order?", side: "private" });
      await town.settle();
      expect((await letters(town)).map(({ text }) => text)).toEqual(["Which order?"]);
      await town.net.message({ by: "Maria Keller", page: acme, text: "order 4711-0815" });
      await town.settle();
      await town.bridge.answer({ ...at(comment), key: "2", text: "Found it.", side: "private" });
      await town.settle();
      const talk = await town.talk(comment);
      expect(talk.stage).toBe("private");
      expect(talk.entries.map(({ text, state }) => `${state}: ${text}`)).toEqual([
        "said: where is my order?",
        "said: Which order?",
        "said: order 4711-0815",
        "said: Found it.",
      ]);
      expect(talk.conversation.personas.map(({ space }) => space)).toEqual(["user", "psid"]);
      expect(openCases(town)).toBe(1);
      expect(await letters(town)).toHaveLength(3);
      // What she told in private does not leave by the front door.
      const state = await town.bridge.answer({
        ...at(comment),
        key: "3",
        text: "4711-0815 is on its way",
        side: "public",
      });
      expect(state.holds[0]?.kind).toBe("guard");
    });
  }

  test.for([
    ["is found by a look", 500, "seen by a look", 1],
    ["and is not shown for a long time is done again, and refused", 900_000, "already replied, in these words", 2],
  ] as const)("whose response is lost %s: it stands once", async ([, indexLagMs, proof, requests]) => {
    await using town = await createTown({ hostile: { echoFirst: 0, doubleRate: 0, indexLagMs } });
    const comment = await commented(town);
    await town.net.inject({ fault: "lost-webhook", times: 50 });
    await town.net.inject({ fault: "lost-response" });
    await town.bridge.answer({ ...at(comment), key: "1", text: "Which order?", side: "private" });
    await town.pass(1_800_000);
    const talk = await town.talk(comment);
    const asked = (await town.net.state()).requests.filter(({ path }) => path.endsWith("/messages"));
    expect(asked.length).toBeGreaterThanOrEqual(requests);
    expect(talk.entries.map(({ text, state }) => `${state}: ${text}`)).toContain("said: Which order?");
    expect(talk.conversation.personas.map(({ space }) => space)).toEqual(["user", "psid"]);
    expect(await letters(town)).toHaveLength(1);
    expect(town.bridge.explain(talk)).toContain(proof);
  });

  test("told of by a catch-up alone is known for ours, and entered once", async () => {
    await using town = await createTown({ hostile: { echoFirst: 0, doubleRate: 0 } });
    const comment = await commented(town);
    await town.net.inject({ fault: "lost-webhook", times: 50 });
    await town.bridge.answer({ ...at(comment), key: "1", text: "Which order?", side: "private" });
    await town.pass(400_000);
    const polled = (await town.bridge.ledger({ limit: 500 })).filter(({ row }) =>
      /"source":"poll".*"side":"private"/.test(JSON.stringify(row)),
    );
    expect(polled).toHaveLength(1);
    expect(JSON.stringify(polled)).toContain("echo-of-our-act");
    const { entries } = await town.talk(comment);
    expect(entries.filter(({ text }) => text === "Which order?")).toHaveLength(1);
  });

  test("that somebody at the brand has given by hand is told the agent, and waits for nobody", async () => {
    await using town = await createTown({ hostile: { echoFirst: 0, doubleRate: 0 } });
    const comment = await commented(town);
    const { pages } = town.net.options();
    const byHand = { recipient: { comment_id: comment }, message: { text: "By Bob" } };
    const client = town.net.client(pages[0] ?? ({} as never), "");
    const { createHmac } = await import("node:crypto");
    const token = String(pages[0]?.token);
    const proof = createHmac("sha256", String(town.net.options().app.secret)).update(token).digest("hex");
    await client.call("POST", `https://graph.facebook.com/v25.0/${acme}/messages`, {
      ...byHand,
      access_token: token,
      appsecret_proof: proof,
    });
    await town.bridge.answer({ ...at(comment), key: "1", text: "By Ann", side: "private" });
    await town.pass(5_000);
    // The network was asked first, and says that it allows no more.
    const [waiting] = (await town.talk(comment)).drafts;
    expect(waiting?.holds[0]).toMatchObject({ kind: "no-private-side" });
    expect(await town.bridge.parked()).toEqual([]);
    expect((await letters(town)).map(({ text }) => text)).toEqual(["By Bob"]);
  });
});

describe("what happens on the feed meanwhile", () => {
  test("a comment that is edited and then removed, told in any order, is gone; nothing is said under it", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0.5, reorder: true } });
    const comment = await commented(town);
    await town.clock.advance(2_000);
    await town.net.edit({ post: comment, text: "where is my order 5?" });
    await town.clock.advance(2_000);
    await town.net.remove({ post: comment });
    await town.settle();
    const talk = await town.talk(comment);
    expect(talk.entries.map(({ text, state }) => `${state}: ${text}`)).toEqual(["gone: null"]);
    const before = (await town.net.state()).requests.length;
    expect((await town.bridge.ways(at(comment)))[0]).toMatchObject({ open: false, why: { code: "post-is-gone" } });
    await town.bridge.answer({ ...at(comment), key: "1", text: "Here", side: "public" });
    await town.settle();
    expect((await town.talk(comment)).entries.at(-1)?.state).toBe("withdrawn");
    const acts = (await town.net.state()).requests.slice(before).filter(({ method }) => method !== "GET");
    expect(acts).toEqual([]);
  });

  test("taken back before it was told of: it is entered as gone, and nobody answers it", async () => {
    await using town = await createTown();
    const { id } = await town.net.persona("Maria Keller");
    const comment = `${town.post.split("_")[1]}_777000777`;
    const value = { item: "comment", comment_id: comment, post_id: town.post, parent_id: town.post, from: { id } };
    const tell = async (verb: string, created_time: number, message?: string) => {
      const change = { field: "feed", value: { ...value, verb, created_time, message } };
      const body = JSON.stringify({ object: "page", entry: [{ id: acme, time: created_time, changes: [change] }] });
      expect((await town.bridge.fetch(town.net.signed(body))).status).toBe(200);
      await town.settle();
    };
    const second = Math.floor(town.clock.now() / 1_000);
    await tell("remove", second);
    await tell("add", second - 5, "I regret this");
    const talk = await town.talk(comment);
    expect(talk.entries.map(({ state }) => state)).toEqual(["gone"]);
    expect(talk.conversation.public?.gone).toBe(true);
    await town.bridge.answer({ ...at(comment), key: "1", text: "What?", side: "public" });
    await town.settle();
    expect((await town.net.state()).nodes.filter(({ viaApi }) => viaApi)).toEqual([]);
  });

  test("hidden, liked and taken back by a person's order", async () => {
    await using town = await createTown();
    const comment = await commented(town);
    await town.bridge.hide({ ...at(comment), key: "h" });
    await town.bridge.like({ ...at(comment), key: "l" });
    const said = await town.bridge.answer({ ...at(comment), key: "1", text: "Oops", side: "public" });
    await town.settle();
    await town.bridge.retract({ ...at(comment), key: "r", entry: said.entry });
    await town.settle();
    const { nodes } = await town.net.state();
    expect(nodes.find(({ id }) => id === comment)).toMatchObject({ hidden: true, liked: true });
    expect(nodes.find(({ text }) => text.startsWith("Oops"))).toMatchObject({ gone: true });
    expect((await town.talk(comment)).entries.find(({ key }) => key === said.entry)?.state).toBe("gone");
  });

  test("a token that is revoked in the middle of a batch stops what it must, and loses nothing", async () => {
    await using town = await createTown({ hostile: { echoFirst: 0 } });
    const comments = await Promise.all(["Ann", "Ben", "Cleo", "Dan"].map((by) => commented(town, `${by} asks`, by)));
    await town.net.inject({ fault: "revoked", times: 3 });
    await Promise.all(
      comments.map((id, i) => town.bridge.answer({ ...at(id), key: `${i}`, text: `Answer ${i}`, side: "public" })),
    );
    await town.pass(120_000);
    const ours = (await town.net.state()).nodes.filter(({ viaApi }) => viaApi);
    expect(ours.map(({ text }) => text.replace(/ https.*/, "")).toSorted()).toEqual(
      [0, 1, 2, 3].map((i) => `Answer ${i}`),
    );
    expect(await town.bridge.parked()).toEqual([]);
  });

  test("webhooks that were disabled for an hour: subscribed again, and every comment has its case, once, as it is now", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0 }, options: { pollMs: 600_000 } });
    const [edited, removed, hidden, kept] = [
      await commented(town, "edit me", "Eve"),
      await commented(town, "remove me", "Rob"),
      await commented(town, "hide me", "Hal"),
      await commented(town, "keep me", "Kim"),
    ];
    await town.settle();
    town.deaf = true;
    await commented(town, "one", "Ann");
    await town.net.edit({ post: edited, text: "I was edited" });
    await town.net.remove({ post: removed });
    await town.net.hide({ post: hidden, hidden: true });
    await town.pass(3_700_000);
    // Meta has ended the subscription by itself, and the sweep has found that, but whoever is deaf loses it once more.
    await town.net.unsubscribe({ page: acme });
    await commented(town, "two", "Ben");
    await town.net.persona("Cleo");
    await town.net.message({ by: "Cleo", page: acme, text: "three" });
    town.deaf = false;
    await town.pass(1_300_000);
    expect((await town.net.state()).subscriptions[acme]).toContain("feed");
    expect((await town.bridge.health()).alarms.join()).toMatch(/was subscribed no more and is again/);
    // Of what she took back nothing is kept but that it was there.
    expect([...town.desk.entries.values()].map(({ text }) => text ?? "taken back").toSorted()).toEqual([
      "I was edited",
      "hide me",
      "keep me",
      "one",
      "taken back",
      "three",
      "two",
    ]);
    expect(openCases(town)).toBe(7);
    const stateOf = async (post: string) =>
      (await town.talk(post)).entries.map(({ state, version }) => [state, version > 1]);
    expect(await Promise.all([edited, removed, hidden, kept].map(stateOf))).toEqual([
      [["said", true]],
      [["gone", false]],
      [["gone", false]],
      [["said", false]],
    ]);
    // Looked at once, and not with every poll.
    const looks = (await town.net.state()).requests.filter(({ path }) => path.endsWith(kept)).length;
    await town.pass(1_300_000);
    expect((await town.net.state()).requests.filter(({ path }) => path.endsWith(kept))).toHaveLength(looks);
  });
});

test("an edit and a removal whose deliveries were lost alone are known within six hours", async () => {
  await using town = await createTown({ hostile: { doubleRate: 0 }, options: { pollMs: 600_000 } });
  const [edited, removed] = [await commented(town, "edit me", "Eve"), await commented(town, "remove me", "Rob")];
  await town.settle();
  await town.net.inject({ fault: "lost-webhook", times: 2 });
  await town.net.edit({ post: edited, text: "I was edited" });
  await town.net.remove({ post: removed });
  await town.clock.advance(6 * 3_600_000);
  await town.pass(610_000);
  const standing = async (post: string) => (await town.talk(post)).entries.map(({ state, text }) => [state, text]);
  expect(await standing(edited)).toEqual([["said", "I was edited"]]);
  expect((await standing(removed)).map(([state]) => state)).toEqual(["gone"]);
});

describe("who opens an invite", () => {
  const invited = async (town: Town) => {
    const comment = await commented(town);
    await town.bridge.answer({ ...at(comment), key: "1", text: "Please write to us", side: "public" });
    await town.settle();
    const reply = (await town.net.state()).nodes.find(({ viaApi }) => viaApi);
    await town.net.persona("Somebody Else");
    await town.net.openInvite({ by: "Somebody Else", post: reply?.id ?? "" });
    const letter = await town.net.message({ by: "Somebody Else", page: acme, text: "my number is 99887766" });
    await town.settle();
    const persona = { account: { channel: "facebook", id: acme }, space: "psid", id: letter.psid };
    return { comment, persona };
  };

  test("is not taken for her: a case of their own, that says where it belongs, until an agent confirms; and back", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0, reorder: false } });
    const { comment, persona } = await invited(town);
    const hers = await town.talk(comment);
    expect(hers.conversation.hints).toEqual([persona]);
    const claim = await town.bridge.conversation({ persona });
    expect(claim?.conversation.claims?.conversation).toBe(hers.key);
    expect(openCases(town)).toBe(2);
    // The agent sees it on the case.
    const number = hers.case.number ?? "none";
    expect([...town.desk.cases.values()].map(({ fields }) => fields.claims)).toEqual([undefined, number]);
    // A stranger's private words, and never to leave in public.
    const leak = await town.bridge.answer({ ...at(comment), key: "2", text: "Yours is 99887766", side: "public" });
    await town.settle();
    expect((await town.bridge.held()).map(({ draft }) => [draft.entry, draft.holds[0]?.kind])).toEqual([
      [leak.entry, "guard"],
    ]);

    await town.bridge.confirm({ persona, key: "c" });
    await town.settle();
    const joined = await town.talk(comment);
    expect(joined.conversation.personas.map(({ space }) => space)).toEqual(["user", "psid"]);
    expect(joined.entries.map(({ text }) => text)).toContain("my number is 99887766");
    expect(openCases(town)).toBe(1);

    await town.bridge.part({ ...at(comment), persona, key: "p" });
    await town.settle();
    expect((await town.talk(comment)).entries.map(({ text }) => text)).not.toContain("my number is 99887766");
    expect((await town.bridge.conversation({ persona }))?.key).not.toBe(hers.key);
    expect(town.bridge.explain(await town.talk(comment))).toMatch(/confirmed by a person.*parted by a person/s);
    await expect(town.bridge.confirm({ ...at(comment), key: "c2" })).rejects.toMatchObject({ fault: "missing" });
  });

  test.for([
    ["forged", (token: string) => `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`, 0],
    ["expired", (token: string) => token, 31 * 86_400_000],
  ] as const)("with a token that is %s has opened nothing, and the trail says so", async ([which, mend, later]) => {
    await using town = await createTown({ hostile: { doubleRate: 0, reorder: false } });
    const comment = await commented(town);
    await town.bridge.answer({ ...at(comment), key: "1", text: "Please write to us", side: "public" });
    await town.settle();
    const reply = (await town.net.state()).nodes.find(({ viaApi }) => viaApi);
    const token = mend(/ref=(\S+)$/.exec(reply?.text ?? "")?.[1] ?? "");
    await town.clock.advance(later);
    await town.net.persona("Somebody Else");
    const { psid } = await town.net.message({ by: "Somebody Else", page: acme, text: `about ${token}` });
    const referral = { ref: token, source: "SHORTLINK", type: "OPEN_THREAD" };
    const told = { sender: { id: psid }, recipient: { id: acme }, timestamp: town.clock.now(), referral };
    const body = JSON.stringify({ object: "page", entry: [{ id: acme, time: town.clock.now(), messaging: [told] }] });
    expect((await town.bridge.fetch(town.net.signed(body))).status).toBe(200);
    await town.settle();
    const hers = await town.talk(comment);
    expect([hers.conversation.invite?.stage, hers.conversation.hints]).toEqual(["sent", undefined]);
    const persona = { account: { channel: "facebook", id: acme }, space: "psid", id: psid };
    const theirs = await town.bridge.conversation({ persona });
    expect(theirs?.conversation.claims).toBeUndefined();
    expect(JSON.stringify(theirs?.trail)).toContain(`invite-${which}`);
    const openings = (await town.bridge.ledger({ limit: 500 })).filter(({ row }) =>
      JSON.stringify(row).includes("opened/"),
    );
    expect(JSON.stringify(openings)).toContain(`invite-${which}`);
  });

  test("is not told what she told us", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0, reorder: false } });
    const { comment, persona } = await invited(town);
    await town.bridge.answer({ ...at(comment), key: "p", text: "Which order?", side: "private" });
    await town.settle();
    await town.net.message({ by: "Maria Keller", page: acme, text: "it is 4711-0815" });
    await town.settle();
    await town.bridge.answer({ persona, key: "3", text: "Your order 4711-0815 is here", side: "private" });
    await town.settle();
    const claim = await town.bridge.conversation({ persona });
    expect(claim?.conversation.claims?.conversation).toBe((await town.talk(comment)).key);
    expect((await letters(town)).filter(({ ours, text }) => ours && text.includes("4711"))).toEqual([]);
  });
});

test("a Page that may not use Messenger is told so, and its comments are read as often as ever", async () => {
  await using town = await createTown({ hostile: { doubleRate: 0 }, messaging: false });
  await town.net.inject({ fault: "lost-webhook", times: 50 });
  for (const by of ["Ann", "Ben", "Cleo"]) {
    await commented(town, `${by} asks`, by);
    await town.pass(130_000);
    expect(openCases(town)).toBe(["Ann", "Ben", "Cleo"].indexOf(by) + 1);
  }
  const { alarms, troubles, asked } = await town.bridge.health();
  expect(town.clock.now() - (asked[`facebook/${acme}`] ?? 0)).toBeLessThanOrEqual(130_000);
  expect(alarms.filter((one) => one.includes(acme))).toEqual([
    expect.stringMatching(/private words cannot be read: .*permissions in the README/),
  ]);
  expect(troubles).toEqual([]);
});

test("a question that was tapped opens a case, once, whoever tells of it, and is answered", async () => {
  await using town = await createTown();
  await town.net.persona("Maria Keller");
  await town.net.tap({ by: "Maria Keller", page: acme, title: "Where is my order?" });
  await town.settle();
  expect(openCases(town)).toBe(1);
  // The catch-up tells it too.
  await town.pass(300_000);
  const [{ psid } = { psid: "" }] = await letters(town);
  const where = { persona: { account: { channel: "facebook", id: acme }, space: "psid", id: psid } };
  await town.bridge.answer({ ...where, key: "1", text: "Which one?", side: "private" });
  await town.settle();
  expect([...town.desk.entries.values()].map(({ text }) => text)).toEqual(["Where is my order?", "Which one?"]);
  expect((await letters(town)).map(({ text }) => text)).toEqual(["Where is my order?", "Which one?"]);
});

describe("somebody else has the thread", () => {
  test("nothing is said until it is ours again, by the network's word or by an order", async () => {
    await using town = await createTown({ hostile: { doubleRate: 0, reorder: false } });
    await town.net.persona("Maria Keller");
    await town.net.message({ by: "Maria Keller", page: acme, text: "hello" });
    await town.settle();
    await town.net.control({ page: acme, person: "Maria Keller", owner: "inbox" });
    await town.net.message({ by: "Maria Keller", page: acme, text: "anybody?" });
    await town.settle();
    const [{ psid } = { psid: "" }] = await letters(town);
    const where = { persona: { account: { channel: "facebook", id: acme }, space: "psid", id: psid } };
    const talk = await town.bridge.conversation(where);
    expect(talk?.conversation.private?.control).not.toBe("us");
    expect(talk?.entries.map(({ text }) => text)).toEqual(["hello", "anybody?"]);
    const why = { code: "somebody-else-has-the-thread" };
    expect((await town.bridge.ways(where))[1]).toMatchObject({ open: false, why });
    await town.bridge.answer({ ...where, key: "1", text: "Hi!", side: "private" });
    await town.settle();
    expect((await town.bridge.held())[0]?.draft.holds[0]?.kind).toBe("claimed");
    await town.bridge.control({ ...where, key: "c", take: true });
    await town.settle();
    expect((await letters(town)).at(-1)).toMatchObject({ text: "Hi!", ours: true });
  });
});

describe("bad input", () => {
  test.for([
    ["forged", { headers: { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }, body: "{}" }, 401],
    ["unsigned", { body: "{}" }, 401],
    ["too large", { body: "x".repeat(5 * 1024 * 1024) }, 413],
  ] as const)("is refused: %s", async ([, init, status]) => {
    await using town = await createTown();
    const request = new Request("http://bridge.test/facebook", { method: "POST", ...init });
    expect((await town.bridge.fetch(request)).status).toBe(status);
  });

  test("genuine and unreadable: kept raw, and answered 200", async () => {
    await using town = await createTown();
    for (const body of ["", "no json", '{"object":"page","entry":[7]}']) {
      expect((await town.bridge.fetch(town.net.signed(body))).status).toBe(200);
    }
    expect(await town.bridge.unread()).toHaveLength(3);
  });
});
