import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guard, masked, secretsIn } from "../../src/core/rules/guard.ts";
import { facts } from "../../src/core/rules/facts.ts";
import { placesOf, traces } from "../../src/core/rules/traces.ts";
import { neutral } from "../../src/core/rules/neutral.ts";
import type { GuardPolicy } from "../../src/core/rules/policy.ts";
import { rules } from "./make.ts";

const termsOf = (policy: GuardPolicy = {}) => rules({ guard: policy }).guard.terms;
const found = (text: string, policy: GuardPolicy = {}): readonly string[] =>
  secretsIn(text, termsOf(policy)).map(({ kind, from, to }) => `${kind}: ${text.slice(from, to)}`);

describe("what nobody should say in public", () => {
  it.for<[string, string]>([
    ["write to maria@example.org", "email: maria@example.org"],
    ["write to jürgen.müller+x@bücher.example", "email: jürgen.müller+x@bücher.example"],
    ["call +49 170 1234567", "phone: +49 170 1234567"],
    ["call (0170) 123-45-67", "phone: (0170) 123-45-67"],
    ["0170.123.4567 is it", "phone: 0170.123.4567"],
    ["ring 415-555-2671", "phone: 415-555-2671"],
    ["my card 4111 1111 1111 1111", "card: 4111 1111 1111 1111"],
    ["4111-1111-1111-1111", "card: 4111-1111-1111-1111"],
    ["Amex 3782 822463 10005", "card: 3782 822463 10005"],
    ["pay to DE89 3704 0044 0532 0130 00 please", "iban: DE89 3704 0044 0532 0130 00"],
    ["pay to gb29nwbk60161331926819", "iban: gb29nwbk60161331926819"],
    ["NL91ABNA0417164300", "iban: NL91ABNA0417164300"],
    ["your code is 482913", "code: code is 482913"],
    ["Your one-time password: 9921", "code: password: 9921"],
    ["Ihr Bestätigungscode lautet 482 913", "code: Bestätigungscode lautet 482 913"],
    ["G-verification G-482913", "code: verification G-482913"],
    ["ｍａｒｉａ＠ｅｘａｍｐｌｅ.ｏｒｇ", "email: ｍａｒｉａ＠ｅｘａｍｐｌｅ.ｏｒｇ"],
    ["٤١١١ ١١١١ ١١١١ ١١١١", "card: ٤١١١ ١١١١ ١١١١ ١١١١"],
  ])("%s", ([text, expected]) => {
    expect(found(text)).toEqual([expected]);
  });

  it.for([
    "We are on it, @maria!",
    "Open 9-17, 24/7 in summer",
    "Case #00012345 is closed",
    "It costs 1,299.00 in 2025",
    "See https://acme.test/t/01701234567890 and https://acme.test/?m=a@b.co",
    "Version 10.4.2 of the app",
    "Call us free on 1-800-444-4444 or 0800 1111 000",
    "Use promo code 20252025 at the checkout",
    "error code 3194 means the server is busy",
    "tracking 9400110200881234567890",
    "4111 1111 1111 1112 fails its check digit",
    "DE89 3704 0044 0532 0130 01 fails as well",
    "",
  ])("lets pass: %s", (text) => {
    expect(found(text)).toEqual([]);
  });

  it("knows a country's numbers by the library where the brand says which", () => {
    expect(found("it is 4155552671")).toEqual([]);
    expect(found("it is 4155552671", { regions: ["DE", "US"] })).toEqual(["phone: 4155552671"]);
    expect(found("it is 8004444444", { regions: ["US"] })).toEqual([]);
    expect(found("order 2671415555")).toEqual([]);
  });

  it("lets pass what is the brand's own, and finds what the brand forbids", () => {
    const own = { allow: ["help@acme.com", "@acme.org", "+1 415 555 2671"] };
    expect(found("help@acme.com, press@acme.org or (+1) 415 555 2671", own)).toEqual([]);
    expect(found("evil@acme.com", own)).toEqual(["email: evil@acme.com"]);
    expect(found("yours is KD-448711", { patterns: { customer: /KD-\d{6}/ } })).toEqual(["customer: KD-448711"]);
  });

  it("shows dots for what is masked, and the last two signs", () => {
    const text = "4111 1111 1111 1111 and maria@example.org";
    expect(masked(text, termsOf(), ["card"])).toBe("••••11 and maria@example.org");
    expect(masked(text, termsOf(), ["card", "email"])).toBe("••••11 and ••••rg");
    expect(masked(text, termsOf(), [])).toBe(text);
  });

  it("says where the trouble stands, and in its why no word of it", () => {
    const text = "order 448-71 is on its way";
    const judged = guard(text, { leaked: ["44871"], terms: termsOf() });
    expect(judged).toEqual({
      blocked: { code: "private-data", params: { kinds: "told-in-private" } },
      trouble: [{ kind: "told-in-private", from: 6, to: 12 }],
    });
    expect(JSON.stringify(judged)).not.toContain("448");
  });
});

