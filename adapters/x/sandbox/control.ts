import { deedsAt, serveDeeds } from "casethread/sandbox";
import type { XPeople } from "./types.ts";

const verbs: readonly (keyof XPeople)[] = [
  "persona",
  "say",
  "dm",
  "followInvite",
  "edit",
  "remove",
  "hideAway",
  "connect",
  "authorise",
  "lapse",
  "dropStream",
  "listeners",
  "inject",
  "rate",
  "calm",
  "settled",
  "posted",
  "state",
];

/** Serves what people do, for other processes. */
export const control = (request: Request, people: XPeople): Promise<Response | undefined> =>
  serveDeeds(request, people, verbs);

/** The people of a sandbox in another process. */
export const xSandboxClient = (origin: string): XPeople => deedsAt<XPeople>(origin, verbs, "x sandbox");
