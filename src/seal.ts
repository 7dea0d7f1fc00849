import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { BridgeError } from "./core/contracts/errors.ts";

/** What is sealed: whose it is is bound in, and what is sealed for one opens for no other. */
export interface Sealing {
  readonly adapter: string;
  /** The account, or whatever else of the adapter's it belongs to. */
  readonly of: string;
  /** 32 bytes each, in base64: the newest first, older ones behind it while they are replaced. */
  readonly keys: readonly string[];
}

const invalid = (adapter: string, say: string): BridgeError =>
  new BridgeError(say, { fault: "invalid", adapter, landed: "no" });

const bytesOf = (adapter: string, key: string): Buffer => {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length === 32) return bytes;
  throw invalid(
    adapter,
    "the key that tokens are kept under must be 32 bytes in base64: make one with `openssl rand -base64 32`.",
  );
};
const nameOf = (key: Buffer): string => createHash("sha256").update(key).digest("hex").slice(0, 8);

const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals a text with AES-256-GCM under the newest key: for what an adapter has to keep in a note and nobody may read there.
 *
 * @throws BridgeError `invalid` when a key is not 32 bytes.
 */
export const seal = (text: string, { adapter, of, keys }: Sealing): string => {
  const key = bytesOf(adapter, keys[0] ?? "");
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(of));
  const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${nameOf(key)}.${sealed.toString("base64url")}`;
};

/**
 * Opens what {@link seal} closed, under whichever of the keys it was.
 *
 * @throws BridgeError `invalid` when none of the keys is the one, or somebody has changed what was sealed.
 */
export const unseal = (sealed: string, { adapter, of, keys }: Sealing): string => {
  const [name = "", body = ""] = sealed.split(".");
  const key = keys.map((one) => bytesOf(adapter, one)).find((one) => nameOf(one) === name);
  const whole = Buffer.from(body, "base64url");
  if (key === undefined || whole.length < ivBytes + tagBytes) {
    throw invalid(
      adapter,
      "the kept tokens are sealed under another key: give the key of before as well, behind the new one.",
    );
  }
  try {
    const open = createDecipheriv("aes-256-gcm", key, whole.subarray(0, ivBytes)).setAAD(Buffer.from(of));
    open.setAuthTag(whole.subarray(-tagBytes));
    return open.update(whole.subarray(ivBytes, -tagBytes)).toString("utf8") + open.final("utf8");
  } catch {
    throw invalid(adapter, "the kept tokens were changed by somebody: authorise the account again.");
  }
};
