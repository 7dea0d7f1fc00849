import type { LedgerFrom, LedgerKind, LedgerRow } from "./core/contracts/ledger.ts";
import type { Promised } from "./core/contracts/store.ts";
import type { Pause } from "./core/words/conversation.ts";
import type { Receipt } from "./core/words/effect.ts";
import type {
  CaseRef,
  ConversationKey,
  EffectKey,
  EntryKey,
  Instant,
  PersonaRef,
  PostRef,
  Why,
} from "./core/words/ref.ts";
import type { Backfill, BackfillOptions } from "./engine/backfill.ts";
import type { Erasure } from "./engine/erase.ts";
import type { Handover } from "./engine/handover.ts";
import type { Health } from "./engine/health.ts";
import type { Held } from "./engine/held.ts";
import type { CheckOptions, FoundOutside, SetupOptions, Step } from "./engine/outside.ts";
import type { Redeemed } from "./engine/redeem.ts";
import type { Silence } from "./engine/silence.ts";
import type { Talk, Where } from "./engine/talk.ts";
import type { AnswerState, ByKey, OneOrMany, WantedAnswer } from "./engine/verbs.ts";
import type { Way, WaysWanted } from "./engine/ways.ts";
import type { WorkOptions } from "./engine/work.ts";

/**
 * Public posts on the one side, cases on the other. Disposing of it stops its work and closes its store. A verb that is given what
 * it cannot take refuses with a `BridgeError` `invalid` that says what to give, and does nothing.
 */
