import { facts } from "../core/rules/facts.ts";
import type { Version } from "../core/contracts/store.ts";
import type { Conversation, Persona } from "../core/words/conversation.ts";
import type { Content, Draft, Entry, Media } from "../core/words/entry.ts";
import {
  type AccountRef,
  accountName,
  clue,
  type ConversationKey,
  type EntryKey,
  type Instant,
  personaName,
  type PersonaRef,
  samePersona,
} from "../core/words/ref.ts";
import { type Stored, unwrap, wrap } from "./codec.ts";
import { portions, Raced, type Tx, type Write, writeAll } from "./sql.ts";

/** Whom words belong to, by name. */
const ownerName = (of: Content["of"]): string => (of === "brand" ? of : personaName(of));

/** A person, as the account knows them. */
export const personaOf = async (tx: Tx, ref: PersonaRef): Promise<Persona | undefined> => {
  const name = personaName(ref);
  const [row] = await tx.ask<{ value: Stored<Persona> }>(
    "SELECT name AS asked, value FROM persona WHERE name IN (*)",
    name,
  );
  tx.seen.set(name, row?.value);
  return row && unwrap(row.value);
};

/** What keeps a person: of two conversations of one person that change them at once, neither may undo what the other has learned. */
export const personaWrite = ({ seen }: Tx, persona: Persona): Write => {
  const name = personaName(persona.ref);
  const value = wrap(persona);
  const before = seen.get(name);
  if (before !== undefined) return ["UPDATE persona SET value = ? WHERE name = ? AND value = ?", value, name, before];
  const instead = seen.has(name) ? "NOTHING" : "UPDATE SET value = excluded.value";
  return [`INSERT INTO persona(name, value) VALUES(?, ?) ON CONFLICT(name) DO ${instead}`, name, value];
};

/** Looks at how many rows a person's write has changed. */
export const sawPersona = ({ seen }: Tx, persona: Persona, changed: number | undefined): void => {
  const name = personaName(persona.ref);
  if (changed !== 1) throw new Raced(`${name} was changed meanwhile`);
  seen.set(name, wrap(persona));
};

/** Keeps a person. */
export const keepPersona = async (tx: Tx, persona: Persona): Promise<void> => {
  const [changed] = await writeAll(tx, [personaWrite(tx, persona)]);
  sawPersona(tx, persona, changed);
};

/** An entry, its words apart from it. */
export type Unworded = Omit<Entry, "text" | "media">;

const withText = async (tx: Tx, entry: Unworded): Promise<Entry> => {
  // Of the version that is meant: who edits a comment all day leaves thousands behind it.
  const [content] = await tx.ask<{ text: string; media: Stored<readonly Media[]> | null }>(
    "SELECT entry AS asked, text, media FROM content WHERE version = ? AND entry IN (*)",
    entry.content.entry,
    entry.content.version,
  );
  const media = content?.media ?? undefined;
  return { ...entry, text: content?.text ?? null, ...(media === undefined ? {} : { media: unwrap(media) }) };
};

const unworded = async (tx: Tx, key: EntryKey): Promise<Unworded | undefined> => {
  const [row] = await tx.ask<{ value: Stored<Unworded> }>(
    "SELECT key AS asked, value FROM entry WHERE key IN (*)",
    key,
  );
  return row && unwrap(row.value);
};

/** An entry as it stands now. */
export const entryOf = async (tx: Tx, key: EntryKey): Promise<Entry | undefined> => {
  const entry = await unworded(tx, key);
  return entry && withText(tx, entry);
};

/** An entry in the version that somebody referred to. */
export const entryAt = async (tx: Tx, content: Content): Promise<Entry | undefined> => {
  const entry = await unworded(tx, content.entry);
  // The words of the version that was asked for; everything else of the entry as it stands now.
  return entry && withText(tx, { ...entry, content });
};

