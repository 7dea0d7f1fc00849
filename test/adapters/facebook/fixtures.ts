import type { Delivery } from "casethread/adapter";
import { acme, signed } from "./subject.ts";

/** One entry of a delivery, in the shapes of 2016, 2017 and 2025. */
export const entry = (of: object, page: string = acme, time: number = 1_742_667_607): object => ({
  id: page,
  time,
  ...of,
});
export const delivery = (...entries: readonly object[]): Delivery =>
  signed(JSON.stringify({ object: "page", entry: entries }));
export const feedOf = (value: object, page: string = acme): object =>
  entry({ changes: [{ field: "feed", value }] }, page);
export const messagingOf = (event: object, list: "messaging" | "standby" = "messaging"): object =>
  entry({ [list]: [event] }, acme, 1_742_667_607_123);

const post = `${acme}_9000000001`;
/** A comment, as Meta tells it today. */
export const comment: Readonly<Record<string, unknown>> = {
  from: { id: "7001", name: "Maria Keller" },
  post: { status_type: "mobile_status_update", is_published: true, id: post },
  message: "wo ist mein Päckchen?",
  post_id: post,
  comment_id: "9000000001_501",
  created_time: 1_742_667_604,
  item: "comment",
  parent_id: post,
  verb: "add",
};
/** The same, as it was told in 2016: ids as numbers, the sender's by an older name. */
export const oldComment: Readonly<Record<string, unknown>> = {
  sender_id: 1142469655832956,
  sender_name: "C",
  item: "comment",
  verb: "add",
  parent_id: post,
  comment_id: "9000000001_502",
  post_id: post,
  created_time: 1_478_439_630,
  message: "test",
};
/** A message from a person. */
export const message: { readonly message: object } & Readonly<Record<string, unknown>> = {
  sender: { id: "8001" },
  recipient: { id: acme },
  timestamp: 1_742_667_700_321,
  message: { mid: "m_abc", text: "it is order 77" },
};
