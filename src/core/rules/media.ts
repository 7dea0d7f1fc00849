import type { MediaTerms } from "../contracts/channel.ts";
import type { Media } from "../words/entry.ts";
import type { Why } from "../words/ref.ts";

const wholeType = (type: string): string => type.replace(/\/.*$/, "/*");

/** Is an address one that a network may be sent to fetch from? */
const isPublic = (url: string): boolean => {
  const parsed = URL.parse(url);
  return parsed?.protocol === "https:" && parsed.username === "" && parsed.password === "";
};

const fileRefusal = ({ url, type, bytes }: Media, { types }: MediaTerms): Why | undefined => {
  if (!isPublic(url)) return { code: "file-has-no-address" };
  if (type === undefined || bytes === undefined) return { code: "file-is-not-described" };
  const most = types[type] ?? types[wholeType(type)];
  if (most === undefined) {
    return { code: "file-type-refused", params: { type, takes: Object.keys(types).join(", ") } };
  }
  return bytes > most ? { code: "file-too-large", params: { bytes, most } } : undefined;
};

/** Why these may not go along with an answer on one side, if they may not. Pure: what a file says of itself is believed, and the network has the last word. */
export const mediaRefusal = (media: readonly Media[], text: string, terms: MediaTerms | undefined): Why | undefined => {
  if (media.length === 0) return undefined;
  if (terms === undefined) return { code: "channel-takes-no-files" };
  if (media.length > terms.most) return { code: "too-many-files", params: { most: terms.most } };
  if (text !== "" && !terms.withWords) return { code: "file-goes-by-itself" };
  const lone = media.length === 1 ? undefined : media.find(({ type = "" }) => terms.alone?.includes(type) === true);
  if (lone !== undefined) return { code: "file-goes-without-others", params: { type: lone.type ?? "" } };
  for (const one of media) {
    const why = fileRefusal(one, terms);
    if (why !== undefined) return why;
  }
  return undefined;
};
