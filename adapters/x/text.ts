import { type Length, sameWords, type Side } from "casethread/adapter";
import twitterText from "twitter-text";

/** A shortened link, and what it stands for. */
export interface Link {
  readonly url: string;
  readonly expanded?: string | undefined;
}

const signs: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">" };

// In one pass: what a link stands for is not looked through for links again, or a few could make a text of any length.
// X puts t.co links into its texts and no others; an entity whose `url` is another has the same for `expanded_url`.
const withLinks = (text: string, expanded: ReadonlyMap<string, string | undefined>): string =>
  text.replace(/https?:\/\/t\.co\/\w+/g, (link) => expanded.get(link) ?? link);

/** The words as they were typed: X escapes three signs and shortens every link. */
export const asTyped = (text: string, links: readonly Link[]): string => {
  // Most texts have neither, and to see that takes a tenth of the time.
  const plain = text.includes("&") ? text.replace(/&(amp|lt|gt);/g, (sign, name: string) => signs[name] ?? sign) : text;
  return links.length === 0 ? plain : withLinks(plain, new Map(links.map(({ url, expanded }) => [url, expanded])));
};

// X also links "example.com" without a scheme, so that its link looks like none in the words we sent.
const bare = (text: string): string =>
  twitterText
    .extractUrlsWithIndices(text)
    .toReversed()
    .reduce((left, { indices: [from, to] }) => `${left.slice(0, from)} ${left.slice(to)}`, text)
    // Before the words of an answer X writes the handles of those it goes to.
    .replace(/^(?:\s*@\w{1,15})+/u, "");

/** Could these be the words that were sent, as X shows them? */
export const sameAsSent = (shown: string, sent: string): boolean => sameWords(bare(shown), bare(sent));

/** May X find a link in it? The list of names in twitter-text is of 2020: whatever has a scheme counts as well. */
export const hasLink = (text: string): boolean => /https?:\/\//i.test(text) || twitterText.extractUrls(text).length > 0;

const mostWeight = 280;
// X's own app stops there.
const mostInMessage = 10_000;

/** How long a text is as X counts: in a post links and most signs of other scripts weigh more or less than one. */
export const lengthOf = (text: string, side: Side): Length =>
  side === "public"
    ? { used: twitterText.parseTweet(text).weightedLength, most: mostWeight }
    : { used: Array.from(text).length, most: mostInMessage };

/** At most 280 weighted characters, and none that X refuses. */
export const fitsPost = (text: string): boolean => twitterText.parseTweet(text).valid;

/** At most 10,000 characters. */
export const fitsMessage = (text: string): boolean => text.length > 0 && Array.from(text).length <= mostInMessage;
