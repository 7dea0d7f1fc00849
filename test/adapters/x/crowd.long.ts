import { test } from "vitest";
import { inTurn, rush } from "./crowd.ts";

test(
  "500 customers who all accept the invite: no 429, nobody waits longer than the promise",
  { timeout: 600_000 },
  () => inTurn(500),
);
test(
  "500 at once: as many are invited as can be spoken to, the others are shown the form, and all come home",
  { timeout: 600_000 },
  () => rush(500),
);
