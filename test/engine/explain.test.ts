import { expect, it } from "vitest";
import { explainWhy } from "../../src/core/rules/explain.ts";
import { createWorld } from "../made-up/world.ts";

it("tells what a person ordered once, and of each thing that reached us what it was", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  const which = { url: `https://park.test/${post.id}` };
  await world.bridge.assign({ ...which, key: "1", to: "Ann" });
  await world.bridge.preserve({ ...which, key: "3", hold: "court" });
  await world.bridge.resolve({ ...which, key: "4" });
  await world.settle();
  const told = world.bridge.explain(await world.talk(post));
  expect(told).toContain("a person said: assign: given to somebody by a person\n");
  expect(told).toContain("a person said: preserve: put on hold by a person: nothing of it is erased");
  expect(told).toContain("a person said: resolve: closed by a person");
  expect(told).not.toMatch(/: (\w+): \1\b|\b[a-z]+-[a-z]+-[a-z]+\b/);
});

it("names what was done, and where", async () => {
  await using world = createWorld();
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "So sorry.");
  await world.settle();
  expect(world.bridge.explain(await world.talk(post))).toContain("the public answer at park/kiosk/public is done");
});

it("a reason that is itself given as a reason comes to an end", () => {
  for (const code of ["parked", "held", "no-closing-word"])
    expect(explainWhy({ code, params: { because: code, act: "reply" } })).toMatch(/nobody wrote down why/);
});
