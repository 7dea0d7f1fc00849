import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CaseView, Machine } from "../../src/cli/console/page/model.ts";
import { type Console, createConsole } from "../../src/cli/console/server.ts";

let served: Console;
let url: string;
beforeAll(async () => {
  served = await createConsole({ port: 0 });
  url = served.url;
}, 30_000);
afterAll(() => served[Symbol.asyncDispose]());

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(new URL(path, url), { method: "POST", body, headers: { "content-type": "application/json", ...headers } });

/** `fetch` writes its own Host and Origin: this one says what it is told to. */
const raw = (head: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
      socket.write(`${head}\r\nConnection: close\r\n\r\n`),
    );
    let got = "";
    socket.on("data", (some) => (got += some.toString()));
    socket.on("end", () => resolve(got));
    socket.on("error", reject);
  });

describe("the console's server", () => {
  it("serves its page, with nothing in it from elsewhere, and lets nothing else run", async () => {
    const page = await fetch(url);
    const policy = page.headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "trusted-types 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toContain("unsafe");
    const files = [...(await page.text()).matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, file]) => file ?? "");
    expect(files).toContain("page.js");
    for (const file of [...files, "panel.js", "panel.css", "dom.ts"]) {
      const { status, headers } = await fetch(new URL(file, url));
      expect([file, status]).toEqual([file, 200]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
    for (const path of [
      "nothing.js",
      "model.js.map",
      "../server.ts",
      "%2e%2e/server.ts",
      "page/page.ts",
      "package.json",
    ])
      expect([path, (await fetch(new URL(path, url))).status]).toEqual([path, 404]);
  });

  it("answers nobody who came by another name, and no other page", async () => {
    const { host, port } = new URL(url);
    const asked = async (lines: string) => (await raw(lines)).split("\r\n")[0];
    expect(await asked(`GET / HTTP/1.1\r\nHost: ${host}`)).toContain("200");
    expect(await asked(`GET / HTTP/1.1\r\nHost: localhost:${port}`)).toContain("200");
    for (const name of ["evil.example", `evil.example:${port}`, `127.0.0.1.evil.example:${port}`])
      expect(await asked(`GET / HTTP/1.1\r\nHost: ${name}`)).toContain("403");
    const told = `POST /do/pause HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 0`;
    for (const origin of ["http://evil.example", "null", `https://${host}`, `http://localhost:${port}`])
      expect(await asked(`${told}\r\nOrigin: ${origin}`)).toContain("403");
    expect(await asked(`${told}\r\nSec-Fetch-Site: cross-site`)).toContain("403");
    expect(await asked(`${told}\r\nSec-Fetch-Site: same-site`)).toContain("403");
    expect(await asked(`GET /events HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://evil.example`)).toContain("403");
    const plain = await post("do/pause", "{}", { "content-type": "text/plain" });
    expect(plain.status).toBe(415);
    expect((await fetch(new URL("do/pause", url))).status).toBe(404);
    expect((await fetch(url, { method: "PUT" })).status).toBe(405);
  });

  it.for([
    ["fly", {}, 'the console does not know "fly": load its page again'],
    ["constructor", {}, 'the console does not know "constructor"'],
    ["say", { by: "maria", network: "x", text: " " }, "text: write something first"],
    ["say", { by: "maria", network: "x", text: "a".repeat(20_001) }, "text: that is longer than any network takes"],
    ["say", { by: "mallory", network: "x", text: "hi" }, "nobody here is called mallory: speak as one of the cast"],
    ["say", { by: "maria", network: "x", text: "hi", replyTo: "1" }, "there is no post 1."],
    ["follow", { by: "maria", network: "facebook", post: "1", text: "hi" }, "there is no post or comment 1."],
    [
      "answer",
      { by: "ann", conversation: "x/1001/post/1", door: "public", text: "hi" },
      "no conversation is known there",
    ],
    ["answer", { by: "eve", conversation: "x/1001/post/1", door: "public", text: "hi" }, "by: "],
    [
      "change",
      { by: "ann", conversation: "x/1001/post/1", door: "public", text: "hi", draft: "crm/entry/1", version: 1 },
      "only answers that were written here can be changed here: take it back, and write another",
    ],
    ["release", { by: "ann", draft: "nothing" }, 'no draft "nothing" is known'],
    ["retry", { effect: "nothing" }, 'no parked act "nothing" is known'],
    ["landed", { effect: "nothing" }, 'no parked act "nothing" is known'],
    ["resume", { id: "nothing" }, 'no pause "nothing" is in force'],
    ["fault", { fault: "flood", on: true }, "there is no fault flood: there are x-"],
    ["pass", { ms: 1e12 }, "ms: "],
    ["calm", { now: true }, 'Unrecognized key: "now"'],
  ] as const)("%s %j is refused in a sentence", async ([verb, what, sentence]) => {
    const response = await post(`do/${verb}`, JSON.stringify(what));
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toContain(sentence);
    expect(error).not.toMatch(/^\[|\n\s+at /);
  });

  it("takes no body that is none, or endless", async () => {
    for (const body of ["", "{", "a".repeat(300_000)])
      expect(await (await post("do/say", body)).json()).toEqual({ error: "the body is no JSON, or too long" });
    expect(await (await post("do/pass", `{"ms":1000}`)).json()).toEqual({ value: null });
  });

  it("what may have gone out waits for a person, who may say that it is there", { timeout: 60_000 }, async () => {
    const over = new AbortController();
    const { body } = await fetch(new URL("events", url), { signal: over.signal });
    const views = new Map<string, CaseView>();
    let troubles: Machine["troubles"] = [];
    const listening = (async () => {
      let text = "";
      for await (const some of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += some;
        for (const [, part = ""] of text.matchAll(/^id: case.*\ndata: (.*)\n\n/gm)) {
          const view = JSON.parse(part) as CaseView;
          views.set(view.customer, view);
        }
        for (const [, part = ""] of text.matchAll(/^id: machine\ndata: (.*)\n\n/gm))
          ({ troubles } = JSON.parse(part) as Machine);
        text = text.slice(text.lastIndexOf("\n\n") + 2);
      }
    })().catch(() => undefined);
    const tell = async (verb: string, what: object) =>
      expect((await post(`do/${verb}`, JSON.stringify(what))).status).toBe(200);
    const hers = () => views.get("Maria Keller");
    await tell("say", { by: "maria", network: "x", text: "@acme_help my parcel is lost" });
    await expect.poll(() => hers()?.number, { timeout: 20_000 }).toBeDefined();
    await tell("fault", { fault: "x-away", on: true });
    await tell("answer", { by: "ann", conversation: hers()?.key, door: "public", text: "It is on its way." });
    const parked = async () => {
      await tell("pass", { ms: 600_000 });
      return hers()?.parked;
    };
    await expect.poll(parked, { timeout: 30_000 }).toMatchObject([{ what: "public answer", doubt: true }]);
    await expect.poll(() => troubles).toContain("1 act waits for a person, on its case");
    await tell("calm", {});
    await tell("landed", { effect: hers()?.parked[0]?.effect });
    await expect.poll(() => hers()?.entries.at(-1)?.state, { timeout: 20_000 }).toBe("said");
    expect(hers()).toMatchObject({ parked: [], waiting: { for: "customer" } });
    over.abort();
    await listening;
  });

  it("says that a port is taken", async () => {
    await expect(createConsole({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
