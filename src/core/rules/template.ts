import type { Conversation } from "../words/conversation.ts";

/** What a template may use. */
export interface WordsContext {
  /** How the customer may be addressed in public: a first name, a handle, or a neutral word. */
  readonly greeting: string;
  readonly case: { readonly number?: string; readonly status?: string };
  readonly conversation: Conversation;
  /** The language that was chosen, such as `"de"`; absent where there is one template for all. */
  readonly language?: string;
  /** Outside of business hours: when somebody is back, on the wall of the brand's zone, such as `"Mon 09:00"`. */
  readonly back?: string;
}

/** What the machine says by itself. Empty words are not said. */
export type Template = (context: WordsContext) => string;

/**
 * One template, or one for each language: `{ de: …, "pt-BR": …, en: … }`. A customer's own language is taken, then the same
 * language of another country, then the policy's `language`, then the first one there is.
 */
export type Templates = Template | Readonly<Record<string, Template>>;

const base = (language: string): string => language.toLowerCase().split("-")[0] ?? "";

/** Something by language, and which language that is. Undefined: there is nothing. */
export const byLanguage = <T>(
  all: Readonly<Record<string, T>>,
  wanted: string | undefined,
  fallback: string | undefined,
): { readonly language: string; readonly value: T } | undefined => {
  const entries = Object.entries(all);
  const exactly = (language: string) => entries.find(([name]) => name.toLowerCase() === language.toLowerCase());
  const nearly = (language: string) =>
    exactly(language) ?? exactly(base(language)) ?? entries.find(([name]) => base(name) === base(language));
  const found =
    (wanted === undefined ? undefined : nearly(wanted)) ??
    (fallback === undefined ? undefined : nearly(fallback)) ??
    entries[0];
  return found === undefined ? undefined : { language: found[0], value: found[1] };
};

/** The template for a customer. */
export const templateFor = (
  templates: Templates,
  wanted: string | undefined,
  fallback: string | undefined,
): { readonly language?: string; readonly template: Template } | undefined => {
  if (typeof templates === "function") return { template: templates };
  const found = byLanguage(templates, wanted, fallback);
  return found === undefined ? undefined : { language: found.language, template: found.value };
};

/** How the machine says that a machine speaks, where the brand does not say it otherwise. */
export const disclosures: Readonly<Record<string, string>> = {
  en: "(automatic message)",
  de: "(automatische Nachricht)",
  fr: "(message automatique)",
  es: "(mensaje automático)",
  pt: "(mensagem automática)",
  it: "(messaggio automatico)",
  nl: "(automatisch bericht)",
  pl: "(wiadomość automatyczna)",
  ja: "（自動送信）",
};

/** What is put around words. */
export interface Dress {
  readonly greeting?: string | undefined;
  /** Initials or a name, below what a person wrote. */
  readonly signature?: string | undefined;
  /** Behind everything: a way into private, a disclosure. */
  readonly behind?: string | undefined;
}

const loose = (text: string): string => text.replace(/\s+/gu, " ").trim().toLowerCase();
const opens = (text: string, greeting: string): boolean => {
  const [first = ""] = loose(greeting).split(/[\s,!]+/u);
  const before = loose(text);
  // "Hi Maria," before "Hello Maria" is one greeting too many: by name she is greeted once.
  const name =
    loose(greeting)
      .split(/[\s,!]+/u)
      .findLast(Boolean) ?? "";
  const begins = before.slice(0, loose(greeting).length + 12);
  return before.split(/[\s,.!]+/u)[0] === first || (name.length > 2 && begins.includes(name));
};
const closes = (text: string, signature: string): boolean => loose(text).endsWith(loose(signature));

/**
 * Words with a greeting, a signature and what goes behind, each put once however often it is asked for, and none that would
 * make words too long for one post that fit without it: what was to be said comes first.
 */
export const dressed = (text: string, dress: Dress, fits: (text: string) => boolean): string => {
  const { greeting, signature, behind } = dress;
  const whole = text.trim();
  const must = behind === undefined || behind === "" || whole.includes(behind) ? whole : `${whole} ${behind}`;
  const tail = must.slice(whole.length);
  const bare = tail === "" && behind !== undefined && whole.endsWith(behind) ? whole.slice(0, -behind.length) : whole;
  const signed =
    signature === undefined || signature === "" || closes(bare, signature) ? whole : `${whole} ${signature}`;
  const greeted = (of: string): string =>
    greeting === undefined || greeting === "" || opens(of, greeting) ? of : `${greeting} ${of}`;
  const ways = [greeted(signed) + tail, signed + tail, must];
  // What needs several posts anyway has room for all of it.
  return fits(whole) ? (ways.find((way) => fits(way)) ?? whole) : (ways[0] ?? must);
};
