import { type Bridge, createBridge } from "casethread";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { x } from "casethread/x";
import { createXSandbox } from "casethread/x/sandbox";
import { expect, it } from "vitest";
import { createDesk, deskCrm } from "../made-up/desk.ts";

const replies = 500;
const closings = 60;
const acme = { channel: "x", id: "1001" };
const hours = 3_600_000;

it("500 public replies, two workers, paused in the middle, resumed two hours later", async () => {
  const clock = createClock();
  await using sandbox = await createXSandbox({
    clock,
    accounts: [{ id: acme.id, handle: "AcmeHelp", tier: "enterprise" }],
    hostile: { indexLagMs: 0, doubleRate: 0, reorder: false, lateAnswers: 0, echoFirst: 0 },
  });
  const desk = createDesk(clock.now, { lawful: true });
  await using bridge = createBridge({
    channels: [x(sandbox.options())],
    crm: { ...deskCrm(desk), pollMs: 60_000 },
    intake: { maxPending: 2 * replies },
    policy: { invite: false, words: { closing: () => "Glad it is sorted." } },
    store: sqlite({ file: ":memory:", durable: false, clock }),
    clock,
  });
  const asked = async () =>
    (await sandbox.state()).requests.flatMap(({ method, path, body, at }) =>
      method === "POST" && path === "/2/tweets" ? [{ text: (body as { readonly text: string }).text, at }] : [],
    );

  const posts: string[] = [];
  for (let n = 0; n < replies + closings; n++) {
    const by = await sandbox.persona(`customer_${n}`);
    const { id } = await sandbox.say({ by, text: "@AcmeHelp my coffee was cold" });
    posts.push(id);
  }
  const bodies = posts.flatMap((id) => sandbox.announces(id));
  const statuses = await Promise.all(bodies.map(async (body) => (await bridge.fetch(sandbox.signed(body))).status));
  expect(new Set(statuses)).toEqual(new Set([200]));
  await bridge.work({ until: "idle" });
  expect(desk.cases.size).toBe(replies + closings);

  const words = (n: number): string => `We look into cup number ${n}.`;
  await Promise.all(
    posts.slice(0, replies).map((id, n) => {
      const post = { account: acme, id };
      return bridge.answer({ key: `answer-${n}`, post, side: "public", text: words(n) });
    }),
  );
  for (const { key } of [...desk.cases.values()].slice(-closings)) desk.close(key);

  const stop = new AbortController();
  const workers = [1, 2].map(() => bridge.work({ signal: stop.signal }));
  await expect.poll(async () => (await asked()).length, { interval: 5, timeout: 20_000 }).toBeGreaterThan(250);
  const pause = await bridge.pause({ reason: "a product recall" });
  const returned = clock.now();
  const before = await asked();
  expect(before.length).toBeLessThan(replies);
  await bridge.settled();
  expect(await asked()).toEqual(before);
  expect(Math.max(...before.map(({ at }) => at))).toBeLessThanOrEqual(returned);
  const waiting = (list: Awaited<ReturnType<Bridge["held"]>>) => list.filter(({ draft }) => draft.words === "person");
  const left = replies - before.length;
  expect(waiting(await bridge.held())).toHaveLength(left);

  await clock.advance(2 * hours);
  await bridge.resume(pause.id);
  await expect
    .poll(async () => (await bridge.held()).every(({ draft }) => draft.holds[0]?.kind === "approval"), {
      timeout: 20_000,
    })
    .toBe(true);
  await bridge.settled();
  expect(await asked()).toEqual(before);
  const asking = await bridge.held();
  expect(asking).toHaveLength(left);
  expect(new Set(asking.map(({ draft }) => draft.words))).toEqual(new Set(["person"]));
  expect(asking[0]?.draft.holds).toEqual([{ kind: "approval", why: { code: "was-paused" } }]);

  const yes = asking.slice(0, 40);
  for (const { draft } of yes) await bridge.release({ key: `yes/${draft.entry}`, draft: draft.entry });
  for (const { draft } of yes) await bridge.release({ key: `yes/${draft.entry}`, draft: draft.entry });
  await bridge.settled();
  stop.abort();
  await Promise.all(workers);

  const after = (await asked()).slice(before.length);
  expect(after.map(({ text }) => text).toSorted()).toEqual(yes.map(({ entry }) => entry.text).toSorted());
  const all = (await asked()).map(({ text }) => text);
  expect(new Set(all).size).toBe(all.length);
  expect(all.filter((text) => text.startsWith("Glad"))).toEqual([]);
  expect(await bridge.held()).toHaveLength(left - yes.length);
  expect(await bridge.parked()).toEqual([]);
}, 60_000);
