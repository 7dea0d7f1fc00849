import type { Actor } from "../words/entry.ts";
import type { Side } from "../words/ref.ts";
import type { PrivateDoor } from "./door.ts";
import type { Hours } from "./hours.ts";
import type { Matter } from "./matter.ts";
import { disclosures, type WordsContext } from "./template.ts";

/** What a case must be like for a rule of the way back to hold: what is left out holds for all. */
export interface LinkBackRule {
  /** Statuses, as the CRM writes them. */
  readonly status?: readonly string[];
  readonly department?: readonly string[];
  /** Where the customer spoke last. */
  readonly side?: Side;
  /** Channels, by name. */
  readonly channel?: readonly string[];
  /**
   * What a case of that status does on the feed. `closing`: one automatic closing word, where `words.closing` has one and no
   * person has said a last word. `show`: a post that was hidden while handling is shown again, if its words pass the guard.
   * An empty list: nothing.
   */
  readonly do: readonly ("closing" | "show")[];
}

/** Words that ask for a person's yes. */
export interface Wanted {
  readonly text: string;
  readonly side: Side;
  readonly by: Actor;
  readonly conversation: Matter["conversation"];
}

/** How the brand behaves: who is heard, when the machine may speak, and what a person's words need before they leave. */
export interface Manners {
  /**
   * Statuses from which a customer's word opens a closed case again. From any other a new case begins that follows it; thanks
   * are entered on the closed one all the same.
   *
   * @default all
   */
  readonly reopen?: readonly string[];
  /** Hashtags and words of campaigns and giveaways: who uses one is watched, and has no case until an agent opens one. */
  readonly campaigns?: readonly string[];
  /** Hashtags and words of noise: who uses one is ignored. */
  readonly noise?: readonly string[];
  /** Accounts of other brands and bots, by their id on the network: heard and ignored. */
  readonly others?: readonly string[];
  /** People who help customers without being employed, by their id on the network: what they answer a customer is entered as help, and opens no case. */
  readonly helpers?: readonly string[];
  /** @default always open, never quiet */
  readonly hours?: Hours;
  /**
   * Ways into private beside the network's own: a form, a chat, a call-back. Offered in public, in this order, where the
   * network's private side cannot be offered or would take too long. What comes through one is brought home by `bridge.redeem`.
   */
  readonly doors?: readonly PrivateDoor[];
  /**
   * Whose yes these words need before they leave: ids of people in the CRM, or `true` for anybody but their author.
   * Undefined: they need none. A rule that throws asks for anybody's but the author's.
   */
  readonly approve?: (wanted: Wanted) => readonly string[] | true | undefined;
  /** What stands below a person's public words, such as `^AK`. Never twice, never in private, and only where it fits. */
  readonly signature?: (by: Actor) => string | undefined;
  /** What stands before the first public answer to a customer, such as `Hi Maria,`. Never twice, never in private, and only where it fits. */
  readonly greeting?: (context: WordsContext) => string | undefined;
  /** What stands behind automatic words; for each language, or `false` for nothing where the words say it themselves. */
  readonly disclosure?: Readonly<Record<string, string>> | false;
  /** The language of automatic words where the customer's own is unknown or has no template. @default the first template */
  readonly language?: string;
  /** More words by which customers ask not to be written to. */
  readonly optOut?: readonly string[];
  /** What the state of a case does on the feed: the first rule that holds. @default when it is closed, `closing` and `show` */
  readonly linkBack?: readonly LinkBackRule[];
  /** So many times as many as usual at this hour are a mass: automatic words and invites are held by themselves. @default 5 */
  readonly massTimes?: number;
}

/** The manners with their defaults in place. */
export interface MannersBook {
  readonly reopen: readonly string[] | undefined;
  readonly campaigns: readonly string[];
  readonly noise: readonly string[];
  readonly others: ReadonlySet<string>;
  readonly helpers: ReadonlySet<string>;
  readonly hours: Hours | undefined;
  readonly doors: readonly PrivateDoor[];
  readonly approve: NonNullable<Manners["approve"]>;
  readonly signature: NonNullable<Manners["signature"]>;
  readonly greeting: NonNullable<Manners["greeting"]>;
  readonly disclosure: Readonly<Record<string, string>> | false;
  readonly language: string | undefined;
  readonly optOut: readonly string[];
  readonly linkBack: readonly LinkBackRule[] | undefined;
  readonly massTimes: number;
}

/** Puts the defaults in place. */
export const mannersOf = (manners: Manners): MannersBook => ({
  reopen: manners.reopen,
  campaigns: manners.campaigns ?? [],
  noise: manners.noise ?? [],
  others: new Set(manners.others),
  helpers: new Set(manners.helpers),
  hours: manners.hours,
  doors: manners.doors ?? [],
  approve: manners.approve ?? (() => undefined),
  signature: manners.signature ?? (() => undefined),
  greeting: manners.greeting ?? (() => undefined),
  disclosure: manners.disclosure ?? disclosures,
  language: manners.language,
  optOut: manners.optOut ?? [],
  linkBack: manners.linkBack,
  massTimes: manners.massTimes ?? 5,
});
