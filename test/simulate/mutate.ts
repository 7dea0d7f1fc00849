import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutants.ts";

const root = new URL("../../", import.meta.url);

/**
 * Changes one line of the product as it is loaded, in this process only. To be called before the product is imported.
 *
 * @throws Error when the line does not stand in its file exactly once: the mutant is out of date.
 */
export const mutate = ({ name, file, line, instead }: Mutant): void => {
  const url = new URL(file, root).href;
  const parts = readFileSync(fileURLToPath(url), "utf8").split(line);
  if (parts.length !== 2)
    throw new Error(`the mutant "${name}" is out of date: its line stands ${parts.length - 1} times in ${file}`);
  registerHooks({
    load: (asked, context, next) => {
      const loaded = next(asked, context);
      return asked === url ? { ...loaded, source: parts.join(instead) } : loaded;
    },
  });
};
