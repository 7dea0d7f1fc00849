/** Plain facts about what is measured: names of adapters, accounts and acts; never words, handles or ids of people. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** How much of something there is now. */
export interface Level {
  readonly name: LevelName;
  readonly value: number;
  readonly facts: Facts;
}

/**
 * Levels that can be read at any time: acts that are due or wait, by door; acts that wait for a person; answers that are
 * held; genuine items that could not be read; how many an account usually hears in the time in which it has heard nothing;
 * what a channel has cost today and what it may, in US dollars.
 */
export type LevelName =
  | "casethread.depth"
  | "casethread.parked"
  | "casethread.held"
  | "casethread.unread"
  | "casethread.unheard"
  | "casethread.spent"
  | "casethread.budget";

/**
 * Things that are counted: deliveries by adapter and status; events that counted, by kind and source; ends of acts, by
 * door, act, outcome and how it was learned; steps of invites into private, by stage.
 */
export type CountName = "casethread.deliveries" | "casethread.admitted" | "casethread.acts" | "casethread.invites";

/** Spans: a delivery, one asking of a source, an act on a channel, a write to the CRM, a question to an advisor. */
export type SpanName =
  | "casethread.deliver"
  | "casethread.poll"
  | "casethread.perform"
  | "casethread.write"
  | "casethread.advise";

/** Where a bridge tells those who operate it what it does. `openTelemetry()` of `casethread/opentelemetry` makes one. */
export interface Telemetry {
  /** Runs work inside a span. `after`: marks of what it follows from, at another time or in another process. */
  span<T>(
    name: SpanName,
    facts: Facts,
    work: (note: (facts: Facts) => void) => Promise<T>,
    after?: readonly string[],
  ): Promise<T>;
  /** A mark of the span that is under way, by which later ones are linked to it. It is stored with what was promised there. */
  mark(): string | undefined;
  count(name: CountName, by: number, facts: Facts): void;
  /** How long it took from when something was said, or changed in the CRM, to when it was kept, in seconds. */
  lag(seconds: number, facts: Facts): void;
  /** Is told where to read levels; the answer ends it. */
  levels(read: () => Promise<readonly Level[]>): () => void;
}

/** Tells nobody. */
export const untold: Telemetry = {
  span: (_name, _facts, work) => work(() => undefined),
  mark: () => undefined,
  count: () => undefined,
  lag: () => undefined,
  levels: () => () => undefined,
};
