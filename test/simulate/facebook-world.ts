import { type Arbitrary, array, constantFrom, integer, nat, option, record } from "fast-check";
import { type Deed, type Matter, type World, worlds } from "./world.ts";

const change = record({
  matter: nat(2),
  place: nat(9),
  does: constantFrom<Deed>("change", "remove"),
  afterMs: constantFrom(0, 300, 1_500, 20_000),
});
const confidence: Matter["steps"] = [
  { does: "whisper", afterMs: 1_000 },
  { does: "letter", afterMs: 90_000 },
  { does: "leak", afterMs: 20_000 },
];
const hourMs = 3_600_000;
const seldom = <T>(what: Arbitrary<T>): Arbitrary<T | undefined> => option(what, { freq: 2, nil: undefined });

/** Those of X, on Facebook: customers change and take back what they said, webhooks fail for more than an hour, a token is revoked between two acts. */
export const facebookWorlds = (bounds: World["bounds"]): Arbitrary<World> =>
  record({
    world: worlds(bounds),
    changes: array(change, { minLength: 1, maxLength: 4 }),
    deaf: seldom(record({ atMs: nat(60_000), forMs: constantFrom(30_000, 600_000, hourMs + 600_000) })),
    // She is answered in private, tells a number there, and an agent would tell it on.
    confides: option(nat(2), { freq: 4, nil: undefined }),
    revoked: seldom(record({ atMs: nat(60_000), forMs: integer({ min: 1_000, max: 60_000 }) })),
  }).map(({ world, changes, confides, deaf, revoked }) => {
    const matters = world.matters.map(({ beginsMs, steps }, number) => {
      const mixed = [...steps];
      for (const { matter, place, does, afterMs } of changes) {
        if (matter % world.matters.length === number) mixed.splice(place % (mixed.length + 1), 0, { does, afterMs });
      }
      const told = confides !== undefined && confides % world.matters.length === number;
      return { beginsMs, steps: told ? [...mixed, ...confidence] : mixed };
    });
    const { weather } = world;
    // An app that never asks learns nothing of a subscription that was ended.
    const long = deaf !== undefined && deaf.forMs > hourMs;
    // Meta tries again after hours, and an hour is long for who asks often.
    const crmPollMs = deaf === undefined ? 15_000 : 60_000;
    // It gives up a delivery after five seconds, and that one arrives all the same.
    const lateMs = Math.min(6_000, weather.lateMs);
    return {
      ...world,
      channel: "facebook",
      matters,
      ...(deaf === undefined ? {} : { deaf }),
      ...(revoked === undefined ? {} : { revoked }),
      weather: { ...weather, crmPollMs, lateMs, ...(long ? { polls: "seldom", lostRate: 0 } : {}) },
    };
  });