describe("the facts in a text", () => {
  it.for<[string, readonly string[], readonly string[]]>([
    ["order 44871", ["44871"], []],
    ["order 448-71", ["44871"], []],
    ["Order 44871 (2 parcels)", ["44871"], []],
    ["four four eight seven one", ["44871"], ["four"]],
    ["double four eight seven one", ["44871"], []],
    ["Maria@Example.ORG", ["@mariaexampleorg"], []],
    ["maria at example dot org", ["@mariaexampleorg"], []],
    ["+49 170 1234567", ["~01234567"], []],
    ["0170 / 123 45 67", ["~01234567"], []],
    ["AB44871X", ["ab44871x", "44871"], []],
    ["room 12, floor 3, open till 10:30, app 11.0.3, since 2017", [], ["1030", "1103", "2017"]],
    ["my iPhone7 with 128GB on iOS11", [], ["iphone7", "128gb", "ios11"]],
    ["see https://acme.test/44871", [], ["44871"]],
    ["@zebulon told me", [], ["zebulon"]],
    ["My name is Mark Stone", ["mark", "stone", "markstone"], ["name"]],
    ["I'm Rose and my parcel is lost", ["rose"], ["parcel", "lost"]],
    ["i'm so sorry", [], ["sorry", "so"]],
    ["Ich heiße Björn Müller", ["bjorn", "muller"], []],
    ["thanks, Will", ["will"], ["thanks"]],
    ["Thanks! Could you help", [], ["could", "help"]],
    ["221B Baker Street, NW1 6XE", ["221bbakerstreet", "bakerstreet", "bakerst", "nw16xe"], ["street"]],
    ["Hauptstraße 12", ["hauptstrasse12", "hauptstrasse", "hauptstr12"], []],
    ["12 rue des Lilas; rue des Lilas 12", ["ruedeslilas12"], []],
    ["I was diagnosed with sarcoidosis", ["sarcoidosis"], ["was", "with"]],
    ["the parcel was never delivered to me, please help with a refund", [], ["parcel", "delivered", "refund"]],
  ])("%s", ([text, has, hasNot]) => {
    const all = facts(text);
    expect(all).toEqual(expect.arrayContaining([...has]));
    for (const one of hasNot) expect(all).not.toContain(one);
  });
});

