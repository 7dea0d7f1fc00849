import { expect, it } from "vitest";
import { blank, sentences, testText } from "./find.ts";

const all = sentences();

/** So many signs in a row of a sentence must stand in a test: a word or two stand there by chance. */
const enough = 14;

it("every error says something that a test shows: a new sentence wants a test with its text", () => {
  const text = testText();
  const unshown = new Set<string>();
  // By each run of so many signs, the sentences that have it: the tests are read once.
  const runs = new Map<string, string[]>();
  for (const [file, found] of all)
    for (const sentence of found) {
      const name = `${file}: ${sentence}`;
      unshown.add(name);
      const pieces = sentence.split(blank).map((part) => part.trim());
      const longest = pieces.toSorted((a, b) => b.length - a.length)[0] ?? "";
      if (longest.length < enough && text.includes(longest)) unshown.delete(name);
      for (const piece of pieces)
        for (let at = 0; at + enough <= piece.length; at++) {
          const run = piece.slice(at, at + enough);
          runs.set(run, [...(runs.get(run) ?? []), name]);
        }
    }
  for (let at = 0; at + enough <= text.length; at++)
    for (const name of runs.get(text.slice(at, at + enough)) ?? []) unshown.delete(name);
  expect([...unshown]).toEqual([]);
});

it("every sentence stands in a list that is read before it is let out: each says what to do next", async () => {
  const listed = [...all].flatMap(([file, found]) =>
    found.length === 0 ? [] : [`${file}\n${found.map((one) => `  ${one}\n`).join("")}`],
  );
  await expect(listed.join("\n")).toMatchFileSnapshot("sentences.txt");
});
