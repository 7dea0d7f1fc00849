/** The straightforward program in a process of its own: webhooks in, answers out, and nothing kept. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { answerParent } from "../../../src/cli/demo/child.ts";
import { type Sandboxes, straightforward } from "../straightforward.ts";

/** What the program is told. */
export interface ProgramSettings {
  readonly sandboxes: Sandboxes;
  /** How often the org is asked which answers are new, in ms. */
  readonly pollMs: number;
}

const start = async ({ sandboxes, pollMs }: ProgramSettings): Promise<string> => {
  const program = await straightforward(sandboxes);
  const secret = String(sandboxes.xOptions.app.consumerSecret);
  const server = createServer((request, response) => {
    const challenge = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("crc_token");
    if (challenge !== null) {
      const token = createHmac("sha256", secret).update(challenge).digest("base64");
      response.end(JSON.stringify({ response_token: `sha256=${token}` }));
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      program
        .take(Buffer.concat(chunks), String(request.headers["x-twitter-webhooks-signature"]))
        .then((status) => response.writeHead(status).end())
        .catch(() => response.writeHead(500).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const broken = (thrown: unknown): void => {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exit(1);
  };
  const poll = async (): Promise<void> => {
    for (;;) {
      // An answer that X lets wait keeps none of the others waiting.
      program.answerNew().catch(broken);
      await sleep(pollMs);
    }
  };
  poll().catch(broken);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
};

process.once("SIGTERM", () => process.exit(0));
answerParent({ start });
