import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guard, type GuardScene } from "../../src/core/rules/guard.ts";
import { facts } from "../../src/core/rules/facts.ts";
import { traces } from "../../src/core/rules/traces.ts";
import { clean, leaks, type Sample } from "./corpus.ts";
import { rules } from "./make.ts";

const scene = ({ told, said = "", draft }: Sample, regions: readonly string[] = ["US", "GB", "DE"]): GuardScene => {
  const shown = new Set(facts(said));
  const secret = new Set(facts(told).filter((fact) => !shown.has(fact)));
  return { leaked: traces(draft).filter((mark) => secret.has(mark)), terms: rules({ guard: { regions } }).guard.terms };
};
const blocks = (sample: Sample): boolean => "blocked" in guard(sample.draft, scene(sample));

describe("drafts, each with what was told in private", () => {
  it("finds every direct leak, and blocks nothing else", () => {
    const missed = leaks.filter((sample) => !blocks(sample));
    const wrong = clean.filter((sample) => blocks(sample));
    console.log(
      `corpus: ${leaks.length + clean.length} drafts, recall ${1 - missed.length / leaks.length} of ${leaks.length} leaks, ${wrong.length} of ${clean.length} others blocked`,
    );
    expect(missed).toEqual([]);
    expect(wrong.map((sample) => [sample.draft, guard(sample.draft, scene(sample))])).toEqual([]);
    expect(leaks.length + clean.length).toBeGreaterThanOrEqual(150);
  });

  it("says of every leak where it stands", () => {
    for (const sample of leaks) {
      const judged = guard(sample.draft, scene(sample));
      const trouble = "trouble" in judged ? judged.trouble : [];
      expect(trouble.length, sample.draft).toBeGreaterThan(0);
      for (const { from, to } of trouble) expect(sample.draft.slice(from, to).trim(), sample.draft).not.toBe("");
      expect(trouble.some(({ from, to }) => to - from < sample.draft.length || trouble.length > 1)).toBe(true);
    }
  });
});

const evidence = process.env["CASETHREAD_EVIDENCE"];
const file = evidence === undefined ? undefined : join(evidence, "conversations", "twcs-first-5000.csv");

interface Tweet {
  readonly tweet_id: string;
  readonly author_id: string;
  readonly inbound: string;
  readonly text: string;
  readonly in_response_to_tweet_id: string;
}
const names = "Maria Jonas Aisha Priya Mark Rose Oleksandr Chen Fatima Liam Grace Will".split(" ");
const surnames = "Lopez Schmidt Okafor Baker Nowak Brown Ferreira Kowalczyk Young Haddad".split(" ");
const streets = ["221B Baker Street", "14 Elm Road", "Hauptstraße 12", "7 rue des Lilas", "Calle Mayor 5"];

