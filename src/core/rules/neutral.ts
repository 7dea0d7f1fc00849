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

// Nothing that is read, and what may stand all the same: a joiner between signs that it joins, and where scripts are written
// with it; the letters of a flag; signs of scripts that are read.
const unseen = /\p{Cc}|\p{Cf}|\u{34f}|\u{115f}|\u{1160}|\u{3164}/gu;
const spaces = /[\t\n\r]/;
const joiners = /[\u{200c}\u{200d}]/u;
const joins =
  /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u{fe0f}|\p{Script=Arabic}|\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Tamil}|\p{Script=Sinhala}|\p{Script=Malayalam}|\p{M})$/u;
const tags = /[\u{e0020}-\u{e007f}]/u;
const flagged = /(?:\p{Extended_Pictographic}|[\u{e0020}-\u{e007f}])$/u;
const read = /[\u{600}-\u{605}\u{6dd}\u{70f}\u{890}\u{891}\u{8e2}\u{110bd}\u{110cd}]/u;

const mayStand = (char: string, before: string): boolean =>
  spaces.test(char) ||
  read.test(char) ||
  (joiners.test(char) && joins.test(before)) ||
  (tags.test(char) && flagged.test(before));

const mention = /(?<![\p{L}\p{N}._%+@＠/-])[@＠]([\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?)/gu;
const link =
  /(?<![\p{L}\p{N}@._-])(?:https?:\/\/)?((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,24})(?::\d+)?(?=[/?#]|[^\p{L}\p{N}@._-]|[.,](?!\p{L})|$)[^\s]*/giu;

const bare = (name: string): string => name.replace(/^[@＠]/u, "").toLowerCase();

/** Makes words harmless that may go on the feed: other people are not called, foreign links do not work, nothing is hidden. */
export const neutral = (text: string, { mentions, links }: NamesAllowed): Neutral => {
  const kinds = new Set<string>();
  const seen = text.replaceAll(unseen, (char, at: number) => {
    if (mayStand(char, text.slice(Math.max(0, at - 2), at))) return char;
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
  const hosts = links.map((one) =>
    one
      .toLowerCase()
      .replace(/^https?:\/\//, "")
      .replace(/\/.*$/, ""),
  );
  const safe = quiet.replaceAll(link, (hit, host: string) => {
    const name = host.toLowerCase();
    if (hosts.some((one) => name === one || name.endsWith(`.${one}`))) return hit;
    // "e.g." and "Sorry.We" are no links where nothing follows and no scheme stands before.
    if (
      !/^https?:|[/?#]/iu.test(hit) &&
      !/\.(?:com|net|org|info|biz|io|co|me|ly|app|link|ru|de|uk|fr|es|it|nl|eu|us|xyz|top|shop|site|online)$/iu.test(
        host,
      )
    )
      return hit;
    kinds.add("link");
    return hit.replace(/^https?:\/\//iu, "").replace(host, host.replaceAll(".", "[.]"));
  });
  return { text: safe, kinds: [...kinds] };
};
