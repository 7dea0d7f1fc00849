import type { Store } from "casethread";
import { postgres } from "casethread/postgres";
import { afterAll, expect, it } from "vitest";
import { createWorld } from "../made-up/world.ts";
import { findServer } from "./server.ts";

const server = await findServer();
const pool = server.pool();
const schema = server.schema();
afterAll(() => server[Symbol.asyncDispose]());
const shown = server.kind === "real";
if (!shown) process.stdout.write("not shown, for want of a PostgreSQL: words that meet their author's erasure\n");

/** A store whose units call `erased` when a person has been erased in them, before their commit, and `looks` before they look for conversations. */
const watched = (store: Store, on: { erased(): Promise<void>; looks(): void }): Store =>
  new Proxy(store, {
    get: (target, name) => {
      if (name !== "unit") return Reflect.get(target, name) as unknown;
      const unit: Store["unit"] = (work) =>
        store.unit((raw) =>
          work({
            ...raw,
            find: (clues) => {
              on.looks();
              return raw.find(clues);
            },
            erase: async (persona) => {
              await raw.erase(persona);
              await on.erased();
            },
          }),
        );
      return unit;
    },
  });

it.runIf(shown)("words that are told late, and meet their author's erasure, are not taken in", async () => {
  const looked = Promise.withResolvers<void>();
  let under = false;
  let told: Promise<Response> | undefined;
  await using world = createWorld({
    store: watched(postgres({ pool, schema }), {
      erased: async () => {
        under = true;
        told = Promise.resolve(world.bridge.fetch(world.park.deliver(late)));
        // They wait for her name, which the erasure holds until it is committed.
        await looked.promise;
      },
      looks: () => {
        if (under) looked.resolve();
      },
    }),
  });
  const post = await world.post("v1", "where is it?");
  await world.settle();
  const late = world.park.say("v1", "and this was told late, marzipan");
  const { conversation } = await world.talk(post);
  const [persona] = conversation.personas;
  if (persona === undefined) throw new Error("nobody is known");
  await world.bridge.erase({ persona, key: "erase-1" });
  expect((await told)?.status).toBe(200);
  const talk = await world.bridge.conversation({ persona });
  expect(talk?.entries.map(({ text }) => text).filter((text) => text !== null)).toEqual([]);
});