describe.skipIf(file === undefined)("public answers of real brands (CASETHREAD_EVIDENCE)", () => {
  it("blocks less than three in a hundred, whatever other customers of the brand told in private", () => {
    const tweets = parse(readFileSync(file ?? "", "utf8"), { columns: true }) as readonly Tweet[];
    const byId = new Map(tweets.map((tweet) => [tweet.tweet_id, tweet]));
    const heard = new Map<string, string[]>();
    for (const { inbound, text } of tweets) {
      const [, brand] = /@([a-z]\w+)/i.exec(text) ?? [];
      if (inbound === "True" && brand !== undefined) heard.set(brand, [...(heard.get(brand) ?? []), text]);
    }
    const answers = tweets.filter(({ inbound }) => inbound === "False");
    const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
    let blocked = 0;
    const kinds: Record<string, number> = {};
    for (const [n, { author_id, text, in_response_to_tweet_id }] of answers.entries()) {
      const seed = Math.imul(n + 1, 2_654_435_761) >>> 8;
      // What somebody else told the same brand, as if it had been told in private, and what people tell there of themselves.
      const others = heard.get(author_id) ?? ["it still does not work"];
      const [name, surname] = [pick(names, seed), pick(surnames, seed >> 3)];
      const told = `${pick(others, seed >> 5)}\nMy name is ${name} ${surname}, I live at ${pick(streets, seed >> 7)}, ${10_000 + (seed % 89_999)} Springfield.
        Order ${100_000 + (seed % 899_999)}, phone +1 415 ${200 + (seed % 700)} ${1_000 + (seed % 8_999)}, ${name}.${surname}${seed % 99}@gmail.com. Thanks, ${name}`;
      const said = byId.get(in_response_to_tweet_id)?.text ?? "";
      const judged = guard(text, scene({ told, said, draft: text }, ["US", "GB"]));
      if (!("trouble" in judged)) continue;
      blocked += 1;
      for (const kind of new Set(judged.trouble.map((one) => one.kind))) kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    const share = (100 * blocked) / answers.length;
    console.log(
      `evidence: ${answers.length} public answers, ${blocked} blocked (${share.toFixed(2)} %): ${JSON.stringify(kinds)}`,
    );
    expect(answers.length).toBeGreaterThan(1_000);
    expect(share).toBeLessThan(3);
  }, 60_000);
});
if (file === undefined) console.log("public answers of real brands: skipped, CASETHREAD_EVIDENCE is not set");

describe("no fact told only in private is in words that the guard lets pass", () => {
  const letters = fc.stringMatching(
    /^[bcdfghjklmnpqrstvwxz][aeiou][bcdfghjklmnpqrstvwxz]{2}[aeiou][bcdfghjklmnpqrstvwxz][aeiou]{1,2}$/,
  );
  const number = fc.stringMatching(/^[1-9]\d{4,9}$/).filter((digits) => !/^(?:19|20)\d\d$/.test(digits));
  const likes: Readonly<Record<string, string>> = {
    a: "а",
    e: "е",
    i: "і",
    o: "о",
    c: "с",
    p: "р",
    x: "х",
    s: "ѕ",
    j: "ј",
  };
  const spoken = "zero one two three four five six seven eight nine".split(" ");
  const changes: Readonly<Record<string, (fact: string) => readonly string[]>> = {
    none: (fact) => [fact],
    spacing: (fact) => [Array.from(fact).join(" ")],
    dashes: (fact) => [Array.from(fact).join("-")],
    halves: (fact) => [`${fact.slice(0, 3)} ${fact.slice(3)}`],
    case: (fact) => [fact.toUpperCase()],
    homoglyphs: (fact) => [Array.from(fact, (char) => likes[char] ?? char).join("")],
    hidden: (fact) => [Array.from(fact).join("\u200b")],
    accents: (fact) => [fact.replaceAll(/[aeiou]/g, "$&\u0301")],
    "digits as words": (fact) => [Array.from(fact, (char) => spoken[Number(char)] ?? char).join(" ")],
    "two drafts": (fact) => [`It begins with ${fact.slice(0, 3)}.`, `And then ${fact.slice(3)}!`],
  };
  const told: readonly (readonly [string, fc.Arbitrary<string>, (fact: string) => string])[] = [
    ["a number", number, (fact) => `my order is ${fact}`],
    ["a name", letters, (fact) => `my name is ${fact}`],
    ["a street", letters, (fact) => `I live at 12 ${fact} road`],
    ["a rare word", letters, (fact) => `it is about ${fact}, you know`],
  ];
  it.for(
    told.flatMap(([what, fact, tell]) => Object.keys(changes).map((change) => [what, change, fact, tell] as const)),
  )("%s, with this change: %s", ([, change, arbitrary, tell]) => {
    fc.assert(
      fc.property(arbitrary, (fact) => {
        const secret = new Set(facts(tell(fact)));
        if (!secret.has(fact)) return; // A word that everybody uses after all.
        const drafts = changes[change]?.(fact) ?? [];
        const last = drafts.at(-1) ?? "";
        const before = drafts.slice(0, -1);
        const draft = before.length === 0 ? `We have found ${last}, thank you.` : last;
        const leaked = traces(draft, before).filter((mark) => secret.has(mark));
        expect(guard(draft, { leaked, terms: rules().guard.terms, before }), draft).toHaveProperty("blocked");
      }),
      { numRuns: 60 },
    );
  });
});
