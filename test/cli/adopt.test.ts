import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "casethread/sqlite";
import { createClock } from "casethread/sandbox";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRecord, recordsIn } from "../../src/cli/casethread/records.ts";
import { run } from "../../src/cli/casethread/program.ts";
import { createDesk } from "../made-up/desk.ts";
import { createPark } from "../made-up/park.ts";
import { bridgeBetween } from "../made-up/world.ts";

const kiosk = new URL("kiosk", import.meta.url).pathname;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "casethread-adopt-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const command = async (...argv: readonly string[]) => {
  let [out, err] = ["", ""];
  const shell = { argv, env: { KIOSK_DB: join(folder, "kiosk.db") }, cwd: kiosk, stop: AbortSignal.timeout(60_000) };
  const code = await run({ ...shell, out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
};
const file = (...lines: readonly unknown[]): string => {
  const path = join(folder, "records.jsonl");
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path;
};

describe("casethread adopt", () => {
  it("says that a file holds something else than was said", async () => {
    const { code, out, err } = await command("adopt", file({ ParentId: "500" }, "none"), "--yes");
    expect([code, out.split("\n").at(-2)]).toEqual([2, "2 skipped"]);
    expect(err).toContain("none of its records is as jsonl has them: say what they are with --as");
  });

  it("names no account that the configuration does not have", async () => {
    const path = file({ case: "5", post: "7", person: "tom" });
    const slip = await command("adopt", path, "--account", "park/2");
    expect([slip.code, slip.out]).toEqual([2, ""]);
    expect(slip.err).toContain("--account park/2: there is no such account here, only park/");
    expect((await command("adopt", path, "--account", "park")).err).toContain("write it as channel/id");
  });

  it("what a record holds commands no terminal", async () => {
    const { out } = await command(
      "adopt",
      file({ case: "5\u001b[2J", post: "https://x.test/\r\nlinked: 9", person: "tom" }),
    );
    expect(out).toContain("FAILED: 5\\u001b[2J ");
    expect(out.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(out).not.toMatch(/^linked: 9/m);
  });

  it("says what it would link, links it, goes on where it was stopped, and speaks to nobody", async () => {
    const clock = createClock();
    const park = createPark(clock.now);
    const desk = createDesk(clock.now, { lawful: true });
    const byHand = desk.file();
    const post = park.say("maria", "as I told you on the phone");
    const second = park.say("maria", "and another thing");
    const link = (id: string): string => `https://park.test/${id}`;
    const one = { case: byHand.id, posts: [link(post.id), link(second.id)], person: "maria", space: "visitor" };
    const path = file(
      one,
      { case: "9", post: link("77"), person: "tom", open: false },
      { case: "8", post: "https://elsewhere.test/1", person: "tom" },
      { case: "7", person: "tom" },
      "none",
    );
    const dry = await command("adopt", path);
    expect(dry.code).toBe(1);
    expect(dry.out).toBe(
      [
        `would link: ${byHand.id} ${link(post.id)}`,
        `would link: ${byHand.id} ${link(second.id)}`,
        `skipped: 9 ${link("77")} (its case is closed)`,
        "FAILED: 8 https://elsewhere.test/1 (its post is on no account of this configuration)",
        "skipped: record 4  (it names no post)",
        "skipped: record 5  (it is no JSON)",
        "2 would link, 3 skipped, 1 FAILED",
        "nothing was linked: --yes links, and speaks to nobody",
        "",
      ].join("\n"),
    );
    expect((await command("--json", "ledger")).out).toBe("");

    // Stopped after the first of them.
    await command("adopt", file({ ...one, posts: [link(post.id)] }), "--yes");
    const whole = await command("--json", "adopt", file(one), "--yes");
    expect(whole.code).toBe(0);
    const told = whole.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { as: string });
    expect(told.map(({ as }) => as)).toEqual(["known", "linked"]);
    expect((await command("adopt", file(one), "--yes")).out).toContain("2 known");

    await using world = bridgeBetween(park, desk, {
      clock,
      store: sqlite({ file: join(folder, "kiosk.db"), durable: false, clock }),
    });
    await world.settle();
    const talk = await world.talk(post);
    expect((await world.talk(second)).key).toBe(talk.key);
    expect(talk.conversation.case).toMatchObject({ stage: "open", ref: { id: byHand.id } });
    expect(desk.cases.size).toBe(1);
    // The case is closed: the machine has no last word under a post that it was only told of.
    desk.close(talk.key);
    await world.pass(2 * 3_600_000);
    expect((await world.talk(post)).stage).toBe("resolved");
    expect(park.requests).toEqual([]);
    // What she says from now on is hers, as ever.
    await world.post("maria", "still cold", post.id);
    await world.settle();
    expect((await world.talk(post)).entries.at(-1)?.text).toBe("still cold");
  });

  it.for([
    [["adopt", "none.jsonl"], "none.jsonl: it cannot be read (ENOENT)"],
    [["adopt", "casethread.config.ts", "--as", "paper"], "--as paper: write jsonl, socialpost, chatwoot, zammad"],
  ] as const)("%j is not understood: one sentence, 2", async ([argv, sentence]) => {
    expect(await command(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
  });

  it("says so where a file holds nothing", async () => {
    const { code, err } = await command("adopt", file());
    expect(code).toBe(2);
    expect(err).toContain("it holds no record: export the open cases again, one to a line or as an array");
  });
});

describe("records of other systems", () => {
  it("SocialPost, with its persona and its case, as sf data query --json prints them", () => {
    const record = {
      attributes: { type: "SocialPost" },
      ParentId: "5005e00000AbCdE",
      ExternalPostId: "1871",
      PostUrl: "https://x.com/maria/status/1871",
      Provider: "Twitter",
      IsOutbound: false,
      Handle: "maria_k",
      Persona: { ExternalId: "2244994945", Name: "maria_k" },
      Parent: { IsClosed: false },
    };
    const all = recordsIn(JSON.stringify({ status: 0, result: { records: [record], done: true } }));
    expect(all.map((one) => readRecord("socialpost", one, "case"))).toEqual([
      {
        rows: [
          {
            case: "5005e00000AbCdE",
            open: true,
            post: "https://x.com/maria/status/1871",
            channel: "x",
            person: "2244994945",
            handle: "maria_k",
          },
        ],
      },
    ]);
    expect(readRecord("socialpost", { ...record, IsOutbound: true }, "case")).toEqual({ why: "the brand said it" });
    expect(readRecord("socialpost", { ...record, ParentId: "0035e" }, "case")).toEqual({
      why: "its parent is no case",
    });
    expect(readRecord("socialpost", { ...record, Persona: null }, "case")).toEqual({
      why: "its persona has no id of the network",
    });
  });

  it("a conversation of Chatwoot's: what came in, by the case that a custom attribute names", () => {
    const talk = {
      id: 12,
      status: "open",
      meta: { channel: "Channel::FacebookPage", sender: { id: 3, name: "Maria" } },
      contact_inbox: { source_id: "6001" },
      custom_attributes: { sf: "500A" },
      messages: [
        { message_type: 0, private: false, source_id: "m_1" },
        { message_type: 1, private: false, source_id: "m_2" },
        { message_type: 0, private: true, source_id: "m_3" },
      ],
    };
    const [one] = recordsIn(JSON.stringify({ data: { meta: {}, payload: [talk] } }));
    expect(readRecord("chatwoot", one, "sf")).toEqual({
      rows: [{ case: "500A", open: true, post: "m_1", person: "6001", channel: "facebook", handle: "Maria" }],
    });
    expect(readRecord("chatwoot", talk, "case")).toEqual({ why: "its custom attribute case names no case" });
    expect(readRecord("chatwoot", { ...talk, status: "resolved" }, "sf")).toMatchObject({ rows: [{ open: false }] });
  });

  it("a ticket of Zammad's with its articles: what customers said, by the case that a field names", () => {
    const article = {
      sender: "Customer",
      type: "twitter status",
      from: "@maria_k",
      message_id: "1871",
      preferences: { twitter: { user_id: 2244994945 } },
    };
    const ticket = { id: 1, state: "open", crm_case: "500B", articles: [article, { ...article, sender: "Agent" }] };
    expect(readRecord("zammad", ticket, "crm_case")).toEqual({
      rows: [{ case: "500B", open: true, post: "1871", person: "2244994945", channel: "x", handle: "@maria_k" }],
    });
    expect(readRecord("zammad", { ...ticket, articles: [] }, "crm_case")).toEqual({
      why: "none of its articles names a post and its author",
    });
    expect(readRecord("zammad", 7, "crm_case")).toMatchObject({
      why: expect.stringContaining("it is not as expected at its root: "),
    });
  });
});

it.for([
  ["jsonl", { case: 1, post: 2 }, "person"],
  ["socialpost", { Persona: 1 }, "Persona"],
  ["chatwoot", { messages: 1 }, "messages"],
  ["zammad", { articles: [{ message_id: {} }] }, "articles.0.message_id"],
] as const)("what cannot be read of %s is told with an example, which can", ([source, raw, place]) => {
  const { why = "" } = readRecord(source, raw, "crm_case") as { why?: string };
  const [, told, example = "null"] = /^it is not as expected at (.*): such is one (\{.*\})$/.exec(why) ?? [];
  expect(told).toBe(place);
  expect(readRecord(source, JSON.parse(example), "crm_case")).toMatchObject({
    rows: [{ case: "500…", open: true, post: expect.stringContaining("1871…"), person: "2244994945" }],
  });
});
