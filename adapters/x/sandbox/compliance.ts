import type { Clock } from "casethread/sandbox";
import { z } from "zod";
import { type Answer, odd, problem, refusals } from "./problems.ts";
import type { World } from "./world.ts";

/** A batch compliance job (docs.x.com/x-api/compliance/batch-compliance/integrate). */
interface Job {
  readonly id: string;
  readonly name: string;
  readonly at: number;
  readonly ids?: readonly string[];
  readonly doneAt?: number;
}

/** What X answers about compliance jobs. */
export interface Compliance {
  /** Answers a request of the app, or says that it is about something else. Text stands for a file. */
  answer(asked: {
    readonly method: string;
    readonly path: string;
    readonly body: unknown;
  }): Answer | string | undefined;
}

const wanted = z.strictObject({ type: z.enum(["tweets", "users"]), name: z.string().max(64).optional() });
const uploadMs = 900_000;
const workMs = 60_000;

/** Makes X's desk for compliance jobs. */
export const createCompliance = (world: World, clock: Clock): Compliance => {
  const jobs = new Map<string, Job>();
  let next = 1_460_000_000_000n;
  const status = ({ at, doneAt }: Job): string => {
    if (doneAt === undefined) return clock.now() < at + uploadMs ? "created" : "expired";
    return clock.now() < doneAt ? "in_progress" : "complete";
  };
  const shown = (job: Job): Answer => {
    const file = `https://api.x.com/2/compliance/jobs/${job.id}`;
    const data = {
      id: job.id,
      type: "tweets",
      name: job.name,
      status: status(job),
      created_at: new Date(job.at).toISOString(),
      upload_url: `${file}/upload`,
      upload_expires_at: new Date(job.at + uploadMs).toISOString(),
      download_url: `${file}/results`,
      download_expires_at: new Date(job.at + 7 * 86_400_000).toISOString(),
    };
    return { status: 200, body: { data } };
  };
  const create = (body: unknown): Answer => {
    const read = wanted.safeParse(body).data;
    if (read === undefined) return odd("type");
    if ([...jobs.values()].some((one) => /^(?:created|in_progress)$/.test(status(one))))
      return problem(409, "about:blank", "Conflict", "A job of this type is already active.");
    const job: Job = { id: String((next += 1n)), name: read.name ?? "", at: clock.now() };
    jobs.set(job.id, job);
    return shown(job);
  };
  const resultOf = (id: string): readonly object[] => {
    const post = world.posts.get(id);
    const redacted = new Date(clock.now()).toISOString();
    const left = (reason: string): readonly object[] => [{ id, action: "delete", redacted_at: redacted, reason }];
    if (post === undefined || post.gone === true) return left("deleted");
    if (world.users.get(post.by)?.hidden === true) return left("protected");
    return post.history.at(-1) === id ? [] : [{ id, action: "rehydrate", reason: "tweet_edited" }];
  };
  return {
    answer: ({ method, path, body }) => {
      const [, id, what] = /^\/2\/compliance\/jobs(?:\/(\d+)(?:\/(upload|results))?)?$/.exec(path) ?? [];
      if (!path.startsWith("/2/compliance/jobs")) return undefined;
      if (id === undefined) return method === "POST" ? create(body) : refusals.noRoute;
      const job = jobs.get(id);
      if (job === undefined) return { ...refusals.noRoute };
      if (what === undefined) return shown(job);
      if (what === "upload") {
        if (typeof body !== "string" || status(job) !== "created") return odd("upload");
        jobs.set(id, { ...job, ids: body.split("\n"), doneAt: clock.now() + workMs });
        return "";
      }
      if (status(job) !== "complete") return refusals.noRoute;
      return (job.ids ?? [])
        .flatMap(resultOf)
        .map((one) => `${JSON.stringify(one)}\n`)
        .join("");
    },
  };
};
