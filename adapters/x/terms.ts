import type { ChannelAbilities, UnknownOutcome } from "casethread/adapter";
import { mediaTerms } from "./media.ts";
import type { XAccount, XOptions } from "./options.ts";

const never: UnknownOutcome = {
  repeat: "never",
  // X says nothing of how long its index may hide a post.
  quietMs: 120_000,
  reads: [60_000, 300_000, 1_800_000],
  source: "undocumented by X: our caution",
};
const once: UnknownOutcome = {
  repeat: "idempotent",
  quietMs: 15_000,
  reads: [],
  source: "a state that is set: docs.x.com/x-api/posts/hide-replies, /manage-tweets",
};

/** What an account may do on X. */
export const abilitiesOf = (account: XAccount, options: XOptions): ChannelAbilities => {
  const words: UnknownOutcome = {
    ...never,
    ...options.unknown,
    ...(options.unknown === undefined ? {} : { source: "the operator's own bounds" }),
  };
  return {
    // Since 2026-02-23 only those who mentioned or quoted the account, unless the app is an enterprise's.
    reply: { summonedOnly: account.tier !== "enterprise" },
    privateReply: false,
    // X closes no window on a thread. 30 days are the brand's own: as long as X shows its private messages, so that what
    // is sent can be read back.
    media: mediaTerms,
    message: {
      withinMs: 30 * 24 * 3_600_000,
      first: false,
      // docs.x.com/x-api/fundamentals/rate-limits, 2026-08: private messages per user.
      pace: { most: 15, perMs: 15 * 60_000 },
    },
    // docs.x.com/developer-guidelines, 2026-08.
    label:
      'X wants an account that speaks by itself labelled "Automated", with a word of it in its bio and an account of a person linked: set it in the account\'s settings on X',
    invite: true,
    hide: true,
    retract: true,
    control: false,
    look: true,
    unknown: { reply: words, message: words, hide: once, retract: once, look: once },
  };
};
