import { afterAll, expect, it } from "vitest";
import type { Store } from "casethread";
import { postgres } from "casethread/postgres";
import { createWorld } from "../made-up/world.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const pool = server.pool();
const schema = server.schema();
afterAll(() => server[Symbol.asyncDispose]());
const shown = server.kind === "real";
if (!shown)
  process.stdout.write("not shown, for want of a PostgreSQL: an echo that meets the answer between two looks\n");

/** A store whose units wait, before they look for acts at a place, and which waits before it writes down what came of one. */
const waitingBefore = (store: Store, look: () => Promise<unknown>, end: () => Promise<unknown>): Store =>
  new Proxy(store, {
    get: (target, name) => {
      if (name === "settle") {
        const settle: Store["settle"] = async (...given) => {
          await end();
          return store.settle(...given);
        };
        return settle;
      }
      if (name !== "unit") return Reflect.get(target, name) as unknown;
      const unit: Store["unit"] = (work) =>
        store.unit((raw) =>
          work(
            new Proxy(raw, {
              get: (of, what) => {
                if (what !== "at") return Reflect.get(of, what) as unknown;
                const at: typeof raw.at = async (place) => {
                  await look();
                  return raw.at(place);
                };
                return at;
              },
            }),
          ),
        );
      return unit;
    },
  });

it.runIf(shown)("an echo that meets the answer between two looks is our own words all the same", async () => {
  const plain = postgres({ pool, schema });
  const looked = Promise.withResolvers<void>();
  let told = false;
  const look = async (): Promise<void> => {
    if (!told) return;
    looked.resolve();
    await expect.poll(answerState, { interval: 5 }).toBe("done");
  };
  await using world = createWorld({
    store: waitingBefore(plain, look, () => (told ? looked.promise : Promise.resolve())),
  });
  const { park, bridge } = world;
  const post = await world.post("maria", "cold coffee");
  await world.settle();
  await world.answer(post, "So sorry.");
  const { conversation } = await world.talk(post);
  const answerState = async (): Promise<string | undefined> =>
    (await plain.effects(conversation.key)).find(({ effect }) => effect.words === "person")?.state;

  // The park tells everybody before it answers. The echo finds no act that has become these words; then the answer is written down.
  let echoed: Promise<Response> | undefined;
  const perform = park.byHand.bind(park);
  park.byHand = (text, where) => {
    const word = perform(text, where);
    told = true;
    echoed = bridge.fetch(park.deliver(word));
    return word;
  };
  await bridge.work({ until: "idle" });
  expect((await echoed)?.status).toBe(200);
  await world.settle();
  const talk = await world.talk(post);
  expect(talk.entries.filter(({ text }) => text === "So sorry.")).toHaveLength(1);
  expect(park.requests).toHaveLength(1);
});
