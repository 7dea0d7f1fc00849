import { createHash } from "node:crypto";
import type { ConversationKey, EntryKey, Json } from "casethread/adapter";

/** The adapter's name: in doors, keys, case references and errors. */
export const name = "salesforce";

// A text field that is an external id holds 255 characters. Keys travel in bodies only, never in a path.
const most = 255;
const hashed = "#sha256:";

/** A short digest for keys that must tell contents apart. */
export const digest = (...parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url");

/** The external id that stands for a key: the key itself, or, when it is too long, its readable beginning and a digest. */
export const externalId = (key: string): string => {
  if (key.length <= most && !key.startsWith(hashed)) return key;
  return `${hashed}${digest(key)}:${key.slice(0, 120)}`;
};

/** The conversation behind an external id; nothing when only a digest was kept, and the case itself is the clue. */
export const conversationOf = (externalKey: string | null | undefined): ConversationKey | undefined =>
  externalKey === null || externalKey === undefined || externalKey === "" || externalKey.startsWith(hashed)
    ? undefined
    : (externalKey as ConversationKey);

/** A record id of the org: 15 characters, or 18 with its check. */
export const isRecordId = (text: string): boolean => /^[a-zA-Z0-9]{15}(?:[A-Z0-5]{3})?$/.test(text);

const answerPrefix = `${name}/entry/`;

/** The key of an answer that a person wrote in the org. */
export const answerKey = (recordId: string): EntryKey => `${answerPrefix}${recordId}` as EntryKey;

/** The record of an answer that was written in the org; nothing for entries that are ours. */
export const answerRecord = (key: string): string | undefined => {
  const id = key.startsWith(answerPrefix) ? key.slice(answerPrefix.length) : "";
  return isRecordId(id) ? id : undefined;
};

/** A relation to a record by its key, or to none any more. Undefined says nothing. */
export const linked = (
  to: string | null | undefined,
  relation: string,
  field: string,
  key: string,
): Record<string, Json> => {
  if (to === undefined) return {};
  return to === null ? { [field]: null } : { [relation]: { [key]: externalId(to) } };
};
