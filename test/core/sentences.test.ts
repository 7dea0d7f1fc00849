import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainWhy } from "../../src/core/rules/explain.ts";
import { sentenceOf } from "../../src/core/rules/sentences.ts";

const root = new URL("../../", import.meta.url).pathname;
const sources = ["src/core/rules", "src/engine", "src/store", "adapters"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (name) => name.endsWith(".ts") && !/sandbox\/|(?:sentences|hindrances|say)\.ts$|common-words\.ts$/.test(name),
    )
    .map((name) => ({
      name: join(folder, name),
      // Comments are no source of codes.
      text: readFileSync(join(root, folder, name), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""),
    })),
);
const decide = sources.filter(({ name }) => !name.startsWith("adapters"));

/** Words with a hyphen in the core, the engine and the store that are no reasons. */
const others = new Set([
  // Ways, doors, kinds and states, as they stand in rows.
  "private-reply",
  "public-reply",
  "reply-with-door",
  "reply-with-invite",
  "known-post",
  "follow-up",
  "in-doubt",
  "no-private-side",
  "came-back",
  "told-in-private",
  "told-by-another",
  "for-good",
  "a-person-said-so",
  // Of what is unread, and of HTTP.
  "could-not-be-decided",
  "content-length",
  "content-type",
  "retry-after",
]);

/** Codes that are put together, and what they may come to. */
const composed: Readonly<Record<string, readonly string[]>> = {
  "${kind}-word": ["closing-word", "invite-word", "follow-up-word"],
  "no-${kind}-word": ["no-closing-word", "no-invite-word", "no-follow-up-word"],
  "already-${before.state}": ["already-said", "already-gone", "already-withdrawn", "already-in-doubt"],
  "author-${author}": ["author-protected", "author-suspended", "author-deleted"],
  "author-${seen.gone}": ["author-protected", "author-suspended", "author-deleted"],
  "author-${persona.gone}": ["author-protected", "author-suspended", "author-deleted"],
  "author-${left.gone}": ["author-suspended", "author-deleted"],
  "disposed-${own}": ["disposed-case", "disposed-watch", "disposed-ignore"],
  "disposed-${wanted}": ["disposed-case", "disposed-watch", "disposed-ignore"],
  "invite-${found}": ["invite-forged", "invite-expired"],
  "joined-by-${way}": ["token", "known-post", "branch", "thread", "invite", "persona"].map((way) => `joined-by-${way}`),
  "post-${gone.how}": ["post-deleted", "post-hidden", "post-shown"],
};

const matches = (files: typeof sources, pattern: RegExp): readonly string[] => [
  ...new Set(files.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, found = ""]) => found))),
];
const withHyphen = matches(decide, /"([a-z]+(?:-[a-z]+)+)"/g).filter((code) => !others.has(code));
const ofOneWord = matches(
  sources.filter(({ text }) => /\bWhy\b|\bplan\b/.test(text)),
  /(?:\bbecause\(|\bwhy: \{ code: )"([a-z]+)"/g,
);
const templates = matches(
  decide.filter(({ name }) => !name.startsWith("src/store")),
  /`((?:[a-z]+-)*\$\{[\w.]+\}(?:-[a-z]+)*)`/g,
).filter((code) => code.includes("-"));
/** All that a sentence may want to be told. */
const told = Object.fromEntries(
  ["department", "number", "at", "of", "proof", "hold", "act", "others", "kinds", "with", "type", "most", "takes"]
    .concat(["bytes", "door", "rule", "fault", "tries", "urgency", "by", "moved", "advisor", "refused", "minutes"])
    .map((name) => [name, "1"]),
);

describe("every code in the source has a sentence", () => {
  it("finds them", () => {
    expect(withHyphen.length).toBeGreaterThan(150);
    expect(ofOneWord).toEqual(expect.arrayContaining(["said", "held", "parked", "resolved", "withdrawn"]));
  });
  it("those that are put together come to what is known", () => {
    expect([...templates].sort()).toEqual(Object.keys(composed).sort());
  });
  it.for([...withHyphen, ...ofOneWord, ...Object.values(composed).flat()])("%s", (code) => {
    const sentence = sentenceOf(code, { ...told, because: "paused" });
    expect(sentence, `write a sentence for "${code}" in src/core/rules/sentences.ts or hindrances.ts`).toBeDefined();
    expect(sentence).not.toMatch(/undefined|\b[a-z]+(?:-[a-z]+){2,}\b/);
  });
});

describe("a reason inside another", () => {
  it("is told as a sentence, with what it tells", () => {
    const held = { code: "held", params: { hold: "guard", because: "private-data", kinds: "told-in-private" } };
    expect(explainWhy(held)).toBe("held: private data in public words: told in private");
    const parked = { code: "parked", params: { act: "reply", because: "gave-up", tries: 5, fault: "unavailable" } };
    expect(explainWhy(parked)).toBe("gave up after 5 tries: unavailable");
    const quiet = { code: "no-closing-word", params: { because: "quiet-hours" } };
    expect(explainWhy(quiet)).toBe("no closing word: these are quiet hours");
  });
  it("shows what people named as they named it", () => {
    expect(explainWhy({ code: "routed", params: { department: "undefined" } })).toBe("given to undefined");
    expect(explainWhy({ code: "split", params: { moved: 0 } })).toBe("0 words were split off by a person");
  });
  it("of an older record, without what its sentence tells, is told in plain words", () => {
    expect(explainWhy({ code: "held", params: { hold: "guard", because: "file-too-large" } })).toBe(
      "held: file too large",
    );
    expect(explainWhy({ code: "routed" })).toBe("routed");
    expect(explainWhy({ code: "guard-would-block" })).toBe("guard would block");
    expect(explainWhy({ code: "case-opened" })).toBe("the case is open");
    expect(explainWhy({ code: "follows-the-case" })).toBe("goes on in another case");
    expect(explainWhy({ code: "no-closing-word", params: { because: "said" } })).toBe("no closing word: said");
    expect(explainWhy({ code: "brands-own", params: { tier: "gold" } })).toBe("brands own (tier gold)");
  });
});
