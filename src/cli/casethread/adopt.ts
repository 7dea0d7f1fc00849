import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Bridge, BridgeOptions, PersonaRef, PostRef } from "casethread";
import { oneLine } from "../../core/rules/one-line.ts";
import { ownAccountOf } from "./act.ts";
import { misunderstood } from "./config.ts";
import { readRecord, recordsIn, type Row, type Source, sources } from "./records.ts";
import type { Shell } from "./shell.ts";

/** What `adopt` may be given. */
export interface AdoptFlags {
  readonly as: string;
  readonly field: string;
  readonly account?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

const sourceOf = (name: string): Source => {
  const found = sources.find((one) => one === name);
  if (found !== undefined) return found;
  throw misunderstood(`--as ${name}: write ${sources.join(", ")}`);
};

/** Where a row's post is: by its link, or on the account that it, or the command, names. */
const placeOf = (row: Row, { channels }: BridgeOptions, only: string | undefined): PostRef | string => {
  const wanted = (at: PostRef["account"]): boolean =>
    (row.channel === undefined || at.channel === row.channel) &&
    (row.account === undefined || at.id === row.account) &&
    (only === undefined || `${at.channel}/${at.id}` === only);
  const found = URL.canParse(row.post)
    ? channels.flatMap((channel) => channel.parse(new URL(row.post)))
    : channels.flatMap((channel) => channel.accounts().map((account) => ({ account, id: row.post })));
  const [place, another] = found.filter(({ account }) => wanted(account));
  if (place === undefined) return "its post is on no account of this configuration";
  return another === undefined ? place : "its post may be on several accounts: name one with --account";
};

interface Told {
  readonly case: string;
  readonly post?: string;
  readonly as: "linked" | "would link" | "known" | "skipped" | "FAILED";
  readonly why?: string;
}

/** Links open cases with the posts they are about, and speaks to nobody. Without a yes it says what it would link. */
export const adopt = async (
  bridge: Bridge,
  options: BridgeOptions,
  shell: Shell,
  file: string,
  flags: AdoptFlags,
): Promise<number> => {
  const source = sourceOf(flags.as);
  if (flags.account !== undefined) ownAccountOf(flags.account, options.channels);
  const whole = await readFile(resolve(shell.cwd, file), "utf8").catch((thrown: NodeJS.ErrnoException) => {
    throw misunderstood(`${file}: it cannot be read (${thrown.code}): name a file with the records to adopt`);
  });
  const records = recordsIn(whole);
  if (records.length === 0)
    throw misunderstood(`${file}: it holds no record: export the open cases again, one to a line or as an array`);
  const told: Told[] = [];
  const tell = (one: Told): void => {
    told.push(one);
    const { as, why, post = "" } = one;
    if (flags.json) shell.out(`${JSON.stringify(one)}\n`);
    // What another system's records hold must not command a terminal.
    else shell.out(`${oneLine(`${as}: ${one.case} ${post}${why === undefined ? "" : ` (${why})`}`)}\n`);
  };
  const link = async (row: Row): Promise<void> => {
    const about = { case: row.case, post: row.post };
    const post = placeOf(row, options, flags.account);
    if (typeof post === "string") return tell({ ...about, as: "FAILED", why: post });
    if (!row.open) return tell({ ...about, as: "skipped", why: "its case is closed" });
    const before = await bridge.conversation({ post });
    const has = before?.conversation.case.ref?.id;
    if (has === row.case) return tell({ ...about, as: "known" });
    if (has !== undefined)
      return tell({ ...about, as: "skipped", why: `the post has case ${has}: merge them in the CRM` });
    if (!flags.yes) return tell({ ...about, as: "would link" });
    const persona: PersonaRef = { account: post.account, space: row.space ?? "user", id: row.person };
    const { crm } = options;
    // The key is the record's own: told again, it counts once.
    const key = `adopt/${row.case}/${post.account.id}/${post.id}`;
    await bridge.adopt({ key, case: { crm: crm.name, id: row.case }, post, persona });
    tell({ ...about, as: "linked" });
  };
  let unread = 0;
  for (const [n, record] of records.entries()) {
    const read = record === undefined ? { why: "it is no JSON" } : readRecord(source, record, flags.field);
    if ("why" in read) {
      unread += 1;
      tell({ case: `record ${n + 1}`, as: "skipped", why: read.why });
    } else
      for (const row of read.rows) {
        shell.stop.throwIfAborted();
        await link(row);
      }
  }
  const count = (as: Told["as"]): number => told.filter((one) => one.as === as).length;
  if (!flags.json) {
    const all = (["linked", "would link", "known", "skipped", "FAILED"] as const).filter((as) => count(as) > 0);
    shell.out(`${all.map((as) => `${count(as)} ${as}`).join(", ")}\n`);
    if (!flags.yes && count("would link") > 0) shell.out("nothing was linked: --yes links, and speaks to nobody\n");
  }
  if (unread === records.length)
    throw misunderstood(`${file}: none of its records is as ${source} has them: say what they are with --as`);
  return count("FAILED") > 0 ? 1 : 0;
};