describe("however it is written, it is the same fact", () => {
  const told =
    "My name is Oleksandra Zborowska, order 44871902, 221B Baker Street, o.zborowska@example.org, sarcoidosis.";
  it.for<[string, string]>([
    ["OLEKSANDRA", "OLEKSANDRA"],
    ["Hi Оlеksаndrа!", "Оlеksаndrа"],
    ["Hi O l e k s a n d r a", "O l e k s a n d r a"],
    ["Hi O.l.e.k.s.a.n.d.r.a", "O.l.e.k.s.a.n.d.r.a"],
    ["Hi Olek-sandra", "Olek-sandra"],
    ["Hi Ole\u200bksan\u00addra", "Ole\u200bksan\u00addra"],
    ["Hi Öléksandra", "Öléksandra"],
    ["#OleksandraZborowska", "Zborowska"],
    ["Oleksandra's order", "Oleksandra's"],
    ["0leksandra", "0leksandra"],
    ["𝓞leksandra", "𝓞leksandra"],
    ["order 4 4 8 7 1 9 0 2", "4 4 8 7 1 9 0 2"],
    ["order 448 719 02", "448 719 02"],
    ["order 448\n719\n02", "448\n719\n02"],
    ["Hi 🅾🅻🅴🅺🆂🅰🅽🅳🆁🅰", "🅾🅻🅴🅺🆂🅰🅽🅳🆁🅰"],
    ["order four-four-eight-seven-one-nine-oh-two", "four-four-eight-seven-one-nine-oh-two"],
    ["order vier vier acht sieben eins neun null zwei", "vier vier acht sieben eins neun null zwei"],
    ["order 4487l9O2", "4487l9O2"],
    ["order ４４８７１９０２", "４４８７１９０２"],
    ["order #0044871902", "0044871902"],
    ["see https://acme.test/t/44871902", "44871902"],
    ["to 221 b baker st", "baker st"],
    ["near Baker-Street", "Baker-Street"],
    ["write to o.zborowska (at) example (dot) org", "zborowska"],
    ["your SARCOIDOSIS", "SARCOIDOSIS"],
  ])("%s", ([text, words]) => {
    const given = new Set(facts(told));
    const places = placesOf(text, new Set(traces(text).filter((mark) => given.has(mark))));
    expect(places.map(({ from, to }) => text.slice(from, to))).toContain(words);
  });

  it("cut in two and said one after the other", () => {
    const given = new Set(facts(told));
    const leaks = (first: string, then: string): boolean => traces(then, [first]).some((mark) => given.has(mark));
    expect(leaks("It begins with 4487.", "And it ends with 1902!")).toBe(true);
    expect(leaks("The first half is Oleks", "andra is the rest")).toBe(true);
    expect(leaks("It begins with 4487.", "And it ends with 1903!")).toBe(false);
  });

  const mixed = (word: string): fc.Arbitrary<string> =>
    fc
      .array(fc.constantFrom("", "", "", " ", "-", ".", "\u200b", "\u00ad"), {
        minLength: word.length,
        maxLength: word.length,
      })
      .chain((gaps) =>
        fc
          .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
          .map((odd) =>
            Array.from(word, (char, n) => (odd[n] === true ? (odds[char] ?? char.toUpperCase()) : char) + gaps[n]).join(
              "",
            ),
          ),
      );
  const odds: Readonly<Record<string, string>> = {
    a: "а",
    e: "е",
    o: "о",
    p: "р",
    c: "с",
    x: "х",
    i: "і",
    "4": " four ",
    "7": " seven ",
    "0": "0",
  };

  it.for(["oleksandra", "44871902", "sarcoidosis", "zborowska"])(
    "however it is spaced, disguised and cased: %s",
    (fact) => {
      const given = new Set(facts(told));
      fc.assert(
        fc.property(mixed(fact), fc.constantFrom("Hi ", "it is ", "("), (written, before) => {
          expect(traces(`${before}${written}, thank you`).some((mark) => given.has(mark))).toBe(true);
        }),
        { numRuns: 400 },
      );
    },
  );
});

describe("made harmless, and not blocked", () => {
  it.for<[string, string, string]>([
    ["@maria ask @zoe or @AcmeHelp", "@maria ask zoe or @AcmeHelp", "mention"],
    ["＠zoe knows", "zoe knows", "mention"],
    ["write to a@b.co", "write to a@b.co", ""],
    ["see https://evil.test/x?y and help.acme.com/faq", "see evil[.]test/x?y and help.acme.com/faq", "link"],
    ["see evil.com.", "see evil[.]com.", "link"],
    ["Sorry.We are on it, e.g. now", "Sorry.We are on it, e.g. now", ""],
    ["pay\u200b \u202e100\u202c", "pay 100", "invisible"],
    ["👩‍👩‍👧 ❤️ می‌خواهم 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩‍👩‍👧 ❤️ می‌خواهم 🏴󠁧󠁢󠁥󠁮󠁧󠁿", ""],
  ])("%j becomes %j (%s)", ([text, expected, kinds]) => {
    const made = neutral(text, { mentions: ["maria", "@acmehelp"], links: ["acme.com"] });
    expect(made).toEqual({ text: expected, kinds: kinds === "" ? [] : [kinds] });
  });

  it("leaves links where the brand has said nothing of them", () => {
    expect(neutral("see https://other.test", { mentions: [], links: undefined }).text).toBe("see https://other.test");
  });
});
