import { expect, test } from "vitest";
import { x, type XClient } from "casethread/x";
import { acme, actTask, kitAt } from "./subject.ts";

const account = { channel: "x", id: acme };
const never = async (): Promise<never> => Promise.reject(new Error("a look changes nothing"));

/** What a look says may be done, where X shows the post and its author so. */
const openings = async (
  post: object,
  person: object,
  tier: "self-serve" | "enterprise",
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const shown = { id: "5", author_id: "77", text: "well?", ...post };
  const v2: XClient["v2"] = {
    get: async () => ({ data: { data: shown, includes: { users: [{ id: "77", username: "maria", ...person }] } } }),
    post: never,
    put: never,
    delete: never,
  };
  const channel = x({
    app: { consumerSecret: "s" },
    accounts: [{ id: acme, tier, credentials: { bearer: "t" } }],
    client: () => ({ v2 }),
  });
  const look = { do: "look", post: { account, id: "5" }, persona: { account, space: "user", id: "77" } } as const;
  return {
    ...(
      await channel.perform(
        actTask(account, look, 0),
        kitAt(() => 0),
      )
    ).openings,
  };
};

const named = { entities: { mentions: [{ id: acme, username: "AcmeHelp" }] } };
const named2 = { note_tweet: { text: "well, …", ...named } };

test.each([
  ["everyone, and she called", named, {}, "self-serve", true],
  ["everyone, and she called past her first 280 letters", named2, {}, "self-serve", true],
  ["everyone, and she did not call", {}, {}, "self-serve", false],
  ["everyone, and nobody need call", {}, {}, "enterprise", true],
  ["whom she named", { ...named, reply_settings: "mentionedUsers" }, {}, "self-serve", true],
  ["whom she named in a long post", { ...named2, reply_settings: "mentionedUsers" }, {}, "self-serve", true],
  ["whom she named, which we are not", { reply_settings: "mentionedUsers" }, {}, "enterprise", false],
  ["whom she follows", { reply_settings: "following" }, { connection_status: ["followed_by"] }, "enterprise", true],
  [
    "whom she follows, not us",
    { reply_settings: "following" },
    { connection_status: ["following"] },
    "enterprise",
    false,
  ],
  ["whom X has verified", { ...named, reply_settings: "verified" }, {}, "enterprise", false],
  ["subscribers", { ...named, reply_settings: "subscribers" }, {}, "enterprise", false],
] as const)("may answer: %s", async (_who, post, person, tier, reply) => {
  expect(await openings(post, person, tier)).toEqual({ reply, privateReply: false, message: false });
});

test("may write to whom X says takes messages", async () => {
  expect(await openings(named, { receives_your_dm: true }, "self-serve")).toMatchObject({ message: true });
});
