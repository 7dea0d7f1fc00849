import { Agent, type Agent as HttpsAgent } from "node:https";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { addressAt, type Kit } from "casethread/adapter";
import { salesforce, type SalesforceOptions } from "casethread/salesforce";
import { serve } from "casethread/sandbox";
import { describe, expect, it } from "vitest";
import { theirs } from "../../adapters/salesforce/hosts.ts";
import { askCompliance } from "../../adapters/x/compliance.ts";
import { createFetchFile, fileAgent } from "../../adapters/x/file.ts";
import { crmTalk } from "../../src/conformance/crm/tasks.ts";
import { comment, feedOf, delivery } from "../adapters/facebook/fixtures.ts";
import { acme as page, appSecret, kitAt, verifyToken } from "../adapters/facebook/subject.ts";
import { createGround, lastOf, pagesOf, toldIn } from "../adapters/salesforce/ground.ts";
import { facebook } from "casethread/facebook";

/** What somebody tells who wants us, or whoever reads along, to go elsewhere. */
const elsewhere = [
  "https://evil.example/facebook.com",
  "https://facebook.com.evil.example/",
  "https://evilfacebook.com/",
  "https://facebook.com@evil.example/",
  "https://maria:hunter2@facebook.com/",
  "http://facebook.com/",
  "javascript:alert(1)//facebook.com",
  "//facebook.com/1",
  "file:///etc/passwd",
  "https://169.254.169.254/latest/meta-data",
  "",
];

describe("an address that is told", () => {
  it.each(elsewhere)("%j leads to no host of ours", (told) => {
    expect(addressAt(told, ["facebook.com"])).toBeUndefined();
  });
  it.each(["https://facebook.com/1", "https://www.facebook.com/1?x=%40", "https://m.facebook.com./1"])(
    "%j does",
    (told) => {
      expect(addressAt(told, ["facebook.com"])?.href).toBe(told);
    },
  );
});

describe("permalink_url", () => {
  const channel = facebook({
    app: { id: "5550001", secret: appSecret, verifyToken },
    pages: [{ id: page, token: "t" }],
  });
  const urlOf = async (permalink: string): Promise<unknown> => {
    const id = `${page}_9000000002`;
    const post = { ...comment, item: "status", post_id: id, comment_id: undefined, parent_id: undefined };
    const told = delivery(feedOf({ ...post, post: { id, permalink_url: permalink } }));
    const reading = await channel.read(told, kitAt(Date.now));
    if ("handshake" in reading) throw new Error("a handshake");
    const [said] = reading.events;
    return said?.as === "said" ? said.url : said;
  };
  it("is the entry's link where it leads to Facebook, and else one of our own making stands there", async () => {
    expect(await urlOf("https://www.facebook.com/acme/posts/1")).toBe("https://www.facebook.com/acme/posts/1");
    for (const told of elsewhere)
      expect(await urlOf(told), told).toBe(`https://www.facebook.com/${page}/posts/9000000002`);
  });
});

describe("instance_url", () => {
  const signedIn = async (instanceUrl: string, more: object = {}) => {
    const called: string[] = [];
    await using evil = await serve(async (request) => {
      called.push(`${new URL(request.url).pathname} ${request.headers.get("authorization") ?? ""}`);
      return Response.json([{ errorCode: "NOT_FOUND", message: "" }], { status: 404 });
    });
    await using org = await serve(async () =>
      Response.json({ access_token: "00Dxx!s3cret", instance_url: instanceUrl.replace("evil:", evil.origin) }),
    );
    const login = { clientId: "c", clientSecret: "s", ...more } as SalesforceOptions["login"];
    const place = "instanceUrl" in more ? { instanceUrl: evil.origin } : {};
    const crm = salesforce({ origin: org.origin, login: { ...login, ...place } as NonNullable<typeof login> });
    const kit: Kit = { ...kitAt(Date.now), signal: AbortSignal.timeout(5_000) };
    const [outcome] = await crm.write([crmTalk("hosts", "salesforce", 0).open("hi")], kit);
    return { called, outcome };
  };
  it("that leads away from the org is not followed: the session goes nowhere", async () => {
    const { called, outcome } = await signedIn("evil:");
    expect(called).toEqual([]);
    expect(outcome).toMatchObject({
      fault: "invalid",
      landed: "no",
      message: expect.stringContaining("none of Salesforce's; nothing was sent there"),
    });
    expect(JSON.stringify(outcome)).not.toContain("s3cret");
  });
  it("that its owner has named is where the session goes, whatever was told", async () => {
    const { called } = await signedIn("https://evil.example", { instanceUrl: "named" });
    expect(called.join()).toContain("Bearer 00Dxx!s3cret");
  });
  it.each([
    ["https://acme.my.salesforce.com", true],
    ["https://acme--uat.sandbox.my.salesforce.com", true],
    ["https://acme.file.force.com/sfc/dist/version/download/?oid=1", true],
    ["https://crm.acme.example", true],
    ["https://acme.my.salesforce.com.evil.example", false],
    ["http://acme.my.salesforce.com", false],
    ["https://evil.example", false],
    ["http://127.0.0.1:9/", false],
  ])("%s, of an org at crm.acme.example: %s", (told, taken) => {
    expect(theirs(told, "https://crm.acme.example") !== undefined).toBe(taken);
  });
});

