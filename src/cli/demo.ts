import { parseArgs } from "node:util";
import type { Perform } from "casethread";
import { story } from "./demo/story.ts";
import { asProcess } from "./process.ts";

const help = `Plays the main job on this machine: no account, no network.

  npm run demo                          one post, from the feed to the closing word
  npm run demo -- --channel facebook    the same on Facebook: a comment, a private reply, Messenger
  npm run demo -- --perform none        only what customers say; prints what would have been done
  npm run demo -- --replay FILE.csv     plays a file of support tweets through the whole loop, and audits it

  --json       everything printed for people, as JSON lines
  --verbose    what the bridge says, on standard error
`;

const reaches: readonly Perform[] = ["none", "crm", "private", "all"];

const options = {
  perform: { type: "string" },
  channel: { type: "string", default: "x" },
  replay: { type: "string" },
  json: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What was asked for, or the sentence that says why it cannot be understood. */
const asked = () => {
  try {
    return parseArgs({ options }).values;
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.message.split(". ")[0] ?? thrown.message) : String(thrown);
  }
};

const run = async (signal: AbortSignal): Promise<number> => {
  const values = asked();
  if (typeof values === "string") {
    process.stderr.write(`${values}: see --help\n`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const { json, verbose, replay: file, channel } = values;
  if (channel !== "x" && channel !== "facebook") {
    process.stderr.write(`--channel ${channel}: the demo plays "x" or "facebook"\n`);
    return 2;
  }
  const wanted = values.perform ?? "all";
  if (file !== undefined) {
    if (channel !== "x") {
      process.stderr.write("--channel facebook: a replay plays on X; leave out --channel, or --replay\n");
      return 2;
    }
    if (wanted !== "all") {
      process.stderr.write(
        `--perform ${wanted}: a replay performs all; leave out --perform, or --replay to rehearse one post\n`,
      );
      return 2;
    }
    const { replay } = await import("./replay/index.ts");
    return replay({ file, json, verbose, signal });
  }
  const perform = reaches.find((reach) => reach === wanted);
  if (perform !== "all" && perform !== "none") {
    process.stderr.write(`--perform ${wanted}: the demo plays "all" or "none"\n`);
    return 2;
  }
  await story({ perform, channel, json, verbose, signal });
  return 0;
};

asProcess(run);
