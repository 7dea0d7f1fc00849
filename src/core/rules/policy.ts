import type { Conversation, Persona } from "../words/conversation.ts";
import type { Side } from "../words/ref.ts";
import type { GuardTerms, PhoneBook } from "./guard.ts";
import type { NamesAllowed } from "./neutral.ts";
import { type Advisor, type Consulted, consulted } from "./advisor.ts";
import type { Urgency } from "./urgency.ts";
import type { PrivateDoor } from "./door.ts";
import { type Manners, type MannersBook, mannersOf } from "./manners.ts";
import type { Matter } from "./matter.ts";
import type { Templates } from "./template.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A department of the brand that answers through the account. */
export interface Department {
  /** The queue's name in the CRM. */
  readonly queue?: string;
  /** How soon a first answer is promised: `"30m"`, `"4h"`, `"1d"`. */
  readonly promise?: string;
}

/** The brand's rules. All of it is optional: what is left out is decided as the defaults of the house say. */
export interface Policy extends Manners {
  /** @default none: the CRM's own assignment decides */
  readonly departments?: Readonly<Record<string, Department>>;
  /** Whose matter is it? Undefined leaves it where it is. */
  readonly route?: (matter: Matter) => string | undefined;
  /** Does it matter? Undefined leaves it to the defaults: what was said to us is a case, bare shares and our own words are not. */
  readonly dispose?: (matter: Matter) => Conversation["disposition"] | undefined;
  /** How urgent is it? It raises a matter beyond what its words and its author say, and never lowers it. */
  readonly urgency?: (matter: Matter) => Urgency | undefined;
  /** Who is asked from outside before the rules have all they need, by name. @default nobody */
  readonly advisors?: Readonly<Record<string, Advisor>>;
  /** What the machine says by itself. A word without a template is never said. */
  readonly words?: {
    /** Said once in public when the case is closed and no person has said a last word there. */
    readonly closing?: Templates;
    /** Said once in private to who shows private data in public, where the network offers a way. */
    readonly exposed?: Templates;
    /**
     * Said at once under a customer's first public word, with the invite into a private thread. Outside of business hours
     * `back` says when somebody is there again.
     */
    readonly invite?: Templates;
    /** Said once in public when nobody has answered within the department's promise. */
    readonly followUp?: Templates;
  };
  /**
   * Where an agent's words go when the agent does not say.
   *
   * @default "private"
   */
  readonly answers?: Side;
  /**
   * Does the first public answer of a person carry an invite into a private thread, where the network can?
   *
   * @default true
   */
  readonly invite?: boolean;
  /**
   * What may be said in public. `block` holds words with private data for a person, `report` lets them pass as they are and
   * says so in the trail; more is said with {@link GuardPolicy}.
   *
   * @default "block"
   */
  readonly guard?: "block" | "report" | GuardPolicy;
  /** Employees: their words open no case of their own; what they answer a customer is entered as help. By account of the network: ids. */
  readonly roster?: readonly string[];
  readonly windows?: Partial<Windows>;
}

/** What the guard looks for, and what it lets pass. */
export interface GuardPolicy {
  /** @default "block" */
  readonly action?: "block" | "report";
  /** Countries whose telephone numbers are known without a country code: `["DE", "AT"]`, ISO 3166-1. @default none */
  readonly regions?: readonly string[];
  /** What else may not stand in public, by the name that agents are shown: `{ customer: /KD-\d{6}/ }`. */
  readonly patterns?: Readonly<Record<string, RegExp>>;
  /** What is the brand's own and gives nobody away: products, hotlines, addresses (`help@acme.com`), whole domains (`@acme.com`). */
  readonly allow?: readonly string[];
  /** Handles that may be called in public, beside the customer's. Others lose their `@`. */
  readonly mentions?: readonly string[];
  /** Domains that may be linked to in public, with all below them. Other links stand there and do not work. @default all */
  readonly links?: readonly string[];
  /** Is a customer's own post with private data hidden, where the network can? @default true */
  readonly hide?: boolean;
  /** What of a customer's private data the CRM is shown dots for: `card`, `iban`, `phone`, `email`, `code`, or names of patterns. @default ["card"] */
  readonly mask?: readonly string[];
}

