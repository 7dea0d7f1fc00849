import type { UnknownOutcome } from "../contracts/channel.ts";

/** An operator's own bounds for words whose outcome is unknown, in place of the adapter's. */
export type OwnBounds = Partial<Pick<UnknownOutcome, "repeat" | "quietMs" | "reads">>;

const repeats: ReadonlySet<unknown> = new Set<UnknownOutcome["repeat"]>(["idempotent", "never", "afterQuiet"]);
const isMs = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** What is wrong with an operator's own bounds; undefined when nothing is. For the checks of options. */
export const faultOfBounds = (value: unknown): string | undefined => {
  if (typeof value !== "object" || value === null) return "it must be an object";
  const { repeat, quietMs, reads } = value as Readonly<Record<keyof OwnBounds, unknown>>;
  if (repeat !== undefined && !repeats.has(repeat)) return 'repeat must be "never", "afterQuiet" or "idempotent"';
  if (quietMs !== undefined && !isMs(quietMs)) return "quietMs must be a number of ms";
  const pauses = reads === undefined || (Array.isArray(reads) && reads.every((one) => isMs(one) && one !== 0));
  return pauses ? undefined : "reads must be a list of pauses in ms";
};
