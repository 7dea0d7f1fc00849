import { deedsAt, serveDeeds } from "casethread/sandbox";
import type { FacebookPeople } from "./types.ts";

const verbs: readonly (keyof FacebookPeople)[] = [
  "persona",
  "post",
  "comment",
  "message",
  "tap",
  "byHand",
  "openInvite",
  "edit",
  "remove",
  "hide",
  "control",
  "usage",
  "unsubscribe",
  "connect",
  "inject",
  "rate",
  "calm",
  "settled",
  "state",
];

/** Serves what people do, for other processes. */
export const control = (request: Request, people: FacebookPeople): Promise<Response | undefined> =>
  serveDeeds(request, people, verbs);

/** The people of a sandbox in another process. */
export const facebookSandboxClient = (origin: string): FacebookPeople =>
  deedsAt<FacebookPeople>(origin, verbs, "facebook sandbox");
