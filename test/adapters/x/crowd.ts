import { door } from "casethread";
import { expect } from "vitest";
import { acme } from "./subject.ts";
import { createTown, type Town } from "./town.ts";

const minute = 60_000;
const promise = 30 * minute;
/** Whoever waits for the same hour comes back a moment apart. */
const spread = 1_000;
const at = (post: string) => ({ post: { account: { channel: "x", id: acme }, id: post } });
const form = door({ url: (token) => `https://acme.test/form?ref=${token}` });
const kind = { doubleRate: 0, reorder: false, echoFirst: 0, indexLagMs: 0, lateAnswers: 0 };

const complaints = async (town: Town, from: number, count: number): Promise<readonly string[]> => {
  const posts: string[] = [];
  for (let n = from; n < from + count; n++) {
    const by = await town.net.persona(`customer_${n}`);
    posts.push((await town.net.say({ by, text: `@AcmeHelp order ${n} never came` })).id);
  }
  await town.settle();
  return posts;
};
/** Time passes a minute at a time; whoever is invited accepts at once, and an agent answers at once. */
const work = async (
  town: Town,
  forMs: number,
  done: Set<string>,
  names: ReadonlyMap<string, string>,
): Promise<void> => {
  for (let passed = 0; passed < forMs; passed += minute) {
    await town.bridge.work({ until: "idle" });
    const { posts } = await town.net.state();
    for (const one of posts.filter(({ id, by, deepLink }) => by === acme && deepLink !== undefined && !done.has(id))) {
      done.add(one.id);
      const root = one.replyTo ?? "";
      await town.net.followInvite({ by: names.get(root) ?? "", post: one.id, text: "here I am" });
      await town.settle();
      await town.bridge.answer({
        ...at(root),
        key: `private ${root}`,
        text: `We see your order (${done.size}).`,
        side: "private",
      });
    }
    await town.clock.advance(minute);
  }
};
const waits = async (town: Town): Promise<readonly number[]> => {
  const { dms } = await town.net.state();
  const asked = new Map(dms.filter((dm) => dm.from !== acme).map((dm) => [dm.from, dm.at]));
  return dms.filter((dm) => dm.from === acme).map((dm) => dm.at - (asked.get(dm.to) ?? Number.NaN));
};
const refusals = async (town: Town): Promise<number> =>
  (await town.net.state()).requests.filter(({ status }) => status === 429).length;

/** Agents answer as fast as people can be spoken to in private: all are invited, and all accept. */
export const inTurn = async (customers: number): Promise<void> => {
  await using town = await createTown({
    hostile: kind,
    bridge: { policy: { invite: true }, intake: { maxPending: 2_000 } },
  });
  const done = new Set<string>();
  const names = new Map<string, string>();
  // Agents answer thirty in half an hour, as fast as people can be spoken to in private.
  for (let n = 0; n < customers; n += 30) {
    const posts = await complaints(town, n, Math.min(30, customers - n));
    posts.forEach((post, i) => names.set(post, `customer_${n + i}`));
    for (const post of posts) {
      await town.bridge.answer({ ...at(post), key: post, text: `So sorry, ${names.get(post)}.`, side: "public" });
    }
    await work(town, promise + 2 * minute, done, names);
  }
  await work(town, promise, done, names);
  const all = await waits(town);
  expect(done.size).toBe(customers);
  expect(all).toHaveLength(customers);
  expect(Math.max(...all)).toBeLessThanOrEqual(promise + spread);
  expect(await refusals(town)).toBe(0);
  expect(town.desk.cases.size).toBe(customers);
  expect(await town.bridge.parked()).toEqual([]);
};

/** All at once: as many are invited as can be spoken to, the others are shown the form. */
export const rush = async (customers: number): Promise<void> => {
  await using town = await createTown({
    hostile: kind,
    bridge: { policy: { doors: [form] }, intake: { maxPending: 2_000 } },
  });
  const posts = await complaints(town, 0, customers);
  const names = new Map(posts.map((post, n) => [post, `customer_${n}`]));
  for (const post of posts) {
    await town.bridge.answer({ ...at(post), key: post, text: `So sorry, ${names.get(post)}.`, side: "public" });
  }
  await work(town, (35 + customers / 5) * minute, new Set(), names);
  const ours = (await town.net.state()).posts.filter(({ by }) => by === acme);
  expect(ours).toHaveLength(customers);
  const invited = ours.filter(({ deepLink }) => deepLink !== undefined);
  const shown = ours.filter(({ text }) => text.includes("https://acme.test/form?ref=ct-"));
  expect(invited).toHaveLength(30);
  expect(shown).toHaveLength(customers - 30);
  for (const one of shown) {
    const token = /ref=(ct-\w+)/.exec(one.text)?.[1] ?? "";
    const key = `form ${one.id}`;
    const { conversation } = await town.bridge.redeem({
      key,
      token,
      text: "my address is known to you",
      vouched: true,
    });
    expect(conversation).toBe((await town.talk(one.replyTo ?? "")).key);
  }
  const all = await waits(town);
  expect(all).toHaveLength(30);
  expect(Math.max(...all)).toBeLessThanOrEqual(promise + spread);
  expect(await refusals(town)).toBe(0);
  expect(town.desk.cases.size).toBe(customers);
};
