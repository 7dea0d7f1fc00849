import { BridgeError, type EntryKey } from "casethread/adapter";
import { salesforce, type SalesforceOptions } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createClock } from "casethread/sandbox";
import { describe, expect, it } from "vitest";
import { crmTalk } from "../../../src/conformance/crm/tasks.ts";
import { createWorld } from "../../made-up/world.ts";
import { createGround, failures, type Ground, lastOf, pagesOf, toldIn } from "./ground.ts";

/** An org that took no package: of our fields there is the key on Case, under a name of the org's own. */
const bare = (options: Partial<SalesforceOptions> = {}) => createGround({ comments: true, ...options }, { bare: [] });
const talkOf = ({ clock }: Ground) => crmTalk("bare", "salesforce", clock.now());
const bodies = async ({ org }: Ground): Promise<readonly string[]> =>
  (await org.state()).comments.map((row) => row["CommentBody"] as string);

describe("what is said, in an org without the package", () => {
  it("stands in comments for colleagues, each once, with who said it where and when", async () => {
    await using ground = await bare();
    const talk = talkOf(ground);
    const tasks = [
      talk.open("Where is it?", { fields: { awaiting: "us", postUrl: "https://x.com/a/status/1", priority: 10 } }),
      talk.entry("Where is it?"),
      talk.entry("It is order 4711.", { side: "private" }),
    ];
    expect(failures(await ground.crm.write(tasks, ground.kit()))).toEqual([]);
    expect(failures(await ground.another().write(tasks, ground.kit()))).toEqual([]);
    const { cases, comments, entries } = await ground.org.state();
    expect(entries).toEqual([]);
    expect(cases).toHaveLength(1);
    expect(cases[0]?.fields).toMatchObject({ Subject: "Where is it?", Priority: "High", Casethread_Key__c: talk.key });
    expect(comments.map((row) => row["IsPublished"])).toEqual([false, false]);
    const [first, second] = await bodies(ground);
    expect(first).toMatch(
      /^Maria Example \(@maria\), public, Made-up, \d{4}-\d\d-\d\d \d\d:\d\d UTC:\nWhere is it\?\nhttps:\/\/demo\.example\/\S+\n— casethread [\w-]{16}\.\d+$/,
    );
    expect(second).toMatch(/private, Made-up[\s\S]*order 4711/);
  });

  it("that is changed changes there; what comes late changes nothing; what is erased is gone", async () => {
    await using ground = await bare();
    const talk = talkOf(ground);
    const first = talk.entry("one");
    const key = first.entry?.key as EntryKey;
    const edited = talk.entry("two", { key, version: 2 });
    await ground.crm.write([talk.open("one"), first], ground.kit());
    await ground.crm.write([edited], ground.kit());
    const [late] = await ground.crm.write([first], ground.kit());
    expect(late).not.toBeInstanceOf(BridgeError);
    expect(await bodies(ground)).toEqual([expect.stringContaining("\ntwo\n")]);
    const { entry } = first;
    if (entry === undefined) throw new Error("an entry was to be made");
    const gone = { ...talk.entry("", { key }), entry: { ...entry, text: null, state: "gone" as const } };
    await ground.crm.write([gone], ground.kit());
    expect(await bodies(ground)).toEqual([expect.stringMatching(/ \(deleted since\):\n\[erased\]\n/)]);
  });

  it("is cut to the bytes that a comment holds, between characters, and says so", async () => {
    await using ground = await bare();
    const talk = talkOf(ground);
    const words = "é\u{1F600}".repeat(2_000);
    expect(failures(await ground.crm.write([talk.open("hi"), talk.entry(words)], ground.kit()))).toEqual([]);
    const [body = ""] = await bodies(ground);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4_000);
    expect(Buffer.byteLength(body)).toBeGreaterThan(3_980);
    expect(body).toMatch(/\[cut here: \d+ characters in all\]\n— casethread/);
    expect(body).not.toContain("\uFFFD");
  });

  it("costs two calls: what stands there already, and the write", async () => {
    await using ground = await bare();
    const talks = Array.from({ length: 50 }, (_, at) => crmTalk(`b${at}`, "salesforce", ground.clock.now()));
    const [first] = talks;
    if (first === undefined) throw new Error("talks were to be made");
    await ground.crm.write([first.open("hi"), first.entry("hi")], ground.kit());
    const before = (await ground.org.state()).requests.length;
    const tasks = talks.slice(1).flatMap((talk) => [talk.open("hi"), talk.entry("hi")]);
    expect(failures(await ground.crm.write(tasks, ground.kit()))).toEqual([]);
    expect((await ground.org.state()).requests.length - before).toBe(2);
  });

  it("on a case that was deleted waits for a person, and makes no case anew", async () => {
    await using ground = await bare();
    const talk = talkOf(ground);
    await ground.crm.write([talk.open("hi"), talk.entry("hi")], ground.kit());
    await ground.org.agent("Ann").delete(talk.key);
    const outcomes = await ground.crm.write(
      [talk.state({ resolved: true, priority: 10 }), talk.entry("Anybody?")],
      ground.kit(),
    );
    expect(outcomes[0]).toMatchObject({
      fault: "missing",
      landed: "no",
      message: expect.stringContaining("drop the act"),
    });
    expect((await ground.org.state()).cases).toEqual([]);
  });

  it("every name may be the org's own", async () => {
    // The sandbox knows no other names: what is asked for is looked at on its way.
    const seen: string[] = [];
    const crm = salesforce({
      comments: true,
      fields: { caseKey: "Thread_Key__c", caseAwaiting: "Waiting_For__c" },
      connection: {
        instanceUrl: "https://acme.my.salesforce.com",
        request: async ({ url, body = "" }) => {
          seen.push(decodeURIComponent(url), body);
          throw new BridgeError("seen", { fault: "forbidden", adapter: "test", landed: "no" });
        },
      },
    });
    const ground = {
      signal: new AbortController().signal,
      now: () => 0,
      note: () => undefined as never,
      depart: () => undefined,
    };
    await crm.write([crmTalk("names", "salesforce", 0).state({ awaiting: "us" })], ground);
    expect(seen.join("\n")).toContain("Thread_Key__c IN");
    expect(seen.join("\n")).not.toMatch(/Casethread_/);
  });
});

