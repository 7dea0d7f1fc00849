import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { BridgeError } from "casethread/adapter";

const invalid = (say: string): BridgeError => new BridgeError(say, { fault: "invalid", adapter: "x", landed: "no" });

const bytesOf = (key: string): Buffer => {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length === 32) return bytes;
  throw invalid(
    "the key that tokens are kept under must be 32 bytes in base64: make one with `openssl rand -base64 32`.",
  );
};
const nameOf = (key: Buffer): string => createHash("sha256").update(key).digest("hex").slice(0, 8);

const ivBytes = 12;
const tagBytes = 16;

/** Seals a text with AES-256-GCM under the newest key. `of` is bound in: what is sealed for one account opens for no other. */
export const seal = (text: string, of: string, keys: readonly string[]): string => {
  const key = bytesOf(keys[0] ?? "");
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
export const unseal = (sealed: string, of: string, keys: readonly string[]): string => {
  const [name = "", body = ""] = sealed.split(".");
  const key = keys.map(bytesOf).find((one) => nameOf(one) === name);
  const whole = Buffer.from(body, "base64url");
  if (key === undefined || whole.length < ivBytes + tagBytes) {
    throw invalid("the kept tokens are sealed under another key: give the key of before as well, behind the new one.");
  }
  try {
    const open = createDecipheriv("aes-256-gcm", key, whole.subarray(0, ivBytes)).setAAD(Buffer.from(of));
    open.setAuthTag(whole.subarray(-tagBytes));
    return open.update(whole.subarray(ivBytes, -tagBytes)).toString("utf8") + open.final("utf8");
  } catch {
    throw invalid("the kept tokens were changed by somebody: authorise the account again.");
  }
};
