import {
  BridgeError,
  type ChannelAbilities,
  type ChannelTask,
  type Kit,
  type Media,
  type Side,
} from "casethread/adapter";
import { z } from "zod";
import type { FetchFile } from "./file.ts";
import { type Caller, lookUpAs } from "./lookup.ts";
import type { XAccount } from "./options.ts";

const megabyte = 1_000_000;
const types: Readonly<Record<string, number>> = {
  "image/jpeg": 5 * megabyte,
  "image/png": 5 * megabyte,
  "image/webp": 5 * megabyte,
  "image/gif": 15 * megabyte,
  // X takes 512 MB and more. This much is carried over within the time of one call.
  "video/mp4": 15 * megabyte,
};
const source = "docs.x.com/x-api/media/quickstart/best-practices, 2026-08; of videos 15 MB is our caution";

/** What may go along with an answer. */
export const mediaTerms: NonNullable<ChannelAbilities["media"]> = {
  public: { most: 4, withWords: true, types, alone: ["image/gif", "video/mp4"], source },
  private: { most: 1, withWords: true, types, source },
};

const kindOf = (type: string): string => (type === "image/gif" ? "gif" : (type.split("/")[0] ?? ""));

// As the SDK cuts files: X takes up to 5 MB at once.
const segmentBytes = 1024 * 1024;

const begun = z.object({ data: z.object({ id: z.string().regex(/^\d{1,20}$/) }) });
const standing = z.object({
  data: z.object({
    expires_after_secs: z.number().optional(),
    processing_info: z
      .object({ state: z.string().default(""), check_after_secs: z.number().default(5) })
      .optional()
      .catch(undefined),
  }),
});
type Standing = z.infer<typeof standing>["data"];

/** A file that X has. It is handed to one act, and X forgets it after a day. */
interface Upload {
  readonly id: string;
  readonly until: number;
  /** X is not done with it: not to be asked before. */
  readonly askAt?: number;
}

const notTaken = (): BridgeError =>
  new BridgeError("X does not take the picture or file. Look at its kind and size.", {
    fault: "invalid",
    adapter: "x",
    landed: "no",
  });
const notYet = (retryAt: number): BridgeError =>
  new BridgeError("X is still working on the file: the answer goes when it is done.", {
    fault: "unavailable",
    adapter: "x",
    landed: "no",
    retryAt,
  });

const dayMs = 86_400_000;
const mostKept = 1_000;

/** Brings files to X. */
export interface Uploads {
  /**
   * X's ids of the files that go along with an answer: brought there now, unless they are there already. An act that is tried
   * again finds them.
   *
   * @throws BridgeError `invalid` when a file is not what its answer says, or X does not take it; `unavailable` while X is
   * working on one.
   */
  idsOf(task: ChannelTask, account: XAccount, kit: Kit): Promise<readonly string[]>;
}

/** Makes a way for files, by which nothing went yet. */
export const createUploads = (ask: Caller, fetchFile: FetchFile): Uploads => {
  const known = new Map<string, Upload>();

  const after = (id: string, { processing_info: work, expires_after_secs: left }: Standing, now: number): Upload => {
    if (work?.state === "failed") throw notTaken();
    const done = work === undefined || work.state === "succeeded";
    const until = now + (left === undefined ? dayMs : left * 1_000) - 60_000;
    return { id, until, ...(done ? {} : { askAt: now + work.check_after_secs * 1_000 }) };
  };

  const bring = async (account: XAccount, file: Media, side: Side, kit: Kit): Promise<Upload> => {
    const { type = "", bytes = 0 } = file;
    const data = await fetchFile(file, kit.signal);
    const call = { account, method: "post", acts: false, purpose: "upload" } as const;
    const category = `${side === "public" ? "tweet" : "dm"}_${kindOf(type)}`;
    const fields = { media_type: type, total_bytes: bytes, media_category: category };
    const { id } = begun.parse((await ask({ ...call, path: "media/upload/initialize", fields }, kit)).data).data;
    for (let at = 0; at * segmentBytes < data.length; at++) {
      const piece = Buffer.from(data.subarray(at * segmentBytes, (at + 1) * segmentBytes));
      const path = `media/upload/${id}/append`;
      await ask({ ...call, path, fields: { segment_index: at, media: piece }, form: true }, kit);
    }
    const ended = await ask({ ...call, path: `media/upload/${id}/finalize` }, kit);
    return after(id, standing.parse(ended.data).data, kit.now());
  };

  const look = async (account: XAccount, { id }: Upload, kit: Kit): Promise<Upload> => {
    const fields = { command: "STATUS", media_id: id };
    const { data } = await lookUpAs(ask, { account, path: "media/upload", fields }, standing, kit);
    return after(id, data, kit.now());
  };

  const ready = async (name: string, account: XAccount, file: Media, side: Side, kit: Kit): Promise<string> => {
    const before = known.get(name);
    known.delete(name);
    const there = before !== undefined && before.until > kit.now() ? before : undefined;
    let upload = there ?? (await bring(account, file, side, kit));
    if (upload.askAt !== undefined && upload.askAt <= kit.now()) upload = await look(account, upload, kit);
    known.set(name, upload);
    const [oldest] = known.keys();
    if (known.size > mostKept && oldest !== undefined) known.delete(oldest);
    if (upload.askAt !== undefined) throw notYet(upload.askAt);
    return upload.id;
  };

  return {
    idsOf: async (task, account, kit) => {
      const media = ("media" in task ? task.media : undefined) ?? [];
      const { key, act, content } = task.effect;
      const side = act.do === "reply" ? "public" : "private";
      const ids: string[] = [];
      // One after the other: whoever stops keeps what is there.
      for (const [at, file] of media.entries())
        ids.push(await ready(`${account.id} ${key} ${content?.version} ${at} ${file.url}`, account, file, side, kit));
      return ids;
    },
  };
};
