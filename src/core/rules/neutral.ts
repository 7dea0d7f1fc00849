/** Who and what may be named in public. Handles without `@`, domains without scheme. */
export interface NamesAllowed {
  readonly mentions: readonly string[];
  /** `undefined`: every link stays. */
  readonly links: readonly string[] | undefined;
}

/** Words made harmless, and what of them was. */
export interface Neutral {
  readonly text: string;
  readonly kinds: readonly string[];
}

// Nothing that is read: what hides a word, or turns the direction of what follows. A joiner stays between signs that it joins,
// and where scripts are written with it.
const invisible =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|(?<![\p{Emoji}\u{e0020}-\u{e007f}])[\u{e0020}-\u{e007f}]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Sinhala}\p{Script=Malayalam}\p{M}])[\u200c\u200d]/gu;
const mention = /(?<![\p{L}\p{N}._%+@＠/-])[@＠]([\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?)/gu;
const link = /(?<![\p{L}\p{N}@._-])(?:https?:\/\/)?((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,24})(?::\d+)?(?=[/?#]|[^\p{L}\p{N}@._-]|[.,](?!\p{L})|$)[^\s]*/giu;

const bare = (name: string): string => name.replace(/^[@＠]/u, "").toLowerCase();

/** Makes words harmless that may go on the feed: other people are not called, foreign links do not work, nothing is hidden. */
export const neutral = (text: string, { mentions, links }: NamesAllowed): Neutral => {
  const kinds = new Set<string>();
  const seen = text.replaceAll(invisible, () => {
    kinds.add("invisible");
    return "";
  });
  const own = new Set(mentions.map(bare));
  const quiet = seen.replaceAll(mention, (hit, handle: string) => {
    if (own.has(bare(handle))) return hit;
    kinds.add("mention");
    return handle;
  });
  if (links === undefined) return { text: quiet, kinds: [...kinds] };
  const hosts = links.map((one) => one.toLowerCase().replace(/^https?:\/\//, "").replace(/\/.*$/, ""));
  const safe = quiet.replaceAll(link, (hit, host: string) => {
    const name = host.toLowerCase();
    if (hosts.some((one) => name === one || name.endsWith(`.${one}`))) return hit;
    // "e.g." and "Sorry.We" are no links where nothing follows and no scheme stands before.
    if (!/^https?:|[/?#]/iu.test(hit) && !/\.(?:com|net|org|info|biz|io|co|me|ly|app|link|ru|de|uk|fr|es|it|nl|eu|us|xyz|top|shop|site|online)$/iu.test(host)) return hit;
    kinds.add("link");
    return hit.replace(/^https?:\/\//iu, "").replace(host, host.replaceAll(".", "[.]"));
  });
  return { text: safe, kinds: [...kinds] };
};
