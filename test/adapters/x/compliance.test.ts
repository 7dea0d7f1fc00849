import { expect, test } from "vitest";
import { BridgeError, type Fault, type Kit } from "casethread/adapter";
import { askCompliance, type Found } from "../../../adapters/x/compliance.ts";
import type { XAnswer, XCall } from "../../../adapters/x/client.ts";
import { idAt } from "../../../adapters/x/ids.ts";
import { recheckAll } from "../../../adapters/x/recheck.ts";
import { acme, kitAt, notes } from "./subject.ts";

const noon = Date.parse("2026-11-27T12:00:00Z");
const account = { id: acme, credentials: { bearer: "t" } };
const app = { id: "app", credentials: { bearer: "a" } };
const ref = { channel: "x", id: acme };
const refused = (fault: Fault): BridgeError => new BridgeError("no", { fault, adapter: "x", landed: "no" });

/** X's side of a job, as each test wants it. */
const asked = (
  answer: (what: string) => unknown,
): { readonly calls: readonly string[]; readonly ask: (call: XCall) => Promise<XAnswer> } => {
  const calls: string[] = [];
  const ask = async ({ method, path }: XCall): Promise<XAnswer> => {
    const what = `${method} ${path}`;
    calls.push(what);
    const data = answer(what);
    if (data instanceof BridgeError) throw data;
    return { data };
  };
  return { calls, ask };
};
const here = "https://api.x.com/2/compliance/jobs/7";
const job = (status: string): object => ({
  data: { id: "7", status, upload_url: `${here}/upload`, download_url: `${here}/download` },
});
const kit = (): Kit => kitAt(() => noon, { note: notes().note });
const posts = (...ids: readonly string[]): { account: typeof ref; id: string }[] =>
  ids.map((id) => ({ account: ref, id }));

test("the file is read as X's pages of 2026 write it, and as the older ones did", async () => {
  const lines = [
    { id: "1", action: "delete", reason: "deleted", redacted_at: null, deleted_at: null },
    { id: "2", action: "delete", reason: "protected" },
    { id: "3", action: "delete", reason: "suspended" },
    { id: "4", action: "delete", reason: "deactivated" },
    { id: "5", action: "rehydrate", reason: "tweet_edited" },
    { id: "6", action: "scrub_geo", reason: "geo_scrubbed" },
    { id: "7", action: "delete", reason: "scrub_geo", redacted_at: "2026-07-29T17:02:47.000Z" },
    { id: "not_a_valid_id", error: "invalid_id" },
  ];
  const file = `${lines.map((line) => JSON.stringify(line)).join("\n")}\nhalf a li\n`;
  const x = asked((what) => (what.endsWith("/download") ? file : job(what.startsWith("get") ? "complete" : "created")));
  const at = kit();
  expect(await askCompliance(x.ask, { app, account, posts: posts("1") }, at)).toBeUndefined();
  expect(await askCompliance(x.ask, { app, account, posts: posts("1") }, at)).toEqual({
    askedAt: noon,
    verdicts: [
      { id: "1", is: "deleted" },
      { id: "2", is: "protected" },
      { id: "3", is: "suspended" },
      { id: "4", is: "deactivated" },
      { id: "5", is: "edited" },
    ],
  } satisfies Found);
});

test("a job that failed or is not there any more is forgotten, one that X cannot tell of now is not", async () => {
  for (const [answer, forgotten] of [
    [job("failed"), true],
    [refused("missing"), true],
    [refused("throttled"), false],
  ] as const) {
    const x = asked((what) => (what.startsWith("get") ? answer : job("created")));
    const at = kit();
    const once = (): Promise<unknown> => askCompliance(x.ask, { app, account, posts: posts("1") }, at);
    await once();
    await expect(once()).rejects.toBeInstanceOf(BridgeError);
    const before = x.calls.length;
    await once().catch(() => undefined);
    expect(x.calls[before]).toBe(forgotten ? "post compliance/jobs" : "get compliance/jobs/7");
  }
});

test("whose turn does not come in two hours is told so", async () => {
  const x = asked(() => refused("taken"));
  const at = kit();
  const once = (): Promise<unknown> => askCompliance(x.ask, { app, account, posts: posts("1") }, at);
  for (let n = 0; n < 11; n++) expect(await once()).toBeUndefined();
  await expect(once()).rejects.toMatchObject({ fault: "taken" });
});

test("of what was made after the question nothing is said: it may be gone by now", async () => {
  const [before, after] = [idAt(noon - 60_000), idAt(noon + 60_000)];
  const x = asked((what) => (what.endsWith("/download") ? "" : job(what.startsWith("get") ? "complete" : "created")));
  const told = { account: ref, source: "poll", now: noon, ours: new Set([acme]) } as const;
  const about = { app, account, posts: posts(before, after), told };
  const at = kit();
  expect(await recheckAll(x.ask, about, at)).toEqual([]);
  expect(await recheckAll(x.ask, about, at)).toMatchObject([{ as: "gone", how: "shown", post: { id: before } }]);
});
