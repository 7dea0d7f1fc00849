import type { Draft, Entry } from "../core/words/entry.ts";
import type { House } from "./house.ts";

/** A draft that waits, with its words. */
export interface Held {
  readonly draft: Draft;
  readonly entry: Entry;
  /** What the guard has against it: the very words, and what kind of trouble they are. Read from the entry, and erased with it. */
  readonly trouble: readonly { readonly kind: string; readonly words: string }[];
}

/** Drafts that wait, each with what holds it and with the words that are the trouble. */
export const held = async (house: House): Promise<readonly Held[]> =>
  (await house.store.held()).map(({ draft, entry }) => ({
    draft,
    entry,
    trouble: draft.holds
      .flatMap(({ trouble = [] }) => trouble)
      .flatMap(({ kind, from, to }) => (entry.text === null ? [] : [{ kind, words: entry.text.slice(from, to) }])),
  }));