/** The entries of a conversation since a moment, oldest first. */
export const entriesIn = async (tx: Tx, conversation: ConversationKey, since = 0): Promise<readonly Entry[]> => {
  const rows = await tx.sql.all<{ value: Stored<Unworded> }>(
    "SELECT value FROM entry WHERE conversation = ? AND at >= ? ORDER BY at, key",
    conversation,
    since,
  );
  return Promise.all(rows.map((row) => withText(tx, unwrap(row.value))));
};

/** What was said in a conversation before it was edited. */
export const earlierIn = async (tx: Tx, conversation: ConversationKey): Promise<readonly Version[]> => {
  const rows = await tx.sql.all<{ entry: EntryKey; version: number; text: string; value: Stored<Unworded> }>(
    `SELECT content.entry, content.version, content.text, entry.value FROM content JOIN entry ON entry.key = content.entry
     WHERE entry.conversation = ? ORDER BY entry.at, content.entry, content.version`,
    conversation,
  );
  return rows
    .filter(({ version, value }) => version < unwrap(value).content.version)
    .map(({ entry, version, text }) => ({ entry, version, text }));
};

/** Rows in one statement. */
const portion = 500;

/** What was said in public in the conversations of an account since a moment, by whoever said it: the newest of it, oldest first. */
export const saidInPublic = async (
  tx: Tx,
  { account, since, most }: { readonly account: AccountRef; readonly since: Instant; readonly most: number },
): Promise<readonly Entry[]> => {
  const found: Unworded[] = [];
  for (let passed = 0; found.length < most; passed += portion) {
    const rows = await tx.sql.all<{ value: Stored<Unworded> }>(
      `SELECT entry.value FROM entry JOIN conversation ON conversation.key = entry.conversation
       WHERE entry.at > ? AND conversation.account = ? ORDER BY entry.at DESC, entry.key LIMIT ? OFFSET ?`,
      since,
      accountName(account),
      portion,
      passed,
    );
    found.push(
      ...rows.map((row) => unwrap(row.value)).filter(({ side, post }) => side === "public" && post !== undefined),
    );
    if (rows.length < portion) break;
  }
  const newest = found.slice(0, most).reverse();
  return Promise.all(newest.map((entry) => withText(tx, entry)));
};

/** What customers tell us is marked by side, so that what was told in private only is known when words go out in public. */
export const keepMarks = async (tx: Tx, { content: { of }, text, ...entry }: Entry): Promise<void> => {
  if (text === null || of === "brand" || entry.by.kind !== "customer" || entry.state === "draft") return;
  for (const share of portions(facts(text), 16)) {
    await tx.sql.run(
      `INSERT INTO mark(persona, hash, side) VALUES${share.map(() => "(?, ?, ?)").join(", ")} ON CONFLICT DO NOTHING`,
      ...share.flatMap((fact) => [personaName(of), tx.ring.hash("mark", fact), entry.side]),
    );
  }
};

/** What keeps an entry, and its words apart from it. */
export const entryWrites = (entry: Entry): readonly Write[] => {
  const { text, media = [], ...rest } = entry;
  const whole: Write = [
    `INSERT INTO entry(key, conversation, at, value) VALUES(?, ?, ?, ?)
     ON CONFLICT(key) DO UPDATE SET conversation = excluded.conversation, at = excluded.at, value = excluded.value`,
    entry.key,
    entry.conversation,
    entry.at,
    wrap(rest),
  ];
  if (text === null) return [whole];
  const words: Write = [
    `INSERT INTO content(entry, version, owner, text, media) VALUES(?, ?, ?, ?, ?)
     ON CONFLICT(entry, version) DO UPDATE SET owner = excluded.owner, text = excluded.text, media = excluded.media`,
    entry.content.entry,
    entry.content.version,
    ownerName(entry.content.of),
    text,
    media.length === 0 ? null : wrap(media),
  ];
  return [whole, words];
};

