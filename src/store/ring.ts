import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { BridgeError } from "../core/contracts/errors.ts";
import type { Seal } from "../core/contracts/store.ts";
import { meta, type Sql } from "./sql.ts";

/**
 * Keys under which a store hashes what it must recognise and may not keep, event keys and facts told in private, and seals
 * the tokens of invites. The first is used for what is new, all for what is looked up; a key may leave the ring only when what it hashed may be forgotten.
 */
export type KeyRing = readonly { readonly id: string; readonly secret: string | Uint8Array }[];

/** Hashes and seals, 16 bytes each, under the newest key or under those before it. */
export interface Ring extends Seal {
  hash(kind: string, text: string): Uint8Array;
  older(kind: string, text: string): readonly Uint8Array[];
}

// Made once: an HMAC with bare bytes for a key takes 70 microseconds (Node 24), with this one 10.
const keyOf = (secret: string | Uint8Array): KeyObject =>
  typeof secret === "string" ? createSecretKey(secret, "utf8") : createSecretKey(secret);

const hmac = (key: KeyObject, kind: string, text: string): Uint8Array =>
  createHmac("sha256", key).update(`${kind}\0${text}`).digest().subarray(0, 16);

/** Ten bits by which keys are told apart. They tell nothing of the key. */
const tagOf = (key: KeyObject): number => {
  const [high = 0, low = 0] = hmac(key, "tag", "");
  return ((high << 8) | low) >> 6;
};

/** The ring of a store that was given none, kept in the store itself: it hides nothing from whoever has the file, and everything from whoever has only the hashes. */
const made = "made";

/**
 * Makes a ring of its keys, the newest first.
 *
 * @throws BridgeError `invalid` when there is none.
 */
export const ringOf = (keys: KeyRing): Ring => {
  const all = keys.map(({ secret }) => keyOf(secret));
  const [newest, ...older] = all;
  if (newest === undefined) throw new BridgeError("the key ring is empty: give at least one key", about);
  return {
    hash: (kind, text) => hmac(newest, kind, text),
    older: (kind, text) => older.map((key) => hmac(key, kind, text)),
    make: (kind, text) => ({ key: tagOf(newest), mac: hmac(newest, `seal/${kind}`, text) }),
    // Tags only say which key to try first: two may have the same one.
    holds: (kind, text, { key: tag, mac }) =>
      mac.length === 16 &&
      all.some((key) => tagOf(key) === tag && timingSafeEqual(hmac(key, `seal/${kind}`, text), mac)),
  };
};

const about = { fault: "invalid", adapter: "store", landed: "no" } as const;

/**
 * The ring this store works with. What a store was once worked with is remembered as a check value: with another secret
 * under the same id, or without a key, every event would count a second time.
 *
 * @throws BridgeError `invalid` when a key is missing or is not the one that it was.
 */
export const settleRing = async (sql: Sql, given: KeyRing | undefined): Promise<Ring> => {
  const tx = { sql };
  const kept = await meta.read(tx, `secret:${made}`);
  const keys = [...(given ?? [])];
  if (kept !== undefined) keys.push({ id: made, secret: Buffer.from(kept, "base64url") });
  else if (given === undefined) {
    const secret = randomBytes(32);
    await meta.write(tx, `secret:${made}`, secret.toString("base64url"));
    keys.push({ id: made, secret });
  }
  const known = await sql.all<{ name: string; value: string }>(
    "SELECT name, value FROM meta WHERE name LIKE 'key:%' ORDER BY name",
  );
  for (const { name, value } of known) {
    const id = name.slice("key:".length);
    const key = keys.find((one) => one.id === id);
    if (key === undefined) {
      throw new BridgeError(`this store was worked with the key "${id}", which is not on the ring: add it`, about);
    }
    if (Buffer.from(hmac(keyOf(key.secret), "check", id)).toString("base64url") !== value) {
      throw new BridgeError(
        `the key "${id}" is not the one this store was worked with: give the old secret under its id, and a new one under a new id`,
        about,
      );
    }
  }
  for (const key of keys) {
    await meta.write(tx, `key:${key.id}`, Buffer.from(hmac(keyOf(key.secret), "check", key.id)).toString("base64url"));
  }
  return ringOf(keys);
};
