import { BridgeError, type Instant } from "casethread/adapter";
import { z } from "zod";
import type { Hands } from "./lookup.ts";
import { inPortions, queryPath, quote } from "./soql.ts";

/** How it is known whether somebody is at work. */
export type OnDuty = "presence" | "hours" | ((userId: string, at: Instant) => boolean | Promise<boolean>);

const present = z.object({ records: z.array(z.object({ UserId: z.string() })) });
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
type Day = (typeof days)[number];
/** Business hours as the org keeps them: a day without a beginning is a day off. */
export type Hours = { readonly TimeZoneSidKey: string } & Readonly<
  Partial<Record<`${Day}${"Start" | "End"}Time`, string | null | undefined>>
>;
const times = days.flatMap((day) => [`${day}StartTime`, `${day}EndTime`] as const);
const hours = z.object({
  Id: z.string(),
  TimeZoneSidKey: z.string(),
  ...(Object.fromEntries(times.map((time) => [time, z.string().nullish()])) as unknown as Readonly<
    Record<(typeof times)[number], z.ZodOptional<z.ZodNullable<z.ZodString>>>
  >),
});

/** Minutes since midnight of `09:30:00.000Z`: the zone's own, whatever it says behind. */
const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

/** Is it within these hours? Holidays are not among them. From midnight to midnight is all day. */
export const isOpen = (of: Hours, at: Instant): boolean => {
  const zoned = new Intl.DateTimeFormat("en-US", {
    timeZone: of.TimeZoneSidKey,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): string => zoned.find((one) => one.type === type)?.value ?? "";
  const day = days.find((one) => one === part("weekday")) ?? "Sunday";
  const [start, end] = [of[`${day}StartTime`], of[`${day}EndTime`]];
  if (start == null || end == null) return false;
  const now = Number(part("hour")) * 60 + Number(part("minute"));
  const [from, until] = [minutesOf(start), minutesOf(end)];
  return from === until || (now >= from && (now < until || until === 0));
};

/** A case in somebody's hands. */
export interface Held {
  readonly owner: string;
  readonly hours?: string;
}

/** Which of these cases are in the hands of somebody who is not at work. Queues always are. */
export const awayOf = async (
  cases: readonly Held[],
  onDuty: OnDuty,
  { client, kit }: Pick<Hands, "client" | "kit">,
): Promise<(one: Held) => boolean> => {
  const people = cases.filter(({ owner }) => owner.startsWith("005"));
  const now = kit.now();
  if (typeof onDuty === "function") {
    const asked = new Map<string, boolean>();
    for (const { owner } of people) if (!asked.has(owner)) asked.set(owner, await onDuty(owner, now));
    return ({ owner }) => asked.get(owner) === false;
  }
  const there = new Set<string>();
  const values = people.flatMap((one) => (onDuty === "presence" ? one.owner : (one.hours ?? [])));
  for (const some of inPortions([...new Set(values)])) {
    const within = some.map(quote).join(", ");
    if (onDuty === "presence") {
      // sforce_api_objects_userservicepresence.htm: whoever is signed out of Omni-Channel has no current state.
      const soql = `SELECT UserId FROM UserServicePresence WHERE IsCurrentState = true AND IsAway = false AND UserId IN (${within})`;
      const { records } = await client.read({ method: "GET", path: queryPath(soql) }, present, kit);
      for (const { UserId } of records) there.add(UserId);
      continue;
    }
    const soql = `SELECT Id, TimeZoneSidKey, ${times.join(", ")} FROM BusinessHours WHERE Id IN (${within})`;
    const { records } = await client.read(
      { method: "GET", path: queryPath(soql) },
      z.object({ records: z.array(hours) }),
      kit,
    );
    for (const one of records) if (isOpen(one, now)) there.add(one.Id);
  }
  return (one) => {
    if (!one.owner.startsWith("005")) return false;
    return onDuty === "presence" ? !there.has(one.owner) : one.hours !== undefined && !there.has(one.hours);
  };
};

/** Who cannot be seen is taken to be at work: a case changes hands only where that is known. */
export const orPresent = (thrown: unknown): (() => boolean) => {
  if (thrown instanceof BridgeError) return () => false;
  throw thrown;
};
