import { checkDeeds, deedsAt, serveDeeds, type Takes } from "casethread/sandbox";
import { z } from "zod";
import type { XFault, XPeople } from "./types.ts";

const faults: Readonly<Record<XFault, true>> = {
  "lost-response": true,
  "503-before": true,
  "503-after": true,
  "429": true,
  "duplicate-after": true,
  "401": true,
  "late-answer": true,
  hang: true,
  "lost-webhook": true,
  "lost-token": true,
  "lost-upload": true,
  "failed-media": true,
};

const text = z.string("give a text");
const yes = z.boolean("give true or false").optional();
const number = z.number("give a number");
const post = z.string("give a post's id");
const address = z.url("give an address, such as http://127.0.0.1:8080/x");
const whom = z.union([z.string(), z.looseObject({ id: z.string() })], "give a person's handle or id");
const fault = z.enum(Object.keys(faults), `give one of ${Object.keys(faults).join(", ")}`);
const what = (fields: z.ZodRawShape): z.ZodObject =>
  z.object(fields, `give an object with ${Object.keys(fields).join(", ")}`);

/** What people may do, and what they give with it. */
const takes: Takes<XPeople> = {
  persona: [
    z.string('give a handle, such as "maria_k"'),
    what({ name: text.optional(), followers: number.optional(), acceptsMessages: yes }).optional(),
  ],
  say: [
    what({
      by: whom,
      text,
      replyTo: post.optional(),
      quote: post.optional(),
      mentions: z.array(whom, "give a list of handles").optional(),
      language: text.optional(),
    }),
  ],
  dm: [what({ by: whom, to: whom, text, picture: address.optional() })],
  followInvite: [what({ by: whom, post, text: text.optional() })],
  edit: [what({ post, text })],
  remove: [what({ post })],
  hideAway: [what({ by: whom, back: yes })],
  connect: [what({ url: address })],
  authorise: [what({ account: z.string("give an account's id"), url: address })],
  lapse: [],
  dropStream: [what({ forMs: number })],
  listeners: [],
  inject: [what({ fault, times: number.optional() })],
  rate: [what({ fault, probability: number })],
  calm: [],
  settled: [],
  posted: [what({ after: number })],
  state: [],
};
const verbs = Object.keys(takes) as readonly (keyof XPeople)[];
const sandbox = "x sandbox";

/** The same people, who are told what is missing in what they do. */
export const checked = (people: XPeople): XPeople => checkDeeds(people, takes, sandbox);

/** Serves what people do, for other processes. */
export const control = (request: Request, people: XPeople): Promise<Response | undefined> =>
  serveDeeds(request, people, verbs);

/** The people of a sandbox in another process. */
export const xSandboxClient = (origin: string): XPeople => deedsAt<XPeople>(origin, verbs, sandbox);
