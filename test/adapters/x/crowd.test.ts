import { test } from "vitest";
import { inTurn, rush } from "./crowd.ts";

test("45 customers who all accept the invite: no 429, nobody waits longer than the promise", { timeout: 60_000 }, () =>
  inTurn(45),
);
test(
  "60 at once: as many are invited as can be spoken to, the others are shown the form, and all come home",
  { timeout: 60_000 },
  () => rush(60),
);