it("a file's public link that leads away from the org is none: no network is sent there", async () => {
  await using ground = await createGround();
  const talk = crmTalk("links", "salesforce", ground.clock.now());
  await ground.crm.write([talk.open("hi")], ground.kit());
  const start = lastOf(await pagesOf(ground, undefined));
  const ann = ground.org.agent("Ann");
  const id = await ann.answer(talk.key, { text: "See here.", side: "private", writing: true });
  await ann.attach(id, { name: "label.png", bytes: 5 });
  await ann.edit(id, { text: "See here." });
  const evil = async (): Promise<string> => {
    const real = await ground.org.connect();
    const connection = {
      ...real,
      instanceUrl: real.instanceUrl,
      request: async (...asked: Parameters<typeof real.request>) =>
        JSON.parse(
          JSON.stringify(await real.request(...asked)).replaceAll(
            /"https:\/\/127\.0\.0\.1\/sfc/g,
            '"https://evil.example/sfc',
          ),
        ) as unknown,
    };
    const crm = salesforce({ connection });
    const answer = toldIn(await pagesOf({ crm, kit: ground.kit }, start)).find(({ as }) => as === "answered");
    return answer?.as === "answered" ? (answer.media?.[0]?.url ?? "no file") : "no answer";
  };
  expect(await evil()).toMatch(/^urn:salesforce:/);
});

describe("the addresses of X's compliance jobs", () => {
  const account = { id: "1001", credentials: { bearer: "b" } };
  const ask = async (address: string, status: string) => {
    const asked: string[] = [];
    const data = { data: { id: "7", status, upload_url: address, download_url: address } };
    const notes = new Map<string, string>([
      ["compliance/1001", status === "created" ? "" : JSON.stringify({ job: "7", at: 1, tries: 0 })],
    ]);
    const kit: Kit = {
      ...kitAt(Date.now),
      note: (name) => ({
        read: async () => notes.get(name),
        swap: async (_from, to) => notes.set(name, to) !== undefined,
      }),
    };
    const about = { app: account, account, posts: [{ account: { channel: "x", id: "1001" }, id: "1" }] };
    const caller = async ({ path }: { readonly path: string }) => {
      asked.push(path);
      return { data: path.startsWith("https://") ? "" : data };
    };
    const outcome = await askCompliance(caller, about, kit).catch((thrown: unknown) => thrown);
    return { asked, outcome };
  };
  it.each(["created", "complete"])("are followed to X and to where its files lie only (%s)", async (status) => {
    for (const good of ["https://api.x.com/2/compliance/jobs/7/upload", "https://storage.googleapis.com/twttr/7?sig=1"])
      expect((await ask(good, status)).asked).toContain(good);
    for (const evil of ["https://evil.example/7", "http://storage.googleapis.com/7", "https://a:b@api.x.com/7"]) {
      const { asked, outcome } = await ask(evil, status);
      expect(asked.filter((path) => path.includes("//"))).toEqual([]);
      expect(outcome).toMatchObject({ fault: "invalid", message: expect.stringContaining("nothing was sent") });
    }
  });
});

describe("a file that goes along with an answer on X", () => {
  /** Every address leads to this server: what is tried is what comes after the address was found to be public. */
  const at = (port: number): HttpsAgent => {
    const agent = new Agent();
    agent.createConnection = () => connect(port, "127.0.0.1");
    return agent;
  };
  const file = (path: string) => ({ kind: "image", type: "image/png", bytes: 4, url: `https://shop.example/${path}` });
  const answers: Readonly<Record<string, () => Response>> = {
    good: () => new Response("file"),
    elsewhere: () => new Response(null, { status: 302, headers: { location: "/good" } }),
    huge: () =>
      new Response(
        new ReadableStream({ pull: (to) => to.enqueue(new TextEncoder().encode("endless ".repeat(1_000))) }),
      ),
    short: () => new Response("no"),
    slow: () => new Response(new ReadableStream({ pull: () => sleep(60_000, undefined, { ref: false }) })),
  };
  const fetched = async (path: string, ms = 5_000): Promise<string> => {
    const asked: string[] = [];
    await using server = await serve(async (request) => {
      const name = new URL(request.url).pathname.slice(1);
      asked.push(name);
      return answers[name]?.() ?? new Response(null, { status: 404 });
    });
    const taken = await createFetchFile(at(server.port))(file(path), AbortSignal.timeout(ms)).then(
      (bytes) => Buffer.from(bytes).toString(),
      (thrown: Error) => thrown.message,
    );
    expect(asked).toEqual([path]);
    return taken;
  };
  it.each([
    ["good", /^file$/],
    ["elsewhere", /answers HTTP 302, and no file/],
    ["huge", /larger than the 4 bytes that its answer names/],
    ["short", /has 2 bytes, and its answer names 4/],
  ])("%s", async (path, said) => expect(await fetched(path)).toMatch(said));
  it("is waited for no longer than the call may take", async () => {
    const began = performance.now();
    expect(await fetched("slow", 100)).toMatch(/could not be fetched/);
    expect(performance.now() - began).toBeLessThan(30_000);
  });
  it.each(["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[fd00::1]", "0x7f.1"])(
    "is not fetched from %s",
    async (host) => {
      const inside = { ...file("good"), url: `https://${host}/good` };
      const asked = createFetchFile(fileAgent())(inside, AbortSignal.timeout(5_000));
      await expect(asked).rejects.toMatchObject({ message: expect.stringContaining("leads inside this network") });
    },
  );
});
