/** The states in which a bridge goes wrong, if it does. A simulation that never reached one has not tested it. */
export const dangers = [
  "takeover in sending",
  "absent, then landed",
  "echo before the answer",
  "stop between check and write",
  "window over before the call left",
  "crash with a call under way",
  "answered after it was given up",
  "a lost lease brought a receipt",
  "a unit failed half-way",
  "a delivery was told again",
  "a delivery was lost for good",
  "a session ended between two writes",
  "throttled",
  "called a duplicate",
  "a clock was moved",
  "parked",
  "paused with a call under way",
  "an answer changed before it was sent",
  "closed and opened within a second",
  "words held for private facts",
] as const;
/** Those that only Facebook's worlds can reach. */
export const facebookDangers = [
  "a private reply whose answer was lost",
  "a customer changed her words",
  "a customer changed her words, then took them back",
  "a token was revoked",
  "nobody heard for a while",
  "a subscription was ended",
] as const;
/** Those that only worlds on PostgreSQL can reach. */
export const databaseDangers = [
  "a connection was cut",
  "an answer of the database was lost",
  "two met in the database",
  "a transaction failed and nobody was told",
  "a process stood still in a transaction",
  "a process died in a transaction",
  "somebody waited for a lock",
  "two waited for each other",
  "the database restarted",
  "the database came back from the past",
] as const;
export type Danger = (typeof dangers)[number] | (typeof facebookDangers)[number] | (typeof databaseDangers)[number];

/** Counts how often each was reached. */
export type Tally = Record<Danger, number>;

/** Nothing was reached yet. */
export const noTally = (): Tally =>
  Object.fromEntries([...dangers, ...facebookDangers, ...databaseDangers].map((danger) => [danger, 0])) as Tally;

/** One request of the bridge that would put words on the network, as it was seen outside. */
export interface Request {
  readonly text: string;
  readonly side: "public" | "private";
  readonly to: string;
  /** The network does it once, however often it is asked: it may be asked again. */
  readonly once?: boolean;
  /** When it left. */
  readonly leftAt: number;
  /** Its process stood still between the last check and the write. */
  readonly pinched: boolean;
  /** It came to the network when these very words stood there already. */
  again: boolean;
  /** The network did it. */
  done: boolean;
  /** The network said no, in time, so that it certainly did not. */
  refused: boolean;
  /** When its answer reached the process that asked, in time and alive. */
  answeredAt?: number;
  /** When that process was killed, if it was. */
  readonly life: { readonly dead: boolean };
  killedAt?: number;
}

/** No act is taken in hand more often than this, whatever comes between. */
export const mostLeases = 60;

/** All that somebody outside could have noted down while a world went on. */
export interface Notes {
  readonly tally: Tally;
  readonly requests: Request[];
  /** How often each act was taken in hand. */
  readonly leased: Map<string, number>;
  /** Silences that had returned: nothing that they match may leave between. */
  readonly silences: { readonly from: number; until: number; readonly side: "public" | "private" | "both" }[];
  /** Acts whose process took a blow after it had asked for their mark, and before their ends were kept. */
  readonly struck: Set<string>;
  /** Calls of the store that were refused because others were at the same rows. */
  readonly met: string[];
}
