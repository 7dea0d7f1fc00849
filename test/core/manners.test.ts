import { describe, expect, it } from "vitest";
import { backAt, type Hours, isOpen, isQuiet, isSpan, sayHour } from "../../src/core/rules/hours.ts";
import { optOut } from "../../src/core/rules/optout.ts";
import { isMass, type Rhythm, usual, withArrivals } from "../../src/core/rules/rhythm.ts";
import { byLanguage, dressed } from "../../src/core/rules/template.ts";

const at = (iso: string): number => Date.parse(iso);
const berlin: Hours = {
  zone: "Europe/Berlin",
  open: { mon: "09:00-12:00, 13:00-18:00", fri: "22:00-02:00" },
  quiet: "22:00-07:00",
};

describe("hours", () => {
  it.for<[string, string, boolean]>([
    ["a Monday morning", "2026-06-15T07:00:00Z", true],
    ["a moment before", "2026-06-15T06:59:00Z", false],
    ["at noon they eat", "2026-06-15T10:30:00Z", false],
    ["the last minute", "2026-06-15T15:59:00Z", true],
    ["six o'clock", "2026-06-15T16:00:00Z", false],
    ["in winter the wall is another", "2026-01-12T08:00:00Z", true],
    ["a Friday night", "2026-06-19T21:00:00Z", true],
    ["that goes on after midnight", "2026-06-19T23:30:00Z", true],
    ["and ends", "2026-06-20T00:00:00Z", false],
    ["a Tuesday", "2026-06-16T08:00:00Z", false],
  ])("%s: open %s", ([, iso, open]) => {
    expect(isOpen(at(iso), berlin)).toBe(open);
  });
  it("without hours somebody is always there, and nothing is quiet", () => {
    expect(isOpen(0, undefined)).toBe(true);
    expect(isQuiet(0, undefined)).toBe(false);
    expect(backAt(0, undefined)).toBeUndefined();
  });
  it.for<[string, boolean]>([
    ["2026-06-16T20:00:00Z", true],
    ["2026-06-16T04:59:00Z", true],
    ["2026-06-16T05:00:00Z", false],
    ["2026-06-16T19:59:00Z", false],
  ])("%s is quiet: %s", ([iso, quiet]) => {
    expect(isQuiet(at(iso), berlin)).toBe(quiet);
  });
  it.for<[string, string, string]>([
    ["the same day", "2026-06-15T10:30:00Z", "2026-06-15T11:00:00Z"],
    ["the next week", "2026-06-20T10:00:00Z", "2026-06-22T07:00:00Z"],
    ["over the night that clocks are changed", "2026-03-28T12:00:00Z", "2026-03-30T07:00:00Z"],
    ["and back", "2026-10-24T12:00:00Z", "2026-10-26T08:00:00Z"],
  ])("somebody is back %s", ([, from, until]) => {
    expect(new Date(backAt(at(from), berlin) ?? 0).toISOString()).toBe(new Date(until).toISOString());
  });
  it("is said as it stands on the wall, in her language", () => {
    expect(sayHour(at("2026-06-15T07:00:00Z"), berlin, "en")).toBe("Mon 09:00");
    expect(sayHour(at("2026-06-15T07:00:00Z"), berlin, "de")).toMatch(/^Mo\.?,? 09:00$/);
  });
  it.for<[string, boolean]>([
    ["09:00-18:00", true],
    ["09:00-12:00, 13:00-18:00", true],
    ["00:00-24:00", true],
    ["9-18", false],
    ["25:00-26:00", false],
    ["", false],
  ])("%s is a span: %s", ([span, is]) => {
    expect(isSpan(span)).toBe(is);
  });
});

