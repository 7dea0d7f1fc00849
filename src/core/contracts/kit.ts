import type { Instant } from "../words/ref.ts";

/** What every call into an adapter is handed. An adapter keeps clients; what must outlive the process it keeps in a note. */
export interface Kit {
  /** Aborted when the call's time is over or the process stops. The adapter settles promptly. */
  readonly signal: AbortSignal;
  now(): Instant;
  note(name: string): Note;
  /**
   * To be called immediately before the request that acts leaves this machine, after everything slow: loading an SDK,
   * refreshing a token. For calls that only read it does nothing.
   *
   * @throws BridgeError with `landed: "no"` when the send window is over: the act is not ours to send any more.
   */
  depart(): void;
}

/** A small named value, shared by all processes: a cursor, a rotated token, a bucket, a breaker. */
export interface Note {
  read(): Promise<string | undefined>;
  /** True if it still held `from`. Of many who swap from the same value, exactly one succeeds. */
  swap(from: string | undefined, to: string): Promise<boolean>;
}

/** A request that reached us, its body read once. */
export interface Delivery {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A handshake's answer, or what happened. */
export type Reading<T> = { readonly handshake: Response } | Found<T>;

/** What a delivery or a catch-up held. */
export interface Found<T> {
  readonly events: readonly T[];
  /** Genuine, and we could not read it: kept raw, item by item, and parked, never dropped. */
  readonly unread: readonly Unread[];
  /** About the account and no conversation: access revoked, encrypted chats, subscription lost. */
  readonly alarms: readonly string[];
}

/** A genuine item that could not be read. */
export interface Unread {
  /** What was wrong with it, without any of its words. */
  readonly reason: string;
  readonly raw: string;
}

/** A page of a catch-up, and where to go on. The cursor is kept in the same unit as the page: a crash repeats pages and skips none. */
export interface Page<T> extends Found<T> {
  readonly cursor: string;
  /** Deliveries were lost before this: edits and removals that no page tells of are looked for among what is known. */
  readonly missed?: boolean;
}
