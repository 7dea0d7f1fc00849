import { parseArgs } from "node:util";
import type { Perform } from "casethread";
import { story } from "./demo/story.ts";

const help = `Plays the main job on this machine: no account, no network.

  npm run demo                          one post, from the feed to the closing word
  npm run demo -- --perform none        only what customers say; prints what would have been done
  npm run demo -- --replay FILE.csv     plays a file of support tweets through the whole loop, and audits it

  --json       everything printed for people, as JSON lines
  --verbose    what the bridge says, on standard error
`;

const reaches: readonly Perform[] = ["none", "crm", "private", "all"];

const options = {
  perform: { type: "string", default: "all" },
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

const run = async (): Promise<number> => {
  const values = asked();
  if (typeof values === "string") {
    process.stderr.write(`${values}: see --help\n`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const { json, verbose, replay: file } = values;
  if (file !== undefined) {
    const { replay } = await import("./replay/index.ts");
    return replay({ file, json, verbose });
  }
  const perform = reaches.find((reach) => reach === values.perform);
  if (perform !== "all" && perform !== "none") {
    process.stderr.write(`--perform ${values.perform}: the demo plays "all" or "none"\n`);
    return 2;
  }
  await story({ perform, json, verbose });
  return 0;
};

run()
  .then((code) => {
    process.exitCode = code;
  })
  .catch((thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = 1;
  });
