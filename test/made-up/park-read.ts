import { createHmac, timingSafeEqual } from "node:crypto";
import {
  type AccountRef,
  BridgeError,
  type Delivery,
  findToken,
  type Found,
  type FromChannel,
  keyOf,
  type PersonaRef,
  type PostRef,
  type Said,
} from "casethread/adapter";
import { z } from "zod";

const wordShape = z.object({
  account: z.string(),
  id: z.string(),
  by: z.string(),
  text: z.string(),
  at: z.number(),
  side: z.enum(["public", "private"]),
  under: z.string().optional(),
  root: z.string().optional(),
  to: z.string().optional(),
});
const bodyShape = z.object({ words: z.array(z.unknown()) });

/** What the park signs with. */
export const secret = "the-park-keepers-secret";
/** One of the brand's accounts. */
export const refOf = (id: string): AccountRef => ({ channel: "park", id });
const sign = (body: Uint8Array | string): string => createHmac("sha256", secret).update(body).digest("hex");

/** The same request, as the park signs it: with any body at all. */
export const signed = (body: string): Request =>
  new Request("http://bridge.test/park", { method: "POST", body, headers: { "x-park-signature": sign(body) } });

const personOf = (account: AccountRef, id: string): PersonaRef => ({ account, space: "visitor", id });

const saidOf = (raw: z.infer<typeof wordShape>): Said => {
  const account = refOf(raw.account);
  const person = (id: string): PersonaRef => personOf(account, id);
  const postRef = (id: string): PostRef => ({ account, id });
  const entry = keyOf.entry(account, raw.side === "public" ? "post" : "whisper", raw.id);
  const ours = raw.by === account.id;
  const token = findToken(raw.text);
  return {
    as: "said",
    key: keyOf.said(entry, 1),
    entry,
    at: raw.at,
    source: "webhook",
    by: person(raw.by),
    actor: ours ? { kind: "brand", id: account.id } : { kind: "customer", persona: person(raw.by) },
    side: raw.side,
    text: raw.text,
    version: 1,
    profile: { handle: raw.by, name: `Name of ${raw.by}` },
    summons: true,
    ...(token === undefined ? {} : { token }),
    ...(raw.side === "public"
      ? {
          post: postRef(raw.id),
          root: postRef(raw.root ?? raw.id),
          url: `https://park.test/${raw.id}`,
          ...(raw.under === undefined ? {} : { parent: postRef(raw.under) }),
        }
      : {
          thread: { account, id: `bench-${ours ? raw.to : raw.by}` },
          message: raw.id,
          ...(ours && raw.to !== undefined ? { to: person(raw.to) } : {}),
        }),
  };
};

/** Reads a delivery: every item is an event or unread. */
export const read = async (delivery: Delivery): Promise<Found<FromChannel>> => {
  const given = Buffer.from(delivery.headers.get("x-park-signature") ?? "");
  const right = Buffer.from(sign(delivery.body));
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new BridgeError("the signature is not the park's", { fault: "forged", adapter: "park", landed: "no" });
  }
  let body: z.infer<typeof bodyShape>;
  try {
    body = bodyShape.parse(JSON.parse(new TextDecoder().decode(delivery.body)));
  } catch {
    return {
      events: [],
      unread: [{ reason: "no list of words", raw: new TextDecoder().decode(delivery.body) }],
      alarms: [],
    };
  }
  const events: FromChannel[] = [];
  const unread: { reason: string; raw: string }[] = [];
  for (const item of body.words) {
    const word = wordShape.safeParse(item);
    if (word.success) events.push(saidOf(word.data));
    else unread.push({ reason: "not a word", raw: JSON.stringify(item) });
  }
  return { events, unread, alarms: [] };
};
