import { addressAt, BridgeError, type Kit, type PostRef } from "casethread/adapter";
import { z } from "zod";
import { type Caller, lookUpAs } from "./lookup.ts";
import type { XAccount } from "./options.ts";

/** What X says of a post that is not to be kept as it is. */
export interface Verdict {
  readonly id: string;
  readonly is: "deleted" | "protected" | "suspended" | "deactivated" | "edited";
}

/** Until when X was asked, and what it found. Of posts that were asked about and are not named nothing is to be said. */
export interface Found {
  readonly askedAt: number;
  readonly verdicts: readonly Verdict[];
}

const job = z.object({
  data: z.object({
    id: z.string().regex(/^\d{1,20}$/),
    status: z.string(),
    upload_url: z.string().optional(),
    download_url: z.string().optional(),
  }),
});
const standing = z.object({ job: z.string().optional(), at: z.number(), tries: z.number().default(0) });
type Standing = z.infer<typeof standing>;

const line = z.object({ id: z.string(), action: z.string().optional(), reason: z.string().optional() });
const reasons: ReadonlySet<string> = new Set(["protected", "suspended", "deactivated"]);

const verdictOf = (text: string): readonly Verdict[] => {
  let read: z.infer<typeof line> | undefined;
  try {
    read = line.safeParse(JSON.parse(text)).data;
  } catch {
    return [];
  }
  if (read === undefined) return [];
  const { id, action, reason = "" } = read;
  if (action === "rehydrate") return [{ id, is: "edited" }];
  // A place that is to be forgotten was never kept here.
  if (action !== "delete" || reason.startsWith("scrub")) return [];
  return [{ id, is: reasons.has(reason) ? (reason as Verdict["is"]) : "deleted" }];
};

const parsed = (text: string | undefined): Standing | undefined => {
  try {
    return standing.safeParse(JSON.parse(text ?? "null")).data;
  } catch {
    return undefined;
  }
};

/** Where X has such files lie (docs.x.com/x-api/compliance/batch-compliance/integrate): what it tells is not followed anywhere else. */
const hosts = ["api.x.com", "storage.googleapis.com"];

const odd = (): BridgeError => {
  const say =
    "X's compliance job names no address where X keeps such files: nothing was sent, and posts are asked for otherwise. Look whether this package has a newer version.";
  return new BridgeError(say, { fault: "invalid", adapter: "x", landed: "no" });
};
const addressOf = (told: string | undefined): string => {
  const url = told === undefined ? undefined : addressAt(told, hosts);
  if (url === undefined) throw odd();
  return url.href;
};

const ended = (): BridgeError =>
  new BridgeError("X's compliance job ended without an answer.", { fault: "invalid", adapter: "x", landed: "no" });

/** How often a job is looked at, in ms. */
export const jobMs = 600_000;
// X runs one job of an app at a time. Who does not get a turn for two hours asks otherwise.
const mostTries = 12;

const noteOf = (kit: Kit, { id }: XAccount): ReturnType<Kit["note"]> => kit.note(`compliance/${id}`);

/** Is a job under way, or waited for? */
export const isAsking = async (account: XAccount, kit: Kit): Promise<boolean> =>
  parsed(await noteOf(kit, account).read()) !== undefined;

/**
 * Asks X which posts are not to be kept as they are, by a batch compliance job: all posts of a window in one file, at no
 * price (docs.x.com/x-api/compliance/batch-compliance/integrate). One call begins the job, a later one brings what it found;
 * undefined until then.
 *
 * @throws BridgeError when X lets the app not ask in this way.
 */
export const askCompliance = async (
  ask: Caller,
  about: { readonly app: XAccount; readonly account: XAccount; readonly posts: readonly PostRef[] },
  kit: Kit,
): Promise<Found | undefined> => {
  const { app, account, posts } = about;
  const note = noteOf(kit, account);
  const before = await note.read();
  const held = parsed(before);
  const keep = async (next: Standing | undefined): Promise<void> => {
    await note.swap(before, next === undefined ? "" : JSON.stringify(next));
  };
  if (held?.job !== undefined) {
    try {
      const path = `compliance/jobs/${held.job}`;
      const { data } = await lookUpAs(ask, { account: app, path }, job, kit);
      if (data.status === "created" || data.status === "in_progress") return undefined;
      if (data.status !== "complete" || data.download_url === undefined) throw ended();
      const fetched = { account: app, path: addressOf(data.download_url), whole: "text" } as const;
      const text = await lookUpAs(ask, fetched, z.string(), kit);
      await keep(undefined);
      return { askedAt: held.at, verdicts: text.split("\n").flatMap(verdictOf) };
    } catch (thrown) {
      // What may be there a moment later is asked for again.
      const passes = thrown instanceof BridgeError && /^(?:throttled|unavailable)$/.test(thrown.fault);
      if (!passes) await keep(undefined);
      throw thrown;
    }
  }
  const call = { account: app, acts: false } as const;
  const tries = (held?.tries ?? 0) + 1;
  try {
    const fields = { type: "tweets", name: `casethread ${account.id}` };
    const made = job.safeParse(
      (await ask({ ...call, method: "post", path: "compliance/jobs", fields }, kit)).data,
    ).data;
    if (made === undefined) throw odd();
    const text = posts.map(({ id }) => id).join("\n");
    await ask({ ...call, method: "put", path: addressOf(made.data.upload_url), whole: "text", text }, kit);
    await keep({ job: made.data.id, at: kit.now(), tries: 0 });
    return undefined;
  } catch (thrown) {
    const busy = thrown instanceof BridgeError && thrown.fault === "taken" && tries < mostTries;
    await keep(busy ? { at: kit.now(), tries } : undefined);
    if (busy) return undefined;
    throw thrown;
  }
};
