import type { Store } from "casethread";
import { BridgeError } from "casethread/adapter";
import { createClock } from "casethread/sandbox";
import { sqlite } from "casethread/sqlite";
import { expect, it } from "vitest";
import { createWorld } from "../made-up/world.ts";

/** A store that is away for the unit of one event, once. */
const awayOnceFor = (store: Store, isIt: (event: string) => boolean): { readonly store: Store; times(): number } => {
  let times = 0;
  const unit: Store["unit"] = (work) =>
    store.unit((raw) =>
      work({
        ...raw,
        first: (event) => {
          if (!isIt(event) || times > 0) return raw.first(event);
          times += 1;
          throw new BridgeError("away", { fault: "unavailable", adapter: "store", landed: "no" });
        },
      }),
    );
  const away = new Proxy(store, {
    get: (target, name) => (name === "unit" ? unit : (Reflect.get(target, name) as unknown)),
  });
  return { store: away, times: () => times };
};

it("an answer that could not be taken in is said before what was written after it", async () => {
  const clock = createClock();
  let apology = "";
  const away = awayOnceFor(
    sqlite({ file: ":memory:", durable: false, clock }),
    (event) => apology !== "" && event.includes(apology),
  );
  await using world = createWorld({ clock, store: away.store });
  await world.post("maria", "cold coffee");
  await world.settle();
  const [mine = ""] = world.desk.cases.keys();
  apology = world.desk.answer(mine, "So sorry, Maria.", "public");
  world.desk.answer(mine, "A new one is on its way.", "public");
  await world.pass(60_000);
  await world.settle();
  expect(away.times()).toBe(1);
  expect(world.park.requests.map(({ text }) => text.slice(0, 8))).toEqual(["So sorry", "A new on"]);
});
