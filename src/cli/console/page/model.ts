/** What the page is told, as JSON. Types only: the server makes these values, the page shows them. */

/** A network of the console. */
export type Network = "x" | "facebook";
/** Where words are said. */
export type Door = "public" | "private";

/** Somebody the visitor can speak as. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** As the network calls them. */
  readonly handle: string;
}

/** A post or a comment, as everybody sees it. */
export interface Post {
  readonly id: string;
  readonly network: Network;
  readonly by: string;
  readonly handle: string;
  readonly brand: boolean;
  readonly text: string;
  readonly at: number;
  /** How deep it stands under the post that the thread began with. */
  readonly depth: number;
  /** It carries a way into private. */
  readonly invite: boolean;
  readonly state: "shown" | "hidden" | "gone";
}

/** A private message, as its two sides see it. */
export interface Letter {
  readonly id: string;
  readonly network: Network;
  readonly with: string;
  readonly handle: string;
  readonly ours: boolean;
  readonly text: string;
  readonly at: number;
}

/** A line of the inbox. */
export interface CaseLine {
  readonly key: string;
  readonly network: Network;
  readonly customer: string;
  readonly number?: string;
  readonly stage: string;
  readonly waiting: Waiting;
  /** Drafts that something holds, and acts that wait for a person. */
  readonly held: number;
  readonly urgent: boolean;
  readonly begun: number;
}

/** Who is waited for. */
export interface Waiting {
  readonly for: "us" | "customer" | "nobody";
  readonly since: number;
  /** Until when the department promises an answer. */
  readonly by?: number;
}

/** Something said on a case, or meant to be. */
export interface Entry {
  readonly key: string;
  readonly door: Door;
  readonly who: "customer" | "agent" | "machine" | "other";
  readonly name: string;
  /** `null`: taken back, erased. */
  readonly text: string | null;
  readonly at: number;
  readonly state: "said" | "going" | "held" | "parked" | "taken-back" | "gone" | "refused";
  /** What there is to say of its state, in words. */
  readonly note?: string;
}

/** A draft that waits. */
export interface Held {
  readonly draft: string;
  readonly version: number;
  readonly door: Door;
  readonly by: string;
  readonly text: string;
  /** Each in words. */
  readonly because: readonly string[];
  /** Places in the text that are the trouble. */
  readonly trouble: readonly { readonly from: number; readonly to: number; readonly kind: string }[];
  /** Can a person's yes let it go? */
  readonly releasable: boolean;
}

/** An act that waits for a person. */
export interface Parked {
  readonly effect: string;
  readonly what: string;
  readonly because: string;
  readonly text?: string;
  /** It may have gone out: whoever looks may find it there. */
  readonly doubt: boolean;
}

/** What stands open at one side, and how long the words are. */
export interface Way {
  readonly door: Door;
  readonly open: boolean;
  /** Where it is closed: do words wait there, or would they be refused? */
  readonly waits: boolean;
  readonly why: string;
  readonly until?: number;
  readonly offers?: "invite" | "door";
  readonly usd?: number;
  readonly used: number;
  readonly most: number;
  readonly parts: number;
}

/** One line of the trail. */
export interface Step {
  readonly at: number;
  readonly what: string;
  readonly why: string;
}

/** A case as an agent sees it: all that the panel needs. */
export interface CaseView extends CaseLine {
  readonly account: string;
  readonly networkName: string;
  readonly handle: string;
  readonly department?: string;
  readonly assignee?: string;
  readonly status?: string;
  readonly closed: boolean;
  /** Whose invite the customer of this case has brought, where nobody has confirmed that it is the same person. */
  readonly claims?: { readonly customer: string; readonly number?: string };
  readonly entries: readonly Entry[];
  readonly drafts: readonly Held[];
  readonly parked: readonly Parked[];
  readonly ways: readonly Way[];
  /** Acts under way that are late, in words. */
  readonly late: readonly string[];
  readonly trail: readonly Step[];
}

/** A fault that can be switched on. */
export interface Fault {
  readonly id: string;
  readonly where: string;
  readonly what: string;
  readonly on: boolean;
  /** How often it struck. */
  readonly struck: number;
}

/** The machine, and what stands in its way. */
export interface Machine {
  readonly pauses: readonly { readonly id: string; readonly since: number; readonly what: string }[];
  readonly faults: readonly Fault[];
  readonly waiting: number;
  readonly troubles: readonly string[];
}

/** Who there is. It does not change. */
export interface Cast {
  readonly customers: readonly Person[];
  readonly agents: readonly Person[];
  readonly brands: Readonly<Record<Network, string>>;
}

/** The sandboxes' time: so much ahead of this machine's, in ms. */
export interface Clock {
  readonly ahead: number;
}

/** The parts that the page is told, by name; of each case one as well, named `case/` and its key. */
export interface Parts {
  readonly cast: Cast;
  readonly feed: readonly Post[];
  readonly letters: readonly Letter[];
  readonly cases: readonly CaseLine[];
  readonly machine: Machine;
  readonly clock: Clock;
}
