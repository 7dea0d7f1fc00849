import type { Json } from "../words/ref.ts";
import type { Matter } from "./matter.ts";

/**
 * Somebody outside who knows what a rule needs: a loyalty tier, an order's status, what a language model makes of the words.
 * The answer stands in `matter.conversation.advice` under the advisor's name, and the rules are asked again with it.
 */
export interface Advisor {
  /**
   * Answers with plain data, of 500 bytes at most as JSON; of all answers in a conversation together 1,000 are kept.
   * `signal` aborts when the time is over; until then what it throws is tried again. After a crash it may be asked twice.
   */
  readonly ask: (matter: Matter, how: { readonly signal: AbortSignal }) => Promise<Json>;
  /**
   * About which of a customer's words is it asked?
   *
   * @default the first in each conversation
   */
  readonly about?: (matter: Matter) => boolean;
  /**
   * How long an answer may take in all, in ms, waiting in line for the others included: eight are asked at a time. Nothing waits for it: the case is open meanwhile.
   *
   * @default 10 seconds
   */
  readonly withinMs?: number;
  /**
   * What the answer is taken to be when none has come by then.
   *
   * @default null
   */
  readonly otherwise?: Json;
}

/** An advisor with its defaults in place. */
export interface Consulted {
  readonly ask: Advisor["ask"];
  readonly about: (matter: Matter) => boolean;
  readonly withinMs: number;
  readonly otherwise: Json;
}

/** The longest answer, in bytes of JSON: it is kept with the conversation, which is read with every event. */
export const mostAdvice = 500;
/** What all answers in a conversation take at most. */
export const mostAdviceInAll = 1_000;

/** How large this is as it is kept, in bytes. */
export const sizeOf = (advice: Json): number => new TextEncoder().encode(JSON.stringify(advice)).length;

/** Puts the defaults in place. */
export const consulted = (advisors: Readonly<Record<string, Advisor>>): ReadonlyMap<string, Consulted> =>
  new Map(
    Object.entries(advisors).map(([name, advisor]) => [
      name,
      {
        ask: advisor.ask.bind(advisor),
        about: advisor.about?.bind(advisor) ?? (({ conversation }) => conversation.turn === 1),
        withinMs: advisor.withinMs ?? 10_000,
        otherwise: advisor.otherwise ?? null,
      },
    ]),
  );
