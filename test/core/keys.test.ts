import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  accountName,
  type AccountRef,
  clue,
  door,
  type EntryKey,
  keyOf,
  personaName,
  type PersonaRef,
  type PostRef,
  sameAccount,
  samePersona,
  samePlace,
} from "../../src/core/words/ref.ts";

// Ids as a hostile network might choose them: our own separators, and what those are escaped to.
const id = fc.oneof(
  fc.string({ unit: fc.constantFrom("/", "|", "%", ":", " ", "\n", "a", "b", "2", "F", "v"), maxLength: 5 }),
  fc.string({ maxLength: 6 }),
  fc.constantFrom("%2F", "a/v2", "post", "public", "crm", "\u2028", "😀", ""),
);
const account: fc.Arbitrary<AccountRef> = fc.record({ channel: id, id });
const persona: fc.Arbitrary<PersonaRef> = fc.record({ account, space: id, id });
const post: fc.Arbitrary<PostRef> = fc.record({ account, id });

/** Different things never share a name, and the same thing always has one. */
const injective = <T>(
  values: fc.Arbitrary<T>,
  name: (value: T) => string,
  plain: (value: T) => unknown = (v) => v,
): void =>
  fc.assert(
    fc.property(values, values, (a, b) => {
      expect(name(a) === name(b)).toBe(JSON.stringify(plain(a)) === JSON.stringify(plain(b)));
    }),
    { numRuns: 1_000 },
  );

describe("names are injective, whatever ids are made of", () => {
  it("accounts", () => injective(account, accountName));
  it("personas", () => injective(persona, personaName));
  it("posts", () => injective(post, (place) => clue.post(place)));
  it("threads", () => injective(post, (place) => clue.thread(place)));
  it("branches", () => injective(fc.tuple(post, persona), ([root, by]) => clue.branch(root, by)));
  it("cases", () => injective(fc.record({ crm: id, id }), (ref) => clue.case(ref)));
  it("tokens", () => injective(id, (token) => clue.token(token)));
  it("doors", () =>
    injective(fc.tuple(account, fc.constantFrom("public", "private")), ([of, side]) => door.of(of, side)));
  it("CRMs and advisors", () =>
    injective(fc.tuple(fc.boolean(), id), ([crm, name]) => (crm ? door.crm(name) : door.advisor(name))));
  it("entries and their versions", () =>
    injective(fc.tuple(account, id, id, fc.integer({ min: 1, max: 3 })), ([of, kind, name, version]) =>
      keyOf.said(keyOf.entry(of, kind, name), version),
    ));
  it("events of one source and kind", () =>
    injective(fc.array(id, { minLength: 1, maxLength: 3 }), (ids) => keyOf.event("net", "gone", ...ids)));
});

describe("clues of different kinds never meet", () => {
  it("a post, a thread, a case, a token and a persona of one id are five clues", () => {
    fc.assert(
      fc.property(account, id, (of, name) => {
        const place = { account: of, id: name };
        const all = [
          clue.post(place),
          clue.thread(place),
          clue.case({ crm: name, id: name }),
          clue.token(name),
          clue.persona({ ...place, space: name }),
        ];
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});

describe("keys are what they were last year", () => {
  const net = { channel: "net", id: "acme" };
  it.for<[string, string]>([
    [keyOf.entry(net, "post", "1"), "net/acme/post/1"],
    [keyOf.said("net/acme/post/1" as EntryKey, 1), "net/acme/post/1"],
    [keyOf.said("net/acme/post/1" as EntryKey, 2), "net/acme/post/1/v2"],
    [keyOf.entry(net, "post", "a/b c"), "net/acme/post/a%2Fb%20c"],
    [keyOf.conversation(keyOf.said("net/acme/post/1" as EntryKey, 1)), "net/acme/post/1"],
    [keyOf.effect("net/acme/post/1", "open"), "net/acme/post/1/open"],
    [keyOf.event("desk", "case", "1", 7), "desk/case/1/7"],
    [
      clue.branch({ account: net, id: "1" }, { account: net, space: "user", id: "m" }),
      "branch:net/acme/1|net/acme/user/m",
    ],
    [door.of(net, "public"), "net/acme/public"],
    [door.crm("desk"), "crm/desk"],
  ])("%s", ([made, expected]) => {
    expect(made).toBe(expected);
  });
});

it("the same is the same, however its parts were ordered", () => {
  fc.assert(
    fc.property(persona, ({ account: of, space, id: name }) => {
      const other: PersonaRef = { id: name, space, account: { id: of.id, channel: of.channel } };
      expect(samePersona({ account: of, space, id: name }, other)).toBe(true);
      expect(sameAccount(of, other.account)).toBe(true);
      expect(samePlace({ account: of, id: name }, { id: name, account: other.account })).toBe(true);
    }),
  );
});
