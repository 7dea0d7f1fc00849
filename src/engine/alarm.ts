import type { House } from "./house.ts";

/** So many are remembered; older ones stand in the log. */
const most = 100;

/** Says what a person should know and nothing waits for, in the log and in `bridge.health()`. */
export const alarm = (
  { alarms, log }: Pick<House, "alarms" | "log">,
  say: string,
  { level = "warn", ...fields }: { readonly level?: "warn" | "error"; readonly [field: string]: unknown } = {},
): void => {
  // Said again it is the newest, and no second one: a delivery a second must not push the others out.
  const before = alarms.indexOf(say);
  if (before !== -1) alarms.splice(before, 1);
  alarms.push(say);
  if (alarms.length > most) alarms.shift();
  log[level](fields, say);
};
