import { spawn } from "node:child_process";
import type { Report } from "./index.ts";

/** What `npm run simulate` runs, after Node's own name. */
export const command: readonly string[] = [
  "--conditions=casethread:source",
  "--disable-warning=ExperimentalWarning",
  new URL("index.ts", import.meta.url).pathname,
];

/** Runs `npm run simulate` in a process of its own, because it puts the process's time under a seed. */
export const simulate = (...orders: readonly string[]): Promise<Report> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...command, ...orders, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => void told.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => void complaints.push(chunk));
    child.once("error", reject);
    child.once("close", () => {
      const text = Buffer.concat(told).toString();
      if (text.trim() === "") reject(new Error(`the simulation said nothing: ${Buffer.concat(complaints).toString()}`));
      else resolve(JSON.parse(text) as Report);
    });
  });
