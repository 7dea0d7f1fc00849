import { createClock } from "casethread/sandbox";
import { salesforce } from "casethread/salesforce";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { expect, it } from "vitest";
import { createWorld, type WorldOptions } from "../../made-up/world.ts";

/** Two people have answered the same words: the second one's answer is held. */
const begin = async (options: WorldOptions = {}) => {
  const clock = createClock();
  const org = await createSalesforceSandbox({ clock, listen: false });
  const crm = salesforce({ connection: () => org.connect(), pollMs: 1_000 });
  const world = createWorld({ clock, crm, ...options });
  const post = await world.post("maria", "My parcel is lost");
  await world.pass(5_000);
  const { key } = await world.talk(post);
  await org.agent("Ann").answer(key, { text: "We are looking for it.", side: "public" });
  await world.pass(10_000);
  const second = await org.agent("Bob").answer(key, { text: "It comes tomorrow.", side: "public" });
  await world.pass(10_000);
  const state = async () => (await org.entriesOf(key)).find(({ id }) => id === second)?.state;
  const holds = async () => (await world.bridge.held()).flatMap(({ draft }) => draft.holds.map(({ kind }) => kind));
  const texts = () => world.said().map(({ text }) => text);
  return { org, world, second, state, holds, texts, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
};

it("an answer that is held goes out as it stands once its author says so in the org, and once only", async () => {
  await using given = await begin();
  const { org, world, second } = given;
  expect([await given.holds(), await given.state()]).toEqual([["stale"], "held"]);
  // Drafting it again says nothing new.
  await org.agent("Bob").edit(second, { text: "It comes tomorrow." });
  await world.pass(10_000);
  expect(given.texts()).toEqual(["We are looking for it."]);
  await org.agent("Bob").release(second);
  await world.pass(10_000);
  expect(await given.holds()).toEqual([]);
  expect(given.texts()).toEqual(["We are looking for it.", "It comes tomorrow."]);
  expect(await given.state()).toBe("sent");
  await world.pass(120_000);
  expect(given.texts()).toHaveLength(2);
});

it("what needs somebody else's yes is not released by its author, and is by another; what was sent by nobody", async () => {
  await using given = await begin({
    policy: { approve: ({ text }) => (text.includes("tomorrow") ? true : undefined) },
  });
  const { org, second } = given;
  // The approval comes after that somebody has answered already: both are lifted by a yes.
  await org.agent("Bob").release(second);
  await given.world.pass(10_000);
  expect(given.texts()).toEqual(["We are looking for it."]);
  expect(await given.holds()).toContain("approval");
  // Who saves it is taken for who released it: nobody does by the way.
  await expect(org.agent("Lea").release(second)).rejects.toThrow(/choose Draft to change it/);
  await org.agent("Lea").edit(second, { text: "It comes tomorrow." });
  await org.agent("Lea").release(second);
  await given.world.pass(10_000);
  expect(given.texts()).toEqual(["We are looking for it.", "It comes tomorrow."]);
  await expect(org.agent("Bob").release(second)).rejects.toThrow(/has been sent/);
});
