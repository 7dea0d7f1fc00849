import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutants.ts";

const root = new URL("../../", import.meta.url);

/**
 * The files of a mutant, by their URLs, with its lines changed.
 *
 * @throws Error when a line does not stand in its file exactly once: the mutant is out of date.
 */
export const mutated = ({ name, also = [], ...first }: Mutant): ReadonlyMap<string, string> => {
  const sources = new Map<string, string>();
  for (const { file, line, instead } of [first, ...also]) {
    const url = new URL(file, root).href;
    const parts = (sources.get(url) ?? readFileSync(fileURLToPath(url), "utf8")).split(line);
    if (parts.length !== 2)
      throw new Error(`the mutant "${name}" is out of date: its line stands ${parts.length - 1} times in ${file}`);
    sources.set(url, parts.join(instead));
  }
  return sources;
};

/**
 * Changes lines of the product as they are loaded, in this process only. To be called before the product is imported.
 *
 * @throws Error when the mutant is out of date.
 */
export const mutate = (mutant: Mutant): void => {
  const sources = mutated(mutant);
  registerHooks({
    load: (asked, context, next) => {
      const loaded = next(asked, context);
      const source = sources.get(asked);
      return source === undefined ? loaded : { ...loaded, source };
    },
  });
};
