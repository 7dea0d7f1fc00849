import { type LedgerFrom, type LedgerKind, ledgerKinds, type LedgerRow } from "../core/contracts/ledger.ts";
import type { BridgeError } from "../core/contracts/errors.ts";
import type { House } from "./house.ts";
import { refusal } from "./refusal.ts";

const refuse = (say: string): BridgeError => refusal("invalid", `ledger: ${say}`);

const unknownIn = (kinds: readonly string[]): string | undefined =>
  kinds.find((kind) => !(ledgerKinds as readonly string[]).includes(kind));

/** Reads the ledger from a position on, of the kinds that are wanted. */
export const readLedger = async <K extends LedgerKind>(
  house: () => Promise<House>,
  { after, limit = 100, kinds }: LedgerFrom<K>,
): Promise<readonly LedgerRow<K>[]> => {
  if (after !== undefined && !/^\d+$/.test(after))
    throw refuse(`"${after.slice(0, 40)}" is no position; pass the position of a row it gave`);
  const unknown = kinds && unknownIn(kinds);
  if (unknown !== undefined)
    throw refuse(`"${unknown.slice(0, 40)}" is no kind of record; there are ${ledgerKinds.join(", ")}`);
  if (kinds?.length === 0) throw refuse("name at least one kind, or leave `kinds` out for all");
  // The store gives no others than were asked for.
  return (await (await house()).store.ledger(after, limit, kinds)) as readonly LedgerRow<K>[];
};
