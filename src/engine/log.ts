import { oneLine } from "../core/rules/one-line.ts";
import type { Log } from "./house.ts";

const plain = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? oneLine(value) : value]),
  );

/** The log that was passed in, in which nobody outside begins a line: ids and reasons may be a network's. */
export const safely = (log: Log): Log => ({
  debug: (fields, message) => log.debug(plain(fields), oneLine(message)),
  info: (fields, message) => log.info(plain(fields), oneLine(message)),
  warn: (fields, message) => log.warn(plain(fields), oneLine(message)),
  error: (fields, message) => log.error(plain(fields), oneLine(message)),
});
