/** The load: sends deliveries over so many connections, each the next one as soon as the last is answered. */
import { Pool } from "undici";
import { answerParent } from "../../../src/cli/demo/child.ts";

/** What is sent, and where. */
export interface Load {
  readonly url: string;
  readonly connections: number;
}

/** What came of it. */
export interface Answered {
  readonly seconds: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
}

let bodies: readonly Buffer[] = [];
let signatures: readonly string[] = [];

const load = async (given: { readonly bodies: readonly string[]; readonly signatures: readonly string[] }) => {
  bodies = given.bodies.map((body) => Buffer.from(body));
  signatures = given.signatures;
};

const fire = async ({ url, connections }: Load): Promise<Answered> => {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const statuses: Record<string, number> = {};
  let next = 0;
  const connection = async (): Promise<void> => {
    for (let at = next++; at < bodies.length; at = next++) {
      const headers = {
        "content-type": "application/json",
        "x-twitter-webhooks-signature": signatures[at] ?? "",
      };
      const { statusCode, body } = await pool.request({
        path: pathname,
        method: "POST",
        headers,
        body: bodies[at] ?? null,
      });
      await body.dump();
      statuses[statusCode] = (statuses[statusCode] ?? 0) + 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - began) / 1_000;
  await pool.close();
  return { seconds, statuses };
};

answerParent({ load, fire });
