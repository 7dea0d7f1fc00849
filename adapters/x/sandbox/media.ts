import type { Clock } from "casethread/sandbox";
import { z } from "zod";
import { type Answer, invalidMedia, odd, refusals } from "./problems.ts";

/** A file that somebody brought (docs.x.com/x-api/media/quickstart/media-upload-chunked). */
interface Brought {
  readonly id: string;
  readonly by: string;
  readonly type: string;
  readonly category: string;
  readonly total: number;
  readonly segments: number;
  readonly bytes: number;
  /** Since when it can be used; before its end, and while X works on it, it cannot. */
  readonly readyAt?: number;
  readonly failed?: true;
}

/** A request about files. */
export interface Bringing {
  readonly by: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What X keeps of files until they are posted. */
export interface Files {
  /** Answers a request, or says that it is about something else. */
  answer(asked: Bringing, fails: boolean): Answer | undefined;
  /** Are these this account's, and to be used in this way? Undefined: no. */
  use(ids: readonly string[], by: string, side: "tweet" | "dm"): Answer | undefined;
}

const most: Readonly<Record<string, number>> = { image: 5_000_000, gif: 15_000_000, video: 512_000_000 };
const beginning = z.strictObject({
  media_type: z.enum(["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"]),
  total_bytes: z.int().min(1),
  media_category: z.enum(["tweet_image", "tweet_gif", "tweet_video", "dm_image", "dm_gif", "dm_video"]),
});
const piece = z.strictObject({ segment_index: z.coerce.number().int().min(0).max(999), media: z.string() });
const videoMs = 3_000;

/** Makes a place for files. */
export const createFiles = (clock: Clock): Files => {
  const files = new Map<string, Brought>();
  let next = 1_583_157_113_245_000_000n;
  const ok = (data: object): Answer => ({ status: 200, body: { data } });

  const begin = ({ body, by }: Bringing): Answer => {
    const read = beginning.safeParse(body).data;
    if (read === undefined) return odd("media_type");
    const { media_category: category, media_type: type, total_bytes: total } = read;
    if (total > (most[category.split("_")[1] ?? ""] ?? 0)) return odd("total_bytes");
    const id = String((next += 1n));
    files.set(id, { id, by, type, category, total, segments: 0, bytes: 0 });
    return ok({ id, media_key: `3_${id}`, expires_after_secs: 86_400 });
  };
  const append = (file: Brought, { body }: Bringing): Answer => {
    const read = piece.safeParse(body).data;
    if (read === undefined || read.segment_index !== file.segments) return odd("segment_index");
    const bytes = file.bytes + Buffer.from(read.media, "base64").length;
    files.set(file.id, { ...file, bytes, segments: file.segments + 1 });
    return ok({ expires_at: Math.floor(clock.now() / 1_000) + 86_400 });
  };
  const standing = ({ id, readyAt = 0, failed, bytes }: Brought): Answer => {
    const state = failed === true ? "failed" : readyAt > clock.now() ? "in_progress" : "succeeded";
    const wait = state === "in_progress" ? { check_after_secs: 1 } : {};
    const work = readyAt === 0 ? {} : { processing_info: { state, ...wait } };
    return ok({ id, media_key: `3_${id}`, size: bytes, expires_after_secs: 86_400, ...work });
  };
  const end = (file: Brought, fails: boolean): Answer => {
    if (file.bytes !== file.total) return odd("total_bytes");
    const video = file.category.endsWith("video");
    const done = { ...file, readyAt: video ? clock.now() + videoMs : 0, ...(fails ? { failed: true as const } : {}) };
    files.set(file.id, done);
    return standing(done);
  };

  return {
    answer: (asked, fails) => {
      const { method, path, query, by } = asked;
      if (!path.startsWith("/2/media/upload")) return undefined;
      if (method === "POST" && path === "/2/media/upload/initialize") return begin(asked);
      const [, about, what] = /^\/2\/media\/upload\/(\d+)\/(append|finalize)$/.exec(path) ?? [];
      const file = files.get(about ?? query.get("media_id") ?? "");
      if (file === undefined || file.by !== by) return refusals.noRoute;
      if (method === "GET") return standing(file);
      return what === "append" ? append(file, asked) : end(file, fails);
    },
    use: (ids, by, side) => {
      const good = ids.every((id) => {
        const file = files.get(id);
        const ready = file?.readyAt !== undefined && file.readyAt <= clock.now() && file.failed !== true;
        return ready && file.by === by && file.category.startsWith(side);
      });
      const alone = ids.length === 1 || ids.every((id) => files.get(id)?.category.endsWith("image") === true);
      return good && alone ? undefined : invalidMedia(ids);
    },
  };
};