describe("an agent's comment", () => {
  const begun = async () => {
    const ground = await bare();
    const talk = talkOf(ground);
    await ground.crm.write([talk.open("hi"), talk.entry("hi")], ground.kit());
    return { ground, talk, start: lastOf(await pagesOf(ground, undefined)), ann: ground.org.agent("Ann") };
  };

  it("is an answer where it is public; what colleagues say to each other, and what the bridge wrote, is none", async () => {
    const { ground, talk, start, ann } = await begun();
    await using _ = ground;
    await ann.comment(talk.key, { text: "Ask the depot first." });
    const answer = await ann.comment(talk.key, { text: "[Public] On its way.", published: true });
    const plain = await ann.comment(talk.key, { text: "See you.", published: true });
    const told = toldIn(await pagesOf(ground, start)).filter((event) => event.as === "answered");
    expect(told.map(({ entry, text, side, by, conversation }) => [entry, text, side, by.kind, conversation])).toEqual([
      [`salesforce/entry/${answer}`, "On its way.", "public", "agent", talk.key],
      [`salesforce/entry/${plain}`, "See you.", undefined, "agent", talk.key],
    ]);
  });

  it("of a portal's user, a guest or the org's automation is none", async () => {
    const { ground, talk, start } = await begun();
    await using _ = ground;
    for (const type of ["CspLitePortal", "Guest", "AutomatedProcess", "PowerCustomerSuccess"]) {
      await ground.org.user({ name: type, type });
      await ground.org.agent(type).comment(talk.key, { text: `from ${type}`, published: true });
    }
    await ground.org.agent("Integration User").comment(talk.key, { text: "from a flow", published: true });
    expect(toldIn(await pagesOf(ground, start)).filter((event) => event.as === "answered")).toEqual([]);
  });

  it("is changed until it is sent, and taken back by hiding or deleting it", async () => {
    const { ground, talk, start, ann } = await begun();
    await using _ = ground;
    const [one, two] = [
      await ann.comment(talk.key, { text: "one", published: true }),
      await ann.comment(talk.key, { text: "two", published: true }),
    ];
    const first = await pagesOf(ground, start);
    await ground.clock.advance(2_000);
    await ann.recomment(one, { text: "one, changed" });
    const second = await pagesOf(ground, lastOf(first));
    expect(toldIn(second)).toMatchObject([{ as: "answered", text: "one, changed" }]);
    await ground.clock.advance(2_000);
    await ann.recomment(one, { published: false });
    await ann.delete(two);
    expect(toldIn(await pagesOf(ground, lastOf(second)))).toMatchObject([
      { as: "ordered", what: { order: "withdraw", draft: `salesforce/entry/${one}` } },
      { as: "ordered", what: { order: "withdraw", draft: `salesforce/entry/${two}` } },
    ]);
  });

  it("goes out through the whole bridge, and what became of it stands beside it, in one comment", async () => {
    const clock = createClock();
    const org = await createSalesforceSandbox({ clock, listen: false, bare: [] });
    await using world = createWorld({
      clock,
      crm: salesforce({ connection: () => org.connect(), pollMs: 1_000, comments: true }),
    });
    const post = await world.post("maria", "My parcel is lost");
    await world.pass(5_000);
    const { key } = await world.talk(post);
    const ann = org.agent("Ann");
    const held = await ann.comment(key, { text: "Where do you live?", published: true });
    await world.pass(5_000);
    const sent = await ann.comment(key, { text: "[public] Please write to us in private.", published: true });
    await world.pass(5_000);
    const said = async () => (await org.state()).comments.map((row) => row["CommentBody"] as string);
    expect(
      (await said()).filter((body) => body.includes(`comment ${held} is held back: the customer has not`)),
    ).toHaveLength(1);
    expect(
      (await said()).filter((body) => body.includes(`comment ${sent} was sent.\nhttps://park.test/`)),
    ).toHaveLength(1);
    await world.whisper("maria", "It is Elm Street 1.");
    await world.pass(5_000);
    expect((await said()).filter((body) => body.includes(`comment ${held} `))).toEqual([
      expect.stringContaining("was sent."),
    ]);
    expect(world.said()).toHaveLength(2);
    expect(await world.bridge.parked()).toEqual([]);
  });
});

it("comments and streams do not go together: that is said before anybody is asked", () => {
  const options = {
    comments: true,
    stream: true,
    login: { accessToken: "x" },
    origin: "https://acme.my.salesforce.com",
  };
  expect(() => salesforce(options)).toThrow(/comments cannot be streamed/);
});
