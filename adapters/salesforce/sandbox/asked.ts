import type { Side } from "casethread/adapter";
import { z } from "zod";
import type { Planted } from "./describe.ts";
import type { SalesforceFault } from "./rest.ts";

const one = <const Names extends readonly string[]>(names: Names) => z.enum(names, `give one of ${names.join(", ")}`);

/** What people give with what they do, each saying what it is where it is missing. */
export const text: z.ZodString = z.string("give a text");
export const some: z.ZodString = text.min(1, "give some words");
export const agent: z.ZodString = z.string("give a person's name");
export const owner: z.ZodString = z.string("give the name of a queue or of a person");
export const which: z.ZodString = z.string("give a case's id, or its conversation's key");
export const record: z.ZodString = z.string("give a record's id");
export const number: z.ZodNumber = z.number("give a number");
export const whole: z.ZodNumber = z.int("give a whole number");
export const yes: z.ZodBoolean = z.boolean("give true or false");
export const side: z.ZodOptional<z.ZodType<Side>> = one(["public", "private"]).optional();
export const presence: z.ZodType<"online" | "away" | "offline"> = one(["online", "away", "offline"]);
export const kind: z.ZodType<SalesforceFault> = one([
  "expired-session",
  "lock-row",
  "503",
  "timeout-after-commit",
  "request-limit",
  "late-commit",
  "takes-cases",
  "racing-insert",
  "silent-stream",
  "gap-event",
  "overflow-event",
  "stall",
]);
export const what = <Fields extends z.ZodRawShape>(fields: Fields): z.ZodObject<Fields> =>
  z.object(fields, `give an object with ${Object.keys(fields).join(", ")}`);
export const obstacle: z.ZodType<Planted> = what({
  on: text,
  rule: what({ name: text, message: text }).exactOptional(),
  required: text.exactOptional(),
  restricted: what({ field: text, values: z.array(text, "give a list of texts") }).exactOptional(),
  trigger: text.exactOptional(),
  flow: text.exactOptional(),
  hidden: text.exactOptional(),
});