/** How long things belong together or may wait, in ms. */
export interface Windows {
  /** A customer's next public word joins the conversation. @default 7 days */
  readonly public: number;
  /** A customer's next private word joins the conversation. @default 30 days */
  readonly private: number;
  /** After it was resolved, words join and reopen it; later ones begin a new case that follows it. @default 72 hours */
  readonly closed: number;
  /** An interaction older than this gets no automatic word. @default 60 minutes */
  readonly fresh: number;
  /** An automatic word that has not left by then never leaves. @default 30 minutes */
  readonly automatic: number;
  /** A word this soon after closing goes to the closed case, and opens it again only when the CRM is quiet. @default 1 minute */
  readonly closing: number;
  /** How long others' words wait for somebody who has begun to answer. @default 10 minutes */
  readonly claim: number;
  /** Nobody is invited into private who would wait longer than this for an answer there. @default 30 minutes */
  readonly invited: number;
}

/** How far acts may go: nowhere, to the CRM, to private threads too, everywhere. */
export type Perform = "none" | "crm" | "private" | "all";
/** All reaches, the shortest first. */
export const reaches: readonly Perform[] = ["none", "crm", "private", "all"];

/** What the guard goes by. */
export interface GuardRules {
  readonly action: "block" | "report";
  readonly terms: GuardTerms;
  readonly names: NamesAllowed;
  readonly hide: boolean;
  readonly mask: readonly string[];
}

/** The policy with its defaults in place, and what the rules need to know of the house. */
export interface Rulebook extends MannersBook {
  readonly crm: string;
  readonly departments: Readonly<Record<string, Department>>;
  readonly route: (matter: Matter) => string | undefined;
  readonly dispose: (matter: Matter) => Conversation["disposition"] | undefined;
  readonly urgency: (matter: Matter) => Urgency | undefined;
  readonly advisors: ReadonlyMap<string, Consulted>;
  readonly words: NonNullable<Policy["words"]>;
  /** In which language is this said? Known only where the brand speaks several. */
  readonly detect: (text: string) => string | undefined;
  readonly answers: Side;
  readonly invite: boolean;
  readonly guard: GuardRules;
  readonly roster: ReadonlySet<string>;
  readonly windows: Windows;
  /** Automatic words in public: so many a conversation may hear within a day. */
  readonly automaticPerDay: number;
}

/** Where the brand's own doors are: their links are offered in public. */
const hostsOf = (doors: readonly PrivateDoor[]): readonly string[] =>
  doors.flatMap(({ url }) => {
    try {
      return new URL(url("token")).host;
    } catch {
      // A door without an address is told of when it is offered.
      return [];
    }
  });

const guardRules = (
  of: GuardPolicy,
  { phones, doors }: { phones: PhoneBook; doors: readonly PrivateDoor[] },
): GuardRules => ({
  action: of.action ?? "block",
  terms: { phones, regions: of.regions ?? [], patterns: of.patterns ?? {}, allow: of.allow ?? [] },
  names: { mentions: of.mentions ?? [], links: of.links && [...of.links, ...hostsOf(doors)] },
  hide: of.hide ?? true,
  mask: of.mask ?? ["card"],
});

/** Puts the defaults in place. */
export const rulebook = (
  policy: Policy,
  house: { readonly crm: string; readonly phones: PhoneBook; readonly detect?: Rulebook["detect"] },
): Rulebook => ({
  ...mannersOf(policy),
  crm: house.crm,
  detect: house.detect ?? (() => undefined),
  departments: policy.departments ?? {},
  route: policy.route ?? (() => undefined),
  dispose: policy.dispose ?? (() => undefined),
  urgency: policy.urgency ?? (() => undefined),
  advisors: consulted(policy.advisors ?? {}),
  words: policy.words ?? {},
  answers: policy.answers ?? "private",
  invite: policy.invite ?? true,
  guard: guardRules(typeof policy.guard === "string" ? { action: policy.guard } : (policy.guard ?? {}), {
    phones: house.phones,
    doors: policy.doors ?? [],
  }),
  roster: new Set(policy.roster),
  windows: {
    public: 7 * day,
    private: 30 * day,
    closed: 72 * hour,
    fresh: 60 * minute,
    automatic: 30 * minute,
    closing: minute,
    claim: 10 * minute,
    invited: 30 * minute,
    ...policy.windows,
  },
  automaticPerDay: 3,
});

/** How a persona may be addressed in public. */
export const greetingOf = (persona: Persona | undefined): string => {
  const first = persona?.profile.name?.trim().split(/\s+/u)[0];
  if (first !== undefined && /^\p{L}[\p{L}'’-]*$/u.test(first)) return first;
  return persona?.profile.handle === undefined ? "there" : `@${persona.profile.handle}`;
};
