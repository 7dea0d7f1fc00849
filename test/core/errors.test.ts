import { describe, expect, it } from "vitest";
import { BridgeError, type BridgeErrorAbout } from "../../src/core/contracts/errors.ts";

const about: BridgeErrorAbout = { fault: "throttled", adapter: "park", landed: "no" };

describe("the error", () => {
  it("has a retryAt of its own only when it was given one", () => {
    expect(Object.keys(new BridgeError("wait", about))).toEqual(["fault", "adapter", "landed"]);
    expect("retryAt" in new BridgeError("wait", about)).toBe(false);
    expect(new BridgeError("wait", { ...about, retryAt: 0 }).retryAt).toBe(0);
    expect("cause" in new BridgeError("wait", about)).toBe(false);
  });

  it("is known by another copy of the package, and nothing else is", async () => {
    const elsewhere = "../../src/core/contracts/errors.ts?copy";
    const copy = (await import(/* @vite-ignore */ elsewhere)) as { readonly BridgeError: typeof BridgeError };
    expect(copy.BridgeError).not.toBe(BridgeError);
    const error = new copy.BridgeError("wait", about);
    expect(Object.getPrototypeOf(error)).not.toBe(BridgeError.prototype);
    expect(error).toBeInstanceOf(BridgeError);
    expect(BridgeError.from(error, "other")).toBe(error);
    for (const other of [new Error("wait"), { ...about }, null, "BridgeError"])
      expect(other instanceof BridgeError).toBe(false);
  });

  it("takes anything thrown for an act that may have landed", () => {
    const cause = new TypeError("socket hang up");
    expect(BridgeError.from(cause, "park")).toMatchObject({
      fault: "unavailable",
      adapter: "park",
      landed: "unknown",
      cause,
    });
    expect(BridgeError.from("gone", "park").message).toBe("[park: unavailable] gone");
  });
});
