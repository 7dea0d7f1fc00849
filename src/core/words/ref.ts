/** Milliseconds since 1970. Plain data, unlike Date; the present moment is always handed in. */
export type Instant = number;

/** Anything that survives JSON there and back unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A brand's presence on one channel. */
export interface AccountRef {
  readonly channel: string;
  readonly id: string;
}

/** A person as one account knows them, by the network's stable id. `space` keeps a network's namespaces apart: on some networks the author of a comment and the same person in a private thread carry different ids. */
export interface PersonaRef {
  readonly account: AccountRef;
  readonly space: string;
  readonly id: string;
}

/** Something public on the feed. */
export interface PostRef {
  readonly account: AccountRef;
  readonly id: string;
}

/** A private thread between the account and somebody. */
export interface ThreadRef {
  readonly account: AccountRef;
  readonly id: string;
}

/** The CRM's own name for a case: learned, shown to people, never needed to write to it. */
export interface CaseRef {
  readonly crm: string;
  readonly id: string;
  readonly number?: string;
}

/** One thing in the world that many conversations are about. */
export interface TopicRef {
  readonly id: string;
}

/** Where words are said. */
export type Side = "public" | "private";

/** The key of the event that began the conversation. Minted once, never worked out again; the case carries it as its external id. */
export type ConversationKey = string & { readonly _: "conversation" };
/** What makes an event count once. */
export type EventKey = string & { readonly _: "event" };
/** `cause/act`: the same event promises the same effects. */
export type EffectKey = string & { readonly _: "effect" };
/** The key of one thing said. All versions of it share the key. */
export type EntryKey = string & { readonly _: "entry" };

/** Anything by which a conversation is found again. Built by {@link clue}. */
export type Clue = `${"talk" | "post" | "thread" | "token" | "case" | "persona" | "branch"}:${string}`;

/** One way out: the public or the private side of an account, a CRM, an advisor. Lanes go by door. Built by {@link door}. */
export type Door = `${string}/${string}/${Side}` | `crm/${string}` | `advisor/${string}`;

/** Words that may go on the feed. Only the guard makes them, at the last moment before they leave. */
export type PublicWords = string & { readonly _: "public" };

/** A code and its parameters, rendered for people by `explain`; never a customer's words, name or handle. */
export interface Why {
  readonly code: string;
  readonly params?: Readonly<Record<string, string | number | boolean>>;
}

// Ids come from strangers' networks and may hold our separators; escaped, two different references never share a name.
const separators = /[%/|\s]/;
const part = (text: string): string =>
  // Nearly no id has one, and looking is cheaper than replacing nothing.
  separators.test(text) ? text.replace(/[%/|\s]/g, encodeURIComponent) : text;

/** `channel/id`: an account's name in keys, doors and settings. */
export const accountName = (account: AccountRef): string => `${part(account.channel)}/${part(account.id)}`;

/** `channel/account/space/id`: a persona's name in keys. */
export const personaName = (persona: PersonaRef): string =>
  `${accountName(persona.account)}/${part(persona.space)}/${part(persona.id)}`;

const placeName = (place: PostRef | ThreadRef): string => `${accountName(place.account)}/${part(place.id)}`;

/** Are these the same account? */
export const sameAccount = (a: AccountRef, b: AccountRef): boolean => a.channel === b.channel && a.id === b.id;
/** Are these the same persona? */
export const samePersona = (a: PersonaRef, b: PersonaRef): boolean =>
  a.id === b.id && a.space === b.space && sameAccount(a.account, b.account);
/** Are these the same post, or the same thread? */
export const samePlace = (a: PostRef | ThreadRef, b: PostRef | ThreadRef): boolean =>
  a.id === b.id && sameAccount(a.account, b.account);

/** Makes the clues by which a conversation is found again. */
export const clue: {
  talk(key: ConversationKey): Clue;
  post(post: PostRef): Clue;
  thread(thread: ThreadRef): Clue;
  token(token: string): Clue;
  case(ref: CaseRef): Clue;
  persona(persona: PersonaRef): Clue;
  branch(root: PostRef, persona: PersonaRef): Clue;
} = {
  talk: (key) => `talk:${key}`,
  post: (post) => `post:${placeName(post)}`,
  thread: (thread) => `thread:${placeName(thread)}`,
  token: (token) => `token:${token}`,
  case: (ref) => `case:${part(ref.crm)}/${part(ref.id)}`,
  persona: (persona) => `persona:${personaName(persona)}`,
  branch: (root, persona) => `branch:${placeName(root)}|${personaName(persona)}`,
};

/** Makes the names of doors. */
export const door: {
  of(account: AccountRef, side: Side): Door;
  crm(name: string): Door;
  advisor(name: string): Door;
} = {
  of: (account, side) => `${accountName(account)}/${side}` as Door,
  crm: (name) => `crm/${part(name)}`,
  advisor: (name) => `advisor/${part(name)}`,
};

/** Makes keys. Every maker is pure: the same arguments give the same key, on every machine and in every year. */
export const keyOf: {
  /** Of an entry: the account it was told to, what kind of thing it is there, and the network's id of its first version. */
  entry(account: AccountRef, kind: string, id: string): EntryKey;
  /** Of the event that an entry was said, in one version. */
  said(entry: EntryKey, version: number): EventKey;
  /** Of any other event: who told it, what it is, what distinguishes it. */
  event(source: string, kind: string, ...distinct: readonly (string | number)[]): EventKey;
  effect(cause: string, act: string): EffectKey;
  conversation(beganWith: EventKey): ConversationKey;
} = {
  entry: (account, kind, id) => `${accountName(account)}/${part(kind)}/${part(id)}` as EntryKey,
  said: (entry, version) => (version === 1 ? String(entry) : `${entry}/v${version}`) as EventKey,
  event: (source, kind, ...distinct) => [source, kind, ...distinct.map((d) => part(String(d)))].join("/") as EventKey,
  effect: (cause, act) => `${cause}/${act}` as EffectKey,
  conversation: (beganWith) => beganWith as string as ConversationKey,
};
