import { checkDeeds, deedsAt, serveDeeds, type Takes } from "casethread/sandbox";
import { z } from "zod";
import type { FacebookFault, FacebookPeople } from "./types.ts";

const faults: Readonly<Record<FacebookFault, true>> = {
  "lost-response": true,
  "503-before": true,
  "503-after": true,
  "html-502": true,
  hang: true,
  "late-answer": true,
  throttled: true,
  revoked: true,
  blocked: true,
  "duplicate-after": true,
  "lost-webhook": true,
};

const text = z.string("give a text");
const yes = z.boolean("give true or false");
const number = z.number("give a number");
const node = z.string("give the id of a post or a comment");
const address = z.url("give an address, such as http://127.0.0.1:8080/facebook");
const named = (say: string) => z.union([z.string(), z.looseObject({ id: z.string() })], say);
const whom = named("give a person's name or id");
const page = named("give a Page's id");
const fault = z.enum(Object.keys(faults), `give one of ${Object.keys(faults).join(", ")}`);
const owners = ["app", "inbox", "other"] as const;
const what = (fields: z.ZodRawShape): z.ZodObject =>
  z.object(fields, `give an object with ${Object.keys(fields).join(", ")}`);

/** What people may do, and what they give with it. */
const takes: Takes<FacebookPeople> = {
  persona: [z.string('give a name, such as "Maria Keller"')],
  post: [what({ by: whom, page, text, ad: yes.optional() })],
  comment: [
    what({
      by: whom,
      under: node,
      text: text.optional(),
      photo: address.optional(),
      unnamed: yes.optional(),
    }).refine((one) => one["text"] !== undefined || one["photo"] !== undefined, "give a text, or a photo"),
  ],
  message: [
    what({ by: whom, page, text: text.optional(), picture: address.optional() }).refine(
      (one) => one["text"] !== undefined || one["picture"] !== undefined,
      "give a text, or a picture",
    ),
  ],
  tap: [what({ by: whom, page, title: text })],
  byHand: [what({ page, to: whom, text })],
  openInvite: [what({ by: whom, post: node })],
  edit: [what({ post: node, text })],
  remove: [what({ post: node })],
  hide: [what({ post: node, hidden: yes })],
  control: [what({ page, person: whom, owner: z.enum(owners, `give one of ${owners.join(", ")}`) })],
  usage: [what({ page, percent: number.optional(), regainMinutes: number.optional() })],
  unsubscribe: [what({ page })],
  connect: [what({ url: address })],
  inject: [what({ fault, times: number.optional() })],
  rate: [what({ fault, probability: number })],
  calm: [],
  settled: [],
  state: [],
};
const verbs = Object.keys(takes) as readonly (keyof FacebookPeople)[];
const sandbox = "facebook sandbox";

/** The same people, who are told what is missing in what they do. */
export const checked = (people: FacebookPeople): FacebookPeople => checkDeeds(people, takes, sandbox);

/** Serves what people do, for other processes. */
export const control = (request: Request, people: FacebookPeople): Promise<Response | undefined> =>
  serveDeeds(request, people, verbs);

/** The people of a sandbox in another process. */
export const facebookSandboxClient = (origin: string): FacebookPeople =>
  deedsAt<FacebookPeople>(origin, verbs, sandbox);
