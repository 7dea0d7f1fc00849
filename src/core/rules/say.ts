import type { Why } from "../words/ref.ts";

type Params = NonNullable<Why["params"]>;
type Words = Readonly<Record<string, string>>;

/** What a code comes to with its parameters; nothing where one that it tells was not written down. */
export type Told = (params: Params, sentenceOf: SentenceOf) => string | undefined;
/** What the sentence of a code is. */
export type SentenceOf = (code: string, params?: Params) => string | undefined;
/** Words for a code, or what makes them. */
export type Sentence = string | Told;

/** A sentence in which parameters stand: by their name, or as something tells them. */
export const say =
  (words: TemplateStringsArray, ...slots: readonly Sentence[]): Told =>
  (params, sentenceOf) => {
    let all = words[0] ?? "";
    for (const [at, slot] of slots.entries()) {
      const value = typeof slot === "string" ? params[slot] : slot(params, sentenceOf);
      if (value === undefined) return undefined;
      all += `${value}${words[at + 1] ?? ""}`;
    }
    return all;
  };

/** One sentence where something holds of the parameters, else another. */
export const either =
  (holds: (params: Params) => boolean, one: Sentence, other: Sentence): Told =>
  (params, sentenceOf) => {
    const chosen = holds(params) ? one : other;
    return typeof chosen === "string" ? chosen : chosen(params, sentenceOf);
  };

/** One sentence where a parameter was written down, else another. */
export const given = (name: string, one: Sentence, other: Sentence): Told =>
  either((params) => params[name] !== undefined, one, other);

const bare = (value: unknown): string => String(value).replaceAll("-", " ");
const named =
  (words: Words, name: string, other: (value: Params[string]) => string): Told =>
  ({ [name]: value }) =>
    value === undefined ? undefined : (words[String(value)] ?? other(value));

/** A code in plain words. */
export const plain = (name: string): Told => named({}, name, bare);

const rungs: Words = {
  "private-reply": "private answer to a post",
  message: "private message",
  "reply-with-invite": "answer with an invite",
  "reply-with-door": "answer with a link of the brand's own",
};
/** A way to answer. */
export const rung = (name: string): Told => named(rungs, name, bare);

const proofs: Words = { "read-back": "seen by a look", "a-person-said-so": "a person says so" };
/** How it is known. */
export const proof = (name: string): Told => named(proofs, name, (value) => `seen by ${value}`);

/** What another code says, where a code gives it as its reason. That one has no reason of its own: it would be itself. */
export const because: Told = ({ because: of = "unknown", ...params }, sentenceOf) =>
  sentenceOf(String(of), params) ?? bare(of);
