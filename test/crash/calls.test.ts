import { expect, it } from "vitest";
import { createFuse } from "./fuse.ts";
import { play } from "./story.ts";

/** Every call of a contract that the engine makes in the story. What is not here is not under the matrix. */
const calls = {
  channel: "capacity landed mark perform read",
  crm: "since write",
  note: "read swap",
  store: `catching census doors due effects held lease migrate nextDue outbound pause pauses policies recovered resume sending settle trail
    unit unrehearse working`,
  unit: "at counted drafts earlier entries evidence find first keep kin known pauses persona privately",
};

it("reaches in the story what the matrix is to fail", async () => {
  const fuse = createFuse({ at: 0, when: "before", mode: "error" });
  expect(await play(fuse)).toEqual([]);
  const named = Object.entries(calls).flatMap(([contract, names]) =>
    names.split(/\s+/).map((name) => `${contract}.${name}`),
  );
  expect([...fuse.seen].sort()).toEqual(named.sort());
});

it("plays the same calls each time", async () => {
  const [one, other] = [0, 0].map((at) => createFuse({ at, when: "before", mode: "error" }));
  if (one === undefined || other === undefined) throw new Error("two fuses");
  await play(one);
  await play(other);
  expect(one.count).toBe(other.count);
});
