import type {
  AccountRef,
  ChannelAbilities,
  ChannelDeed,
  ChannelTask,
  Length,
  Price,
  Side,
  UnknownOutcome,
} from "casethread/adapter";
import type { FacebookOptions, FacebookPage } from "./options.ts";
import type { Bucket } from "./usage.ts";

const day = 86_400_000;

const never: UnknownOutcome = {
  repeat: "never",
  quietMs: 120_000,
  reads: [60_000, 300_000, 1_800_000],
  source: "undocumented by Meta: our caution",
};
const once: UnknownOutcome = {
  repeat: "idempotent",
  quietMs: 15_000,
  reads: [],
  source: "a state that is set",
};

const megabyte = 1_000_000;

/** What may go along. Meta fetches it itself, and tries a video for 75 seconds. */
const media: ChannelAbilities["media"] = {
  public: {
    most: 1,
    withWords: true,
    // A comment takes a picture by its address, `attachment_url` (developers.facebook.com/docs/graph-api/reference/object/comments).
    // Of its size that page says nothing: it is bounded as Meta recommends for every picture.
    types: Object.fromEntries(["jpeg", "png", "gif", "bmp", "tiff"].map((name) => [`image/${name}`, 4 * megabyte])),
    source: "developers.facebook.com/docs/graph-api/photo-uploads: these formats, and less than 4 MB",
  },
  private: {
    most: 1,
    withWords: false,
    types: {
      "image/*": 8 * megabyte,
      "audio/*": 25 * megabyte,
      "video/*": 25 * megabyte,
      "application/*": 25 * megabyte,
      "text/*": 25 * megabyte,
    },
    source: "business-messaging/messenger-platform/send-messages/saving-assets, 2026-04-22",
  },
};

/** What a Page may do. */
export const abilitiesOf = (page: FacebookPage, options: FacebookOptions): ChannelAbilities => {
  const words: UnknownOutcome = {
    ...never,
    ...options.unknown,
    ...(options.unknown === undefined ? {} : { source: "the operator's own bounds" }),
  };
  return {
    reply: { summonedOnly: false },
    // developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies, 2026-04-16.
    privateReply: { withinMs: 7 * day },
    message: { withinMs: day, ...(page.humanAgent === true ? { humanWithinMs: 7 * day } : {}), first: false },
    media,
    invite: true,
    hide: true,
    retract: true,
    control: true,
    look: true,
    unknown: {
      reply: words,
      message: words,
      privateReply: {
        repeat: "once",
        quietMs: 15_000,
        reads: [15_000, 60_000, 300_000],
        source: "one to a comment, and 10900 for a second: discovery/private-replies, 2026-04-16",
      },
      hide: once,
      like: once,
      retract: once,
      control: once,
      look: once,
    },
  };
};

const buckets: Readonly<Record<ChannelDeed, Bucket>> = {
  reply: "pages",
  like: "pages",
  hide: "pages",
  retract: "pages",
  look: "pages",
  message: "messenger",
  privateReply: "messenger",
  control: "messenger",
};
/** Which of Meta's two counts an act is on. */
export const bucketOf = (act: ChannelDeed): Bucket => buckets[act];
/** Its name, for the engine. */
export const bucketName = (account: AccountRef, act: ChannelDeed): string => `facebook/${account.id}/${bucketOf(act)}`;

/** Graph costs nothing. */
export const price: Price = { usd: 0, source: "Meta charges nothing for Pages and Messenger, 2026-11" };

// Messenger: fewer than 2,000 characters (developers.facebook.com/docs/messenger-platform/reference/send-api). Of comments
// Meta documents no length; its own app stops at 8,000.
const most: Readonly<Record<Side, number>> = { public: 8_000, private: 1_999 };
// What may be put to the words as they leave: the link of an invite, with a username and a token of the longest.
const linkRoom = 150;
/** How long a text is, and how long it may be with what may be put to it as it leaves. Counted in UTF-16: Meta does not say how it counts, and no other way counts more. */
export const lengthOf = (text: string, side: Side, disclosure: string): Length => {
  const room = side === "public" ? linkRoom : disclosure === "" ? 0 : disclosure.length + 1;
  return { used: text.length, most: most[side] - room };
};
/** Does it fit? */
export const fits = (text: string, side: Side, disclosure: string): boolean => {
  const { used, most: room } = lengthOf(text, side, disclosure);
  return used > 0 && used <= room;
};

/** Private words as they leave: the machine's own say that they are. */
export const disclosed = (task: ChannelTask & { readonly words: string }, disclosure: string): string =>
  task.effect.words === "automatic" && disclosure !== "" ? `${disclosure} ${task.words}` : task.words;

// A version ends two years after the next one came (developers.facebook.com/docs/graph-api/changelog).
const ends: Readonly<Record<string, string>> = {
  "v20.0": "2026-09-24",
  "v21.0": "2027-01-21",
  "v22.0": "2027-05-20",
  "v23.0": "2027-10-08",
  "v24.0": "2028-02-18",
  "v25.0": "2028-07-29",
};

/** What is to be said of the version of Graph, if anything: 90 days before it ends, and once it has. When a version newer than these ends nobody knows yet. */
export const ageOf = (version: string, now: number): string | undefined => {
  const end = ends[version];
  const [oldest = version] = Object.keys(ends);
  // Two digits each: compared as text, as numbers.
  if (end === undefined && version < oldest) {
    return `facebook: Graph ${version} has ended: set options.version to a newer one.`;
  }
  if (end === undefined || Date.parse(end) - now > 90 * day) return undefined;
  return `facebook: Graph ${version} ends on ${end}: set options.version to a newer one.`;
};
