import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createSizes } from "../../../adapters/salesforce/sizes.ts";

it("is halved at once by what is too many, grows a tenth for each twenty that go through, and never up to what was too many", () => {
  const sizes = createSizes(200);
  expect(sizes.most("case", 0)).toBe(200);
  sizes.limit("case", 200, 0);
  sizes.limit("case", 100, 0);
  expect([sizes.most("case", 0), sizes.most("entry", 0)]).toEqual([50, 200]);
  for (let call = 0; call < 20; call++) sizes.through("case", 50, 0);
  expect(sizes.most("case", 0)).toBe(55);
  // A call that was not full proves nothing.
  for (let call = 0; call < 100; call++) sizes.through("case", 20, 0);
  expect(sizes.most("case", 0)).toBe(55);
  // A little more was too many: back to what is known to be good, and twice as patient.
  sizes.limit("case", 55, 0);
  expect(sizes.most("case", 0)).toBe(50);
  for (let call = 0; call < 39; call++) sizes.through("case", 50, 0);
  expect(sizes.most("case", 0)).toBe(50);
});

it("locked rows make calls smaller, but no smaller than twenty-five", () => {
  const sizes = createSizes(200);
  for (const most of [100, 50, 25, 25, 25]) {
    sizes.lock("case", 0);
    expect(sizes.most("case", 0)).toBe(most);
  }
  sizes.limit("case", 4, 0);
  sizes.lock("case", 0);
  expect(sizes.most("case", 0)).toBe(2);
});

it("whatever a trigger bears is found, and what is sent beyond it stays rare", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 250 }), (bears) => {
      const sizes = createSizes(200);
      let tooMany = 0;
      for (let call = 0; call < 1_000; call++) {
        const count = sizes.most("case", call);
        expect(count).toBeGreaterThanOrEqual(1);
        if (count > bears) {
          tooMany += 1;
          sizes.limit("case", count, call);
        } else sizes.through("case", count, call);
      }
      expect(sizes.most("case", 1_000)).toBeGreaterThanOrEqual(Math.min(200, Math.floor(bears / 2)));
      expect(tooMany).toBeLessThan(25);
    }),
  );
});
