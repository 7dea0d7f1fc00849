import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

/** What each example prints, line by line. */
const printed: Readonly<Record<string, readonly RegExp[]>> = {
  "01-quickstart.ts": [
    /^https:\/\/x\.com\/i\/status\/\d+ is case \d{8}$/m,
    /^on the feed: @maria_k We are looking for it, Maria\. https:\/\/x\.com\/messages\/compose\?recipient_id=1001/m,
    /^invited, case \d{8}, waiting for the customer$/m,
    /the customer spoke in public: nobody known: a new conversation begins; given to support; a case is to be opened$/m,
  ],
  "02-set-up-x.ts": [
    /^before: x: no webhook is registered at http:\/\/127\.0\.0\.1:\d+\/x: register it\.$/m,
    /^before: x: account 1001 is not subscribed to post\.create/m,
    /^registered and valid$/m,
    /^subscribed to \d+ kinds of events$/m,
    /^after: nothing is wrong$/m,
    /^lapsed: x: X sends the webhook http:\S+ nothing any more/m,
    /^lapsed: x: account 1001 is not subscribed to/m,
  ],
};

it("every example has an output to compare with", () => {
  expect(readdirSync(resolve(root, "examples")).filter((name) => name.endsWith(".ts"))).toEqual(Object.keys(printed));
});

it.for(Object.entries(printed))("%s runs as it is, against the sandbox", { timeout: 30_000 }, async ([name, lines]) => {
  const args = ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning", `examples/${name}`];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: root, env: { PATH: process.env["PATH"] } });
  expect(stderr).toBe("");
  for (const line of lines) expect(stdout).toMatch(line);
});
