import type { Door, Instant } from "../core/words/ref.ts";
import { portions, type Tx } from "./sql.ts";

/** Which lanes are wanted. */
export interface Wanted {
  readonly door: Door;
  readonly lanes: number;
}

/** A lane that was taken. */
export interface Taken {
  readonly key: string;
  readonly conversation: string;
  readonly epoch: number;
  readonly priority: number;
  readonly expires: Instant;
  readonly next_at: Instant;
}

type Place = Pick<Taken, "key" | "priority" | "expires" | "next_at"> & { readonly account: string };

/** The most urgent first; of those what expires first, then whoever has waited longest. */
export const byUrgency = (
  a: Pick<Taken, "priority" | "expires" | "next_at">,
  b: Pick<Taken, "priority" | "expires" | "next_at">,
): number => a.priority - b.priority || a.expires - b.expires || a.next_at - b.next_at;

/**
 * Lanes that are equally urgent, their accounts in turn: a flood at one of them keeps no other waiting. By urgency they come
 * in, and what is more urgent stays in front. Pure.
 */
const inTurn = <Of extends Omit<Place, "key">>(places: readonly Of[]): readonly Of[] => {
  const turns = new Map<string, number>();
  const turned = places.toSorted(byUrgency).map((place) => {
    const of = `${place.priority} ${place.expires} ${place.account}`;
    const turn = turns.get(of) ?? 0;
    turns.set(of, turn + 1);
    return { place, turn };
  });
  return turned
    .toSorted(
      (a, b) =>
        a.place.priority - b.place.priority ||
        a.place.expires - b.place.expires ||
        a.turn - b.turn ||
        a.place.next_at - b.place.next_at,
    )
    .map(({ place }) => place);
};

/** Accounts that have something to do at a door: a loose scan of the index, whose cost is their number. */
const accountsAt = async (tx: Tx, door: Door): Promise<readonly string[]> => {
  const rows = await tx.sql.all<{ account: string }>(
    `WITH RECURSIVE one(account) AS (
       SELECT min(account) FROM lane WHERE door = ? AND next_at IS NOT NULL
       UNION ALL SELECT (SELECT min(account) FROM lane WHERE door = ? AND next_at IS NOT NULL AND lane.account > one.account) FROM one WHERE one.account IS NOT NULL)
     SELECT account FROM one WHERE account IS NOT NULL`,
    door,
    door,
  );
  return rows.map(({ account }) => account);
};

const due =
  "door = ? AND account = ? AND next_at <= ? AND locked_until <= ? ORDER BY priority, expires, next_at LIMIT ?";
const taking = "UPDATE lane SET owner = ?, epoch = epoch + 1, locked_until = ? WHERE key IN (SELECT key FROM due)";
const taken = "RETURNING key, conversation, epoch, priority, expires, next_at";

/** Accounts in one statement: a database has a limit to how many parts one may have. */
const together = 50;

/** What each of these accounts would have taken next, if it had the door to itself: so many of each. */
const nextOf = async (tx: Tx, door: Door, accounts: readonly string[], most: number): Promise<readonly Place[]> => {
  const places: Place[] = [];
  for (const some of portions(accounts, together)) {
    const each = `SELECT * FROM (SELECT key, account, priority, expires, next_at FROM lane WHERE ${due}) AS one`;
    places.push(
      ...(await tx.sql.all<Place>(
        some.map(() => each).join(" UNION ALL "),
        ...some.flatMap((account) => [door, account, tx.now, tx.now, most]),
      )),
    );
  }
  return places;
};

/**
 * What is to be taken next, and some that come behind it. Most accounts are asked for little more than their share: of those that would
 * give all of it there may be more to take, and they are asked again. So the cost is what is taken, and not that for each account.
 */
const placesAt = async (tx: Tx, { door, lanes }: Wanted, accounts: readonly string[]): Promise<readonly Place[]> => {
  const share = Math.min(lanes, Math.ceil((2 * lanes) / accounts.length));
  const places = inTurn(await nextOf(tx, door, accounts, share));
  if (share === lanes) return places;
  const chosen = new Map<string, number>();
  for (const { account } of places.slice(0, lanes)) chosen.set(account, (chosen.get(account) ?? 0) + 1);
  const rich = new Set(accounts.filter((account) => chosen.get(account) === share));
  if (rich.size === 0) return places;
  const rest = places.filter(({ account }) => !rich.has(account));
  return inTurn([...rest, ...(await nextOf(tx, door, [...rich], lanes))]);
};

/** Takes due lanes of a door for somebody: in order of urgency, and of equally urgent ones those of all accounts in turn. */
export const takeLanes = async (tx: Tx, wanted: Wanted, owner: string, until: Instant): Promise<readonly Taken[]> => {
  const accounts = await accountsAt(tx, wanted.door);
  const [only, more] = accounts;
  if (only === undefined) return [];
  if (more === undefined) {
    return tx.sql.all<Taken>(
      // Materialized, or a planner may look for due lanes more than once, and take more than were asked for.
      `WITH due AS MATERIALIZED (SELECT key FROM lane WHERE ${due}${tx.rows.free}) ${taking} ${taken}`,
      wanted.door,
      only,
      tx.now,
      tx.now,
      wanted.lanes,
      owner,
      until,
    );
  }
  const places = await placesAt(tx, wanted, accounts);
  const all: Taken[] = [];
  // What another worker is just taking is passed by, as many times as there is something behind it.
  for (let at = 0; at < places.length && all.length < wanted.lanes;) {
    const keys = places.slice(at, at + wanted.lanes - all.length).map(({ key }) => key);
    at += keys.length;
    all.push(
      ...(await tx.sql.all<Taken>(
        `WITH due AS MATERIALIZED (
           SELECT key FROM lane WHERE key IN (${keys.map(() => "?").join(", ")}) AND next_at <= ? AND locked_until <= ?${tx.rows.free})
         ${taking} ${taken}`,
        ...keys,
        tx.now,
        tx.now,
        owner,
        until,
      )),
    );
  }
  return all;
};
