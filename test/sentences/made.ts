import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Said } from "./watch.ts";

const list = new URL("sentences.txt", import.meta.url);
const watch = new URL("watch.ts", import.meta.url);

/** The sentences of the list that no error of a run has said. */
export const unmade = (folder: string): readonly string[] => {
  const said = readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .flatMap((line): readonly Said[] => (line === "" ? [] : [JSON.parse(line)])),
  );
  const sentences = readFileSync(list, "utf8")
    .trim()
    .split("\n\n")
    .flatMap((room) => {
      const [file = "", ...lines] = room.split("\n");
      return lines.map((line) => ({ file, text: line.trim() }));
    });
  const files = Map.groupBy(sentences, ({ text }) => text);
  return sentences
    .filter(({ file, text }) => {
      const words = text
        .split("…")
        .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll(" ", "\\s+"));
      const pattern = new RegExp(words.join("[^]*"));
      // What stands in one file may be handed to its neighbour, which throws it.
      const near = files.get(text)?.length === 1 ? (one: string) => dirname(one) === dirname(file) : () => false;
      return !said.some(({ message, from }) => from.some((one) => one === file || near(one)) && pattern.test(message));
    })
    .map(({ file, text }) => `${file}: ${text}`);
};

/** Sentences that no test can make on this machine, and what it lacks for them. */
const lacking = async (): Promise<readonly (readonly [RegExp, string])[]> => {
  const { haveServer } = await import("../postgres/server.ts");
  return [
    ...((await haveServer()) ? [] : [[/^src\/store\/postgres\//, "no PostgreSQL"] as const]),
    ...(process.platform === "linux" ? [] : [[/^src\/store\/sqlite\.ts: /, "no file system in memory"] as const]),
  ];
};

/** Fails a run of the whole suite in which a sentence of the list was said by no error. */
export default ({ vitest }: TestProject): (() => Promise<void>) | undefined => {
  const { env } = process;
  // Another project of this run has done it, or somebody wants to see what is written.
  if (env["CASETHREAD_SENTENCES"] !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "casethread-sentences-"));
  env["CASETHREAD_SENTENCES"] = folder;
  env["NODE_OPTIONS"] = [env["NODE_OPTIONS"], "--disable-warning=ExperimentalWarning", `--import=${watch}`]
    .join(" ")
    .trim();
  return async () => {
    const { state, config } = vitest;
    const [ran, all] = [state.getTestModules(), await vitest.globTestSpecifications()];
    const whole = ran.length === all.length && config.testNamePattern === undefined;
    const found = whole && state.getCountOfFailedTests() === 0 ? unmade(folder) : [];
    rmSync(folder, { recursive: true, force: true });
    const lacks = found.length > 0 ? await lacking() : [];
    const left = found.filter((one) => {
      const [, lack] = lacks.find(([which]) => which.test(one)) ?? [];
      if (lack !== undefined) console.log(`not seen to be made, for there is ${lack} here: ${one}`);
      return lack === undefined;
    });
    if (left.length > 0)
      throw new Error(`no test makes these sentences of test/sentences/sentences.txt:\n${left.join("\n")}`);
  };
};
