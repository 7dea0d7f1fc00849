import type { Fault } from "../words/effect.ts";
import type { Instant } from "../words/ref.ts";

/** What a {@link BridgeError} is about. */
export interface BridgeErrorAbout {
  readonly fault: Fault;
  /** Which adapter, store or part of the bridge says so. */
  readonly adapter: string;
  /** May the act have landed all the same? `no` only when it certainly did not. */
  readonly landed: "no" | "unknown";
  /** Not before this. */
  readonly retryAt?: Instant;
  readonly cause?: unknown;
}

const brand = Symbol.for("casethread.BridgeError");

/** The one error of this library, on two axes: what went wrong, and whether the act may have landed all the same. Its message says what to do next and carries no secret. */
export class BridgeError extends Error {
  declare readonly name: "BridgeError";
  readonly fault: Fault;
  readonly adapter: string;
  readonly landed: "no" | "unknown";
  declare readonly retryAt?: Instant;

  static {
    // Bundlers rename a class that speaks of itself, and a stack begins with the name that the prototype has.
    Object.defineProperty(this, "name", { value: "BridgeError" });
    // On the prototype: both are found in every error, and the brand stands in no log.
    Object.defineProperties(this.prototype, { name: { value: "BridgeError" }, [brand]: { value: true } });
  }

  constructor(message: string, about: BridgeErrorAbout) {
    super(
      `[${about.adapter}: ${about.fault}] ${message}`,
      about.cause === undefined ? undefined : { cause: about.cause },
    );
    this.fault = about.fault;
    this.adapter = about.adapter;
    this.landed = about.landed;
    if (about.retryAt !== undefined) this.retryAt = about.retryAt;
  }

  /** The same error, about an act of which more, or less, is known. */
  judged(landed: "no" | "unknown"): BridgeError {
    const { fault, adapter, retryAt, cause } = this;
    const said = this.message.slice(`[${adapter}: ${fault}] `.length);
    return new BridgeError(said, {
      fault,
      adapter,
      landed,
      ...(retryAt === undefined ? {} : { retryAt }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Two copies of this package may meet in one process; their errors know each other all the same. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  /** Anything thrown, as a BridgeError. What is not one already is `unavailable`, and may have landed. */
  static from(thrown: unknown, adapter: string): BridgeError {
    if (thrown instanceof BridgeError) return thrown;
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    return new BridgeError(said, { fault: "unavailable", adapter, landed: "unknown", cause: thrown });
  }
}