/** Which of these facts did these persons tell us in private, and never in public? */
export const toldInPrivate = async (
  tx: Tx,
  personas: readonly PersonaRef[],
  asked: readonly string[],
): Promise<readonly string[]> => {
  if (personas.length === 0 || asked.length === 0) return [];
  const sides = new Map<string, Set<string>>();
  for (const persona of personas) {
    // All of hers at once: words have more facts than people tell.
    const rows = await tx.sql.all<{ hash: Uint8Array; side: string }>(
      "SELECT hash, side FROM mark WHERE persona = ?",
      personaName(persona),
    );
    for (const { hash, side } of rows) {
      const key = Buffer.from(hash).toString("latin1");
      sides.set(key, (sides.get(key) ?? new Set()).add(side));
    }
  }
  // Most people have told us nothing in private: their words need not be hashed, each in hundreds of facts.
  if (![...sides.values()].some((side) => side.has("private"))) return [];
  return asked.filter((fact) => {
    const hashes = [tx.ring.hash("mark", fact), ...tx.ring.older("mark", fact)];
    const told = (side: string): boolean =>
      hashes.some((hash) => sides.get(Buffer.from(hash).toString("latin1"))?.has(side) === true);
    return told("private") && !told("public");
  });
};

/** Everybody whom a conversation of these persons takes for the same customer, and those conversations, the newest first. */
export const kinOf = async (
  tx: Tx,
  personas: readonly PersonaRef[],
): Promise<{ readonly personas: readonly PersonaRef[]; readonly conversations: readonly ConversationKey[] }> => {
  const all = new Map(personas.map((ref) => [personaName(ref), ref]));
  const conversations = new Set<ConversationKey>();
  for (const ref of personas) {
    const rows = await tx.sql.all<{ value: Stored<Conversation> }>(
      `SELECT conversation.value FROM clue JOIN conversation ON conversation.key = clue.conversation
       WHERE clue.clue = ? ORDER BY conversation.updated DESC LIMIT 32`,
      clue.persona(ref),
    );
    for (const talk of rows.map((row) => unwrap(row.value))) {
      // Who only brought an invite is known to it, and is not its customer.
      if (!talk.personas.some((known) => samePersona(known, ref))) continue;
      conversations.add(talk.key);
      for (const known of talk.personas) all.set(personaName(known), known);
    }
  }
  return { personas: [...all.values()], conversations: [...conversations] };
};

/** Keeps the words that are about to leave us, under the person they go to. */
export const keepSentWords = async (
  tx: Tx,
  effect: string,
  to: PersonaRef | undefined,
  text: string,
): Promise<void> => {
  await tx.sql.run(
    `INSERT INTO sent(effect, owner, text) VALUES(?, ?, ?)
     ON CONFLICT(effect) DO UPDATE SET owner = excluded.owner, text = excluded.text`,
    effect,
    ownerName(to ?? "brand"),
    text,
  );
};

/** Keeps a draft that waits. */
export const keepDraft = async (tx: Tx, draft: Draft): Promise<void> => {
  await tx.sql.run(
    `INSERT INTO draft(entry, conversation, at, paused, value) VALUES(?, ?, ?, ?, ?)
     ON CONFLICT(entry) DO UPDATE SET
       conversation = excluded.conversation, at = excluded.at, paused = excluded.paused, value = excluded.value`,
    draft.entry,
    draft.conversation,
    draft.at,
    draft.holds.some((hold) => hold.kind === "paused") ? 1 : 0,
    wrap(draft),
  );
};

/** Drafts of a conversation, oldest first. */
export const draftsIn = async (tx: Tx, conversation: ConversationKey): Promise<readonly Draft[]> => {
  const rows = await tx.ask<{ value: Stored<Draft> }>(
    "SELECT conversation AS asked, value FROM draft WHERE conversation IN (*) ORDER BY at, entry",
    conversation,
  );
  return rows.map((row) => unwrap(row.value));
};