export interface Bridge extends AsyncDisposable {
  /** Takes webhooks, each at `/<adapter name>`. Answers 200 only after the store has confirmed that all of it is kept. Mount it before any body parser. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Performs what was promised, and asks networks and CRM what is new, until the signal stops it.
   *
   * @throws BridgeError `taken` when another process works the same embedded store.
   */
  work(options?: WorkOptions): Promise<void>;
  /** Resolves when every promised act has ended or waits for a person. Somebody must be working. */
  settled(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /** A conversation from either end, with all that was said and why all that happened did. */
  conversation(where: Where): Promise<Talk | undefined>;
  /** Tells the trail of a conversation as a person would. */
  explain(talk: Talk): string;
  /**
   * What stands open for a person's words on either side, until when, and how long the words are as the network counts: what
   * whoever writes an answer has to see. Empty where no conversation is known. Sends nothing, and asks nobody outside.
   */
  ways(wanted: WaysWanted): Promise<readonly Way[]>;

  /**
   * Says something to the customer, by default in private. What may not leave yet waits as a draft, with what holds it.
   * `media`: files to go along, which the network fetches itself; where it takes a file only by itself they follow the
   * words, as answers of their own, and come before words that the network needs several parts for.
   *
   * @throws BridgeError `missing` when no conversation is known there, `invalid` without words or file or with a file that
   * the network does not take, `taken` when the key is that of an answer in another conversation.
   */
  answer(wanted: WantedAnswer): Promise<AnswerState>;
  /** Gives the case to a queue or person of the CRM, by their name there. */
  assign(wanted: Where & ByKey & { readonly to: string }): Promise<void>;
  /** Gives the matter to a department. */
  route(wanted: Where & ByKey & { readonly to: string }): Promise<void>;
  /** Opens a case for a conversation that was only watched or ignored, with all of its entries and the time of its first post. `all`: for many at once. */
  open(wanted: OneOrMany & ByKey): Promise<void>;
  /** Leaves a conversation, or many, alone until somebody opens it. */
  ignore(wanted: OneOrMany & ByKey): Promise<void>;
  /**
   * Hears a person only, until a moment, `"for-good"`, or no longer (`null`): what they say opens and moves nothing.
   *
   * @throws BridgeError `missing` when nothing was ever heard of them.
   */
  mute(wanted: ByKey & { readonly persona: PersonaRef; readonly until?: Instant | "for-good" | null }): Promise<void>;
  /**
   * Says that an answer is being written: other people's words wait, for ten minutes (`windows.claim`) or until it is given
   * up (`claim: false`) or said. Says nothing where somebody else was faster: see `conversation().conversation.claim`.
   */
  claim(wanted: Where & ByKey & { readonly claim?: boolean }): Promise<void>;
  /**
   * Brings home what a customer said through a door of the brand's own: a form, a chat, a call-back.
   *
   * @throws BridgeError `invalid` when the token is none, forged or expired, or nothing was said; `missing` when it was given to nobody.
   */
  redeem(wanted: Redeemed): Promise<{ readonly conversation: ConversationKey }>;
  /** Closes the case. */
  resolve(wanted: Where & ByKey): Promise<void>;
  /** Merges another conversation into this one: its entries move, its case is closed. */
  merge(wanted: Where & ByKey & { readonly with: Where }): Promise<void>;
  /**
   * Takes a merge back: what came from that conversation goes there again, and its case is opened again.
   *
   * @throws BridgeError `missing` when it was not merged into this one.
   */
  unmerge(wanted: Where & ByKey & { readonly from: ConversationKey }): Promise<void>;
  /** Moves an entry and all after it to a conversation and case of their own. */
  split(wanted: Where & ByKey & { readonly from: EntryKey }): Promise<void>;
  /** Says that who brought this conversation's invite is the customer: the claiming conversation is merged into the one it claims. `part` undoes it. */
  confirm(wanted: Where & ByKey): Promise<void>;
  /** Says that one of the conversation's personas is somebody else after all: their words go to a case of their own. */
  part(wanted: Where & ByKey & { readonly persona: PersonaRef }): Promise<void>;
  /** Hides a post, by default the customer's newest, or shows it again. `because: "handling"`: it is shown again when the case is closed, if its words pass the guard; other hides stay. */
  hide(
    wanted: Where &
      ByKey & { readonly which?: PostRef; readonly hidden?: boolean; readonly because?: "handling" | "abuse" },
  ): Promise<void>;
  /** Likes a post, by default the customer's newest. */
  like(wanted: Where & ByKey & { readonly which?: PostRef }): Promise<void>;
  /** Takes back what the brand said in public. */
  retract(wanted: Where & ByKey & { readonly entry: EntryKey }): Promise<void>;
  /** Takes the private thread from another app or from the network's own inbox, or lets it go. */
  control(wanted: Where & ByKey & { readonly take: boolean }): Promise<void>;
  /** Lets a held draft go, where what holds it can be released by a person. */
  release(wanted: ByKey & { readonly draft: EntryKey }): Promise<AnswerState>;
  /** Takes back an answer that has not left yet. */
  withdraw(wanted: ByKey & { readonly draft: EntryKey }): Promise<AnswerState>;
  /** Links an open case with the post it is about, and speaks to nobody. */
  adopt(
    wanted: ByKey & { readonly case: CaseRef; readonly post: PostRef; readonly persona: PersonaRef },
  ): Promise<void>;

  /**
   * Erases a person: what they said, what was said to them, what the network showed of them, in the store and on their
   * cases. What was still to be said to them is dropped. What happened before is not taken in again, however it is told.
   * Conversations on hold stay as they are, and the answer names them.
   */
  erase(wanted: ByKey & { readonly persona: PersonaRef }): Promise<Erasure>;
  /** Puts a conversation on hold for the sake of a matter, so that nothing of it is erased; `lift` ends that. */
  preserve(wanted: Where & ByKey & { readonly hold: string; readonly lift?: boolean }): Promise<void>;

  /** Silences accounts, sides or kinds of words. When it returns, nothing more leaves. */
  pause(wanted: Silence): Promise<Pause>;
  /** Lifts a pause. What waited through it never leaves by itself: people's words then ask for a yes, see `held`. */
  resume(id: string): Promise<void>;

  /** Acts that wait for a person, each with why. */
  parked(): Promise<readonly (Promised & { readonly why: Why })[]>;
  /** Sends a parked act again: for words that may have gone out, only after a person has looked. */
  retry(effect: EffectKey): Promise<void>;
  drop(effect: EffectKey): Promise<void>;
  /** Says that a parked act is there after all. */
  landed(effect: EffectKey, receipt: Omit<Receipt, "at"> & { readonly at?: Instant }): Promise<void>;
  /** Drafts that wait, each with what holds it, and with the very words that the guard has something against. */
  held(): Promise<readonly Held[]>;
  /** Genuine items that could not be read, kept raw. */
  unread(): Promise<
    readonly { readonly id: string; readonly at: Instant; readonly reason: string; readonly raw: string }[]
  >;
  /**
   * Says that somebody has seen to an unread item: it is told of no more, and what it said is kept no longer.
   *
   * @throws BridgeError `missing` when none of that id waits.
   */
  dismiss(id: string): Promise<void>;
  /** What whoever comes next has to know, by department: customers who wait for an answer, acts that have not ended, drafts that are held. Goes through all conversations. */
  handover(): Promise<Handover>;
  /** What is wrong in the bridge, and what waits. It asks nobody outside: `check` does. */
  health(): Promise<Health>;
  /**
   * Has every adapter look at what is outside: credentials, permissions, subscriptions, fields, limits, clocks, the way to
   * its webhook. Takes seconds, and some vendors' requests cost a little.
   *
   * @throws BridgeError `invalid` when `at` is no address. What an adapter meets is a finding.
   */
  check(options?: CheckOptions): Promise<readonly FoundOutside[]>;
  /**
   * What has to be done once at an adapter's vendor, and is not done yet: steps that do it when they are run, in order.
   *
   * @throws BridgeError `invalid` when no adapter is called that or it offers none; else as the adapter says.
   */
  setup(adapter: string, options?: SetupOptions): Promise<readonly Step[]>;
  /**
   * The time before the bridge began to listen: what reading it from a moment on would be, and cost, for each account. Nothing is read
   * until `run` is called. What is read opens cases as the policy disposes; the machine says and does nothing on the feed about
   * it, and calls nobody.
   *
   * @throws BridgeError `invalid` when no account is called that, no channel can, or the moment has not passed; else as the adapter says.
   */
  backfill(wanted: BackfillOptions): Promise<readonly Backfill[]>;
  /**
   * The record of what reached us, what was decided and why, and what was done, from behind a position on: ordered, without
   * gaps however many write, and without anybody's words. A reader keeps the position of the last row it has dealt with
   * and goes on from there; each row has a `kind` and the version of its shape. `limit` is 100 by default. With `kinds`
   * the others are left out, which costs nothing: a reader of rare ones need not page through the rest.
   *
   * @throws BridgeError `invalid` when `after` is no position, a kind is unknown, or none is named.
   */
  ledger<K extends LedgerKind = LedgerKind>(from?: LedgerFrom<K>): Promise<readonly LedgerRow<K>[]>;
}
