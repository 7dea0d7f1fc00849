import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { courtesy } from "../../src/core/rules/courtesy.ts";
import { sameWords } from "../../src/core/rules/echo.ts";
import { guard } from "../../src/core/rules/guard.ts";
import { marks } from "../../src/core/rules/marks.ts";
import { matterOf } from "../../src/core/rules/matter.ts";
import { greetingOf } from "../../src/core/rules/policy.ts";
import { findToken, judgeToken, makeToken } from "../../src/core/rules/token.ts";
import { ringOf } from "../../src/store/ring.ts";
import { conversation, person, publicly } from "./make.ts";

describe("the guard", () => {
  it.for<[string, string]>([
    ["write to maria@example.org", "email"],
    ["write to jürgen.müller+x@bücher.example", "email"],
    ["call +49 170 1234567", "phone"],
    ["call (0170) 123-45-67", "phone"],
    ["call 0170.123.4567 now", "phone"],
    ["my card 4111 1111 1111 1111", "card, phone"],
    ["4111-1111-1111-1111", "card, phone"],
    ["pay to DE89 3704 0044 0532 0130 00", "iban, phone"],
    ["pay to de89 3704 0044 0532 0130 00", "phone"],
    ["pay to GB29NWBK60161331926819", "iban"],
    ["a@b.co and +49 170 1234567", "email, phone"],
  ])("blocks: %s (%s)", ([text, kinds]) => {
    expect(guard(text, [])).toEqual({ blocked: { code: "private-data", params: { kinds } } });
  });

  it.for([
    "We are on it, @maria!",
    "Open 9-17, 24/7 in summer",
    "Case #00012345 is closed",
    "It costs 1,299.00 in 2025",
    "See https://acme.test/t/01701234567890 and https://acme.test/?m=a@b.co",
    "Version 10.4.2 of the app",
    "",
  ])("lets pass, unchanged: %s", (text) => {
    expect(guard(text, [])).toEqual({ words: text });
  });

  it("names what was told in private by kind, never by what it is", () => {
    const found = guard("order 44871 is on its way", ["44871"]);
    expect(found).toEqual({ blocked: { code: "private-data", params: { kinds: "told-in-private" } } });
    expect(JSON.stringify(found)).not.toContain("44871");
  });
});

describe("marks: the facts in a text", () => {
  it.for<[string, string[]]>([
    ["order 44871", ["44871"]],
    ["order 448-71, then (448) 71", ["44871"]],
    ["Order 44871 (2 parcels)", ["448712", "44871"]],
    ["Maria@Example.ORG", ["maria@example.org"]],
    ["+49 170 1234567", ["491701234567", "1234567"]],
    ["AB44871X", ["44871"]],
    ["room 12, floor 3", []],
    ["see https://acme.test/44871", []],
  ])("%s", ([text, expected]) => {
    expect(marks(text)).toEqual(expected);
  });

  it("however a number is spaced, it is the same fact", () => {
    const gaps = fc.array(fc.constantFrom("", " ", "-", ".", ") "), { minLength: 7, maxLength: 7 });
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{8}$/), gaps, (digits, between) => {
        const written = Array.from(digits)
          .map((digit, i) => digit + (between[i] ?? ""))
          .join("");
        expect(marks(`it is ${written}!`)).toContain(digits);
      }),
    );
  });
});

it.for(["a", "a.", "1 ", "@", "a@", "a@b.", "+49 ", "DE89 3704 ", "thanks ", "ok", "ct-"])(
  "a long text of %j is read in no time by every rule that reads words",
  (piece) => {
    const text = piece.repeat(60_000 / piece.length);
    const began = performance.now();
    guard(text, []);
    marks(text);
    courtesy(text);
    sameWords(text, `${text}!`);
    findToken(text);
    // A network's longest post has 63,206 characters; a pattern that tries every start against every end needs seconds.
    expect(performance.now() - began).toBeLessThan(500);
  },
);

describe("courtesy", () => {
  it.for([
    "Thanks!",
    "thank you so much 🙏",
    "@acme great, thanks for the quick help",
    "ok",
    "👍",
    "❤️❤️",
    "Vielen Dank!",
    "muchas gracias",
    "ありがとう",
    "all good now, it works",
    "@acme",
    "",
  ])("only that: %s", (text) => {
    expect(courtesy(text)).toBe(true);
  });

  it.for([
    "thanks, but it is broken again",
    "thanks?",
    "Help!",
    "help now",
    "again",
    "reply now!",
    "fast",
    "order 5",
    "no",
    "!!!",
    `thanks ${"so ".repeat(40)}much`,
  ])("more than that: %s", (text) => {
    expect(courtesy(text)).toBe(false);
  });
});

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
