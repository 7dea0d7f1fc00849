import type { Why } from "../words/ref.ts";
import { sentenceOf } from "./sentences.ts";

/** A why as a person would say it. */
export const explainWhy = (why: Why): string => {
  const told = sentenceOf(why.code, why.params);
  if (told !== undefined) return told;
  const params = Object.entries(why.params ?? {}).map(([name, value]) => `${name} ${value}`);
  return why.code.replaceAll("-", " ") + (params.length === 0 ? "" : ` (${params.join(", ")})`);
};
