import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { courtesy } from "../../src/core/rules/courtesy.ts";
import { sameWords } from "../../src/core/rules/echo.ts";
import { guard } from "../../src/core/rules/guard.ts";
import { facts } from "../../src/core/rules/facts.ts";
import { traces } from "../../src/core/rules/traces.ts";
import { neutral } from "../../src/core/rules/neutral.ts";
import { urgencyOf } from "../../src/core/rules/urgency.ts";
import { matterOf } from "../../src/core/rules/matter.ts";
import { greetingOf } from "../../src/core/rules/policy.ts";
import { findToken, judgeToken, makeToken } from "../../src/core/rules/token.ts";
import { ringOf } from "../../src/store/ring.ts";
import { conversation, person, publicly, rules } from "./make.ts";

const { terms } = rules().guard;

it.for(["a", "a.", "1 ", "@", "a@", "a@b.", "+49 ", "DE89 3704 ", "thanks ", "ok", "ct-"])(
  "a long text of %j is read in no time by every rule that reads words",
  (piece) => {
    const text = piece.repeat(60_000 / piece.length);
    const began = process.cpuUsage();
    guard(text, { leaked: ["44871"], terms });
    facts(text);
    traces(text);
    neutral(text, { mentions: [], links: [] });
    urgencyOf(text);
    courtesy(text);
    sameWords(text, `${text}!`);
    findToken(text);
    // A network's longest post has 63,206 characters; a pattern that tries every start against every end needs seconds.
    // Of the processor, whatever else the machine does.
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1_000).toBeLessThan(2_500);
  },
);

describe("an echo", () => {
  it.for<[string, string, boolean]>([
    ["Hello  there", "Hello there", true],
    ["See https://acme.test/long/link", "See https://t.co/x", true],
    ["See", "See https://t.co/appended", true],
    ["caf\u0065\u0301", "caf\u00e9", true],
    ["so\u200brry", "so rry", true],
    ["Sorry", "sorry", false],
    ["Sorry!", "Sorry", false],
  ])("%j, shown as %j: %s", ([a, b, same]) => {
    expect(sameWords(a, b)).toBe(same);
    expect(sameWords(b, a)).toBe(same);
  });
});

describe("tokens", () => {
  const bytes = fc.uint8Array({ minLength: 12, maxLength: 20 });
  const account = { channel: "net", id: "acme" };
  const ring = (...names: readonly string[]) =>
    ringOf(names.map((name) => ({ id: name, secret: `the secret of ${name}` })));
  const seal = ring("one");
  const hour = 3_600_000;
  const until = 500_000 * hour;
  const made = (random: Uint8Array, by = seal): string => makeToken({ account, until, random }, by);
  const chance = new Uint8Array(12).fill(7);
  const judged = (token: string, at = until, by = seal, of = account): string =>
    judgeToken({ account: of, token, at }, by);

  it("what is made is found again, in any text and in capitals, and is good until its hour", () => {
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom("", "hi ", "https://m.test/acme?text=", "(", "\n"),
        fc.boolean(),
        (random, before, loud) => {
          const token = made(random);
          expect(token).toHaveLength(47);
          expect(findToken(`${before}${loud ? token.toUpperCase() : token} thanks`)).toBe(token);
          expect([judged(token), judged(token, until + 1)]).toEqual(["good", "expired"]);
        },
      ),
    );
  });

  it("different chance, different tokens", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const alike = [...a.subarray(0, 12)].every((byte, i) => byte % 32 === (b[i] ?? 0) % 32);
        expect(made(a) === made(b)).toBe(alike);
      }),
    );
  });

  it("with one letter changed it is forged, whichever it is", () => {
    const token = made(chance);
    const letters = "abcdefghijkmnpqrstuvwxyz23456789";
    for (let at = 3; at < token.length; at += 1) {
      for (const letter of letters) {
        if (token[at] === letter) continue;
        expect(judged(token.slice(0, at) + letter + token.slice(at + 1)), `${letter} at ${at}`).toBe("forged");
      }
    }
  });

  it("is another account's, another store's, or no token: forged", () => {
    const token = made(chance);
    expect(judged(token, until, seal, { ...account, id: "other" })).toBe("forged");
    expect(judged(token, until, ring("two"))).toBe("forged");
    for (const none of ["", "ct-", token.slice(0, -1), token.slice(3)]) expect(judged(none)).toBe("forged");
  });

  it("holds while its key is on the ring, and no longer", () => {
    const token = made(chance);
    expect(judged(token, until, ring("two", "one"))).toBe("good");
    expect(made(chance, ring("two", "one"))).not.toBe(token);
    expect(judged(token, until, ring("two", "three"))).toBe("forged");
  });

  it.for(["ct-short", `act-${"a".repeat(44)}`, `ct-${"a".repeat(45)}`, `ct-${"l".repeat(44)}`, ""])(
    "none: %j",
    (text) => {
      expect(findToken(text)).toBeUndefined();
    },
  );
});

describe("what a brand's rules see", () => {
  const mentions = (text: string, ...words: readonly string[]): boolean =>
    matterOf(publicly("maria", "1", { text }), conversation()).mentions(...words);
  it.for<[string, string[], boolean]>([
    ["I am a JOURNALIST.", ["journalist"], true],
    ["journalists", ["journalist"], false],
    ["foreign press", ["impress", "press"], true],
    ["impressive", ["press"], false],
    ["naïve façade", ["façade"], true],
    ["press", [""], false],
    ["", ["press"], false],
    ["press", [], false],
  ])("%j mentions %j: %s", ([text, words, expected]) => {
    expect(mentions(text, ...words)).toBe(expected);
  });

  it.for<[string | undefined, string | undefined, string]>([
    ["Maria Lopez", "maria", "Maria"],
    ["Anne-Marie O’Neill", "am", "Anne-Marie"],
    ["★ Maria ★", "maria", "@maria"],
    ["xX_9000", "x9", "@x9"],
    [undefined, "maria", "@maria"],
    [undefined, undefined, "there"],
  ])("%s, @%s is greeted as %s", ([name, handle, greeting]) => {
    const profile = { ...(name === undefined ? {} : { name }), ...(handle === undefined ? {} : { handle }) };
    expect(greetingOf({ ref: person("maria"), profile, roles: [] })).toBe(greeting);
  });
});
