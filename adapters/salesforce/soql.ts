/**
 * A string as a SOQL literal, with its quotes. The SDK's own builder escapes only the apostrophe, so that a value ending
 * in a backslash breaks out of its literal; here the backslash goes first.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
 */
export const quote = (text: string): string =>
  `'${text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll("\f", "\\f")
    .replaceAll("\b", "\\b")}'`;

/** A moment as SOQL writes it: no quotes, whole seconds, because SystemModstamp has no finer ones. */
export const moment = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The path of a query, relative to the version's root. */
export const queryPath = (soql: string): string => `/query?q=${encodeURIComponent(soql)}`;

/** The path of a query that finds what was deleted or merged as well, while it lies in the recycle bin: resources_queryall.htm */
export const queryAllPath = (soql: string): string => `/queryAll?q=${encodeURIComponent(soql)}`;

/** Splits values so that no query of them grows beyond the address length that servers accept (16,384 bytes there; 8,000 leaves room for proxies). */
export const inPortions = (values: readonly string[], most = 8_000): readonly (readonly string[])[] => {
  const portions: string[][] = [];
  let room = 0;
  for (const value of values) {
    const size = encodeURIComponent(quote(value)).length + 3;
    const last = portions.at(-1);
    if (last === undefined || size > room) {
      portions.push([value]);
      room = most - size;
    } else {
      last.push(value);
      room -= size;
    }
  }
  return portions;
};

/** The path of a search, relative to the version's root: resources_search.htm */
export const searchPath = (sosl: string): string => `/search?q=${encodeURIComponent(sosl)}`;
