import type { Instant } from "../words/ref.ts";

/** A day of the week, as hours are written down. */
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** When somebody is there, and when the machine keeps still. */
export interface Hours {
  /** A time zone by its IANA name: `"Europe/Berlin"`. What is written beside it is the time on the wall there. */
  readonly zone: string;
  /** When somebody is there: `{ mon: "09:00-18:00" }`; several spans with a comma between. A day that is left out is closed. @default always */
  readonly open?: Readonly<Partial<Record<Weekday, string>>>;
  /** When the machine says nothing by itself: `"22:00-07:00"`. @default never */
  readonly quiet?: string;
}

interface Wall {
  readonly day: Weekday;
  /** Minutes since midnight. */
  readonly minute: number;
}

type Span = readonly [from: number, to: number];

const minuteMs = 60_000;
const dayMinutes = 24 * 60;
const clocks = new Map<string, Intl.DateTimeFormat>();

const clockIn = (zone: string): Intl.DateTimeFormat => {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  clocks.set(zone, made);
  return made;
};

const wallAt = (at: Instant, zone: string): Wall => {
  const parts = Object.fromEntries(
    clockIn(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: String(parts["weekday"]).toLowerCase() as Weekday,
    minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
  };
};

const time = (text: string): number => {
  const [hour, minute] = text.split(":").map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
};

const spansOf = (text: string | undefined): readonly Span[] =>
  (text ?? "")
    .split(",")
    .map((span) => span.trim())
    .filter((span) => span !== "")
    .map((span) => {
      const [from = "", to = ""] = span.split("-");
      return [time(from.trim()), time(to.trim())];
    });

/** Is there anything wrong with a span of hours, as it is written? */
export const isSpan = (text: string): boolean =>
  text.split(",").every((span) => {
    const found = /^\s*(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*$/.exec(span);
    if (found === null) return false;
    const [, h1, m1, h2, m2] = found.map(Number);
    return (h1 ?? 24) < 24 && (m1 ?? 60) < 60 && ((h2 ?? 25) < 24 || (h2 === 24 && m2 === 0)) && (m2 ?? 60) < 60;
  });

const before: Readonly<Record<Weekday, Weekday>> = {
  mon: "sun",
  tue: "mon",
  wed: "tue",
  thu: "wed",
  fri: "thu",
  sat: "fri",
  sun: "sat",
};

const within = (spans: readonly Span[], minute: number): boolean =>
  spans.some(([from, to]) => minute >= from && (to <= from || minute < to));
// A span that ends before it begins goes on after midnight.
const over = (spans: readonly Span[], minute: number): boolean => spans.some(([from, to]) => to <= from && minute < to);

/** Is somebody there at that moment? */
export const isOpen = (at: Instant, hours: Hours | undefined): boolean => {
  if (hours?.open === undefined) return true;
  const { day, minute } = wallAt(at, hours.zone);
  return within(spansOf(hours.open[day]), minute) || over(spansOf(hours.open[before[day]]), minute);
};

/** Does the machine keep still at that moment? */
export const isQuiet = (at: Instant, hours: Hours | undefined): boolean => {
  if (hours?.quiet === undefined) return false;
  const spans = spansOf(hours.quiet);
  const { minute } = wallAt(at, hours.zone);
  return within(spans, minute) || over(spans, minute);
};

/** When somebody is there again, after that moment. Undefined: within a week nobody is. */
export const backAt = (at: Instant, hours: Hours | undefined): Instant | undefined => {
  const open = hours?.open;
  if (hours === undefined || open === undefined) return undefined;
  const now = wallAt(at, hours.zone);
  const start = at - (at % minuteMs);
  const begins = new Set(Object.values(open).flatMap((spans) => spansOf(spans).map(([from]) => from)));
  const candidates = Array.from({ length: 9 }, (_, days) => days).flatMap((days) =>
    [...begins].map((begin) => {
      const naive = start + (days * dayMinutes + begin - now.minute) * minuteMs;
      // On the days that clocks are changed the wall is an hour off.
      const off = (wallAt(naive, hours.zone).minute - begin + 1.5 * dayMinutes) % dayMinutes;
      return naive - (off - dayMinutes / 2) * minuteMs;
    }),
  );
  const opens = (moment: Instant): boolean => {
    const { day, minute } = wallAt(moment, hours.zone);
    return spansOf(open[day]).some(([from]) => from === minute);
  };
  return candidates.toSorted((a, b) => a - b).find((moment) => moment > at && opens(moment));
};

/** The hour of that moment on the wall there, as a person would say it: `"Mon 09:00"`, in that language. */
export const sayHour = (at: Instant, hours: Hours, language: string | undefined): string => {
  const [locale = "en"] = Intl.DateTimeFormat.supportedLocalesOf([language ?? "en", "en"]);
  return new Intl.DateTimeFormat(locale, {
    timeZone: hours.zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
};