describe("words by which people ask not to be written to", () => {
  it.for<[string, "out" | "in" | undefined]>([
    ["STOP", "out"],
    ["stop.", "out"],
    ["@acme Stop!!", "out"],
    ["please stop", "out"],
    ["🛑 stop 🛑", "out"],
    ["unsubscribe", "out"],
    ["Opt out", "out"],
    ["Stop messaging me", "out"],
    ["please don't message me again", "out"],
    ["Never write to me again", "out"],
    ["bitte keine Nachrichten mehr", "out"],
    ["Schreibt mir bitte nicht mehr", "out"],
    ["Abmelden", "out"],
    ["Stopp", "out"],
    ["Arrêt", "out"],
    ["Ne m'écrivez plus", "out"],
    ["arrêtez de m'écrire", "out"],
    ["BAJA", "out"],
    ["no me escriban más", "out"],
    ["dejen de escribirme", "out"],
    ["Sair", "out"],
    ["parem de me mandar mensagens", "out"],
    ["Basta", "out"],
    ["smettete di scrivermi", "out"],
    ["afmelden", "out"],
    ["Stuur mij niet meer", "out"],
    ["停止", "out"],
    ["連絡しないで", "out"],
    ["start", "in"],
    ["My parcel did not stop at my door", undefined],
    ["the bus stop is closed", undefined],
    ["stop selling broken coffee machines", undefined],
    ["When does the sale end?", undefined],
    ["Das ist nicht mehr lustig", undefined],
    ["I can't stop laughing", undefined],
    ["please reply to me", undefined],
    ["", undefined],
  ])("%s: %s", ([text, wish]) => {
    expect(optOut(text)).toBe(wish);
  });
  it("and the brand's own", () => {
    expect(optOut("Ruhe bitte!", ["ruhe"])).toBe("out");
  });
});

const hourMs = 3_600_000;
const now = 500_000 * hourMs + hourMs / 2;
const week = (perHour: number): Rhythm =>
  Array.from({ length: 7 }, (_, day) => day + 1).reduce<Rhythm>(
    (rhythm, day) => withArrivals(rhythm, now - day * 24 * hourMs, perHour),
    {},
  );

describe("a mass arrival", () => {
  it.for<[string, Rhythm, number, boolean]>([
    ["five times as many are many", week(10), 50, false],
    ["more are a mass", week(10), 51, true],
    ["a busy hour is as busy as ever", week(1_000), 1_200, false],
    ["a quiet account is a mass from thirty on", week(0), 29, false],
    ["thirty", week(0), 30, true],
    ["nothing is known yet", {}, 10_000, false],
  ])("%s", ([, rhythm, arrive, mass]) => {
    expect(isMass(withArrivals(rhythm, now, arrive), now, 5)).toBe(mass);
  });
  it("on the first day the hours before are what is usual", () => {
    const first = withArrivals(withArrivals({}, now - hourMs, 10), now - 2 * hourMs, 20);
    expect(usual(first, now)).toBe(15);
    expect(isMass(withArrivals(first, now, 80), now, 5)).toBe(true);
  });
  it("remembers a week and a day, and no more", () => {
    const long = Array.from({ length: 400 }, (_, h) => h).reduce<Rhythm>(
      (rhythm, h) => withArrivals(rhythm, now + h * hourMs, 1),
      {},
    );
    expect(Object.keys(long).length).toBeLessThanOrEqual(193);
  });
});

describe("what is put around words", () => {
  const fits = (text: string): boolean => text.length <= 40;
  it.for<[string, string, Parameters<typeof dressed>[1], string]>([
    [
      "all of it",
      "on it.",
      { greeting: "Hi Maria,", signature: "^AK", behind: "(auto)" },
      "Hi Maria, on it. ^AK (auto)",
    ],
    ["nothing", " on it. ", {}, "on it."],
    ["a greeting by name is one already", "Maria, on it.", { greeting: "Hi Maria," }, "Maria, on it."],
    ["a name inside a word is none", "Marianne, on it.", { greeting: "Hi Bob," }, "Hi Bob, Marianne, on it."],
    [
      "what must be behind is put first of all",
      "a text of twenty-five chars",
      { greeting: "Good morning Maria,", behind: "(auto)" },
      "a text of twenty-five chars (auto)",
    ],
    [
      "where it does not fit it is left out",
      "a text that is nearly as long as it goes",
      { signature: "^AK" },
      "a text that is nearly as long as it goes",
    ],
    ["twice is once", "on it. ^AK (auto)", { signature: "^AK", behind: "(auto)" }, "on it. ^AK (auto)"],
  ])("%s", ([, text, dress, whole]) => {
    expect(dressed(text, dress, fits)).toBe(whole);
  });
  it("words for several posts have room for all", () => {
    const long = "a".repeat(100);
    expect(dressed(long, { greeting: "Hi,", signature: "^AK" }, fits)).toBe(`Hi, ${long} ^AK`);
  });
  it.for<[string | undefined, string | undefined, string | undefined]>([
    ["de", "en", "de"],
    ["de-AT", "en", "de"],
    ["pt", "en", "pt-BR"],
    ["fi", "en", "en"],
    [undefined, undefined, "de"],
  ])("for %s, or else %s: %s", ([wanted, fallback, language]) => {
    expect(byLanguage({ de: 1, en: 2, "pt-BR": 3 }, wanted, fallback)?.language).toBe(language);
  });
});
