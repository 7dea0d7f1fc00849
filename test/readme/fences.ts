import { mkdtempSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");
export const read = (file: string): string => readFileSync(join(root, file), "utf8");

/** A folder from which this package is found by its name. By the dot no compiler looks into what a run that is killed leaves. */
export const scratch = (): string => mkdtempSync(join(root, "test/readme/.tmp-"));

/** What stands between fences, with the heading above it. */
export interface Fence {
  readonly under: string;
  readonly code: string;
}

/** All of one language on a page, in order. */
export const fencesOf = (page: string, language: string): readonly Fence[] => {
  const found: Fence[] = [];
  let under = "";
  // A heading, or a fence with as much space before its lines as before its ends.
  const parts = read(page).matchAll(/^#+ (.+)$|^( *)```(\w+)\n([\s\S]*?)^\2```$/gm);
  for (const [, heading, space = "", of, code = ""] of parts) {
    if (heading !== undefined) under = heading;
    else if (of === language) found.push({ under, code: code.replaceAll(new RegExp(`^${space}`, "gm"), "") });
  }
  return found;
};
