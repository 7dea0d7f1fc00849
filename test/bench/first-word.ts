import type { Said } from "../../src/core/words/event.ts";
import { type AccountRef, keyOf } from "../../src/core/words/ref.ts";

/** The first word of the n-th person, said to an account on a network that nobody calls. */
export const firstWord = (account: AccountRef, n: number, at: number): Said => {
  const by = { account, space: "user", id: String(900_000 + n) };
  const post = { account, id: String(1_900_000_000_000_000_000n + BigInt(n)) };
  const entry = keyOf.entry(account, "post", post.id);
  return {
    as: "said",
    key: keyOf.said(entry, 1),
    at,
    source: "webhook",
    entry,
    by,
    actor: { kind: "customer", persona: by },
    side: "public",
    text: `@acme_help my parcel ${n} has been lost for a week and nobody answers. Really?`,
    version: 1,
    profile: { handle: `author_${n}`, name: `Author ${n}`, followers: n },
    url: `https://bench.test/${post.id}`,
    post,
    root: post,
    summons: true,
  };
};
