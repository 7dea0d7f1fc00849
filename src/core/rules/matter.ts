import type { Conversation, Persona } from "../words/conversation.ts";
import type { Entry } from "../words/entry.ts";
import type { Profile, Said } from "../words/event.ts";
import type { AccountRef, Side } from "../words/ref.ts";

/** What a brand's own rules may look at. */
export interface Matter {
  readonly text: string;
  readonly side: Side;
  readonly account: AccountRef;
  readonly author: Profile;
  readonly language?: string;
  /** Did the author call on this account? */
  readonly summons: boolean;
  /** Was it found by listening for words, and told to nobody at the brand? */
  readonly overheard: boolean;
  readonly conversation: Conversation;
  /** Does the text hold one of these words? Whole words, whatever their case. */
  mentions(...words: readonly string[]): boolean;
}

const holds = (text: string, word: string): boolean => {
  const plain = word.toLowerCase();
  if (plain === "") return false;
  for (let from = text.indexOf(plain); from !== -1; from = text.indexOf(plain, from + 1)) {
    const before = text.slice(0, from).at(-1) ?? " ";
    const after = text.at(from + plain.length) ?? " ";
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return true;
  }
  return false;
};

const matter = (of: Omit<Matter, "mentions">): Matter => {
  const lower = of.text.toLowerCase();
  return { ...of, mentions: (...words) => words.some((word) => holds(lower, word)) };
};

/** What was said, as the brand's rules see it. */
export const matterOf = (said: Said, conversation: Conversation): Matter =>
  matter({
    text: said.text,
    side: said.side,
    account: said.by.account,
    author: said.profile ?? {},
    ...(said.language === undefined ? {} : { language: said.language }),
    summons: said.summons ?? false,
    overheard: said.overheard ?? false,
    conversation,
  });

/** What was said before, as the brand's rules see it now. Undefined when its words are gone. */
export const matterIn = (
  { text, side }: Entry,
  conversation: Conversation,
  persona: Persona | undefined,
): Matter | undefined => {
  if (text === null) return undefined;
  const { account, language, public: shown } = conversation;
  return matter({
    text,
    side,
    account,
    author: persona?.profile ?? {},
    ...(language === undefined ? {} : { language }),
    summons: shown?.summoned ?? false,
    overheard: shown?.overheard ?? false,
    conversation,
  });
};
