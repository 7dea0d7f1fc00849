import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { run } from "../../src/cli/casethread/program.ts";

/** A bridge at a port: without Facebook it answers 404. */
const bridgeAt = async (port: number, takes: boolean) => {
  const knocks: number[] = [];
  const server: Server = createServer(({ url = "" }, answer) => {
    knocks.push(Date.now());
    const { searchParams } = new URL(url, "http://127.0.0.1");
    answer.writeHead(takes ? 200 : 404).end(takes ? searchParams.get("hub.challenge") : "");
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    knocks,
    port: (server.address() as AddressInfo).port,
    end: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
};

it("a sandbox asks a bridge without Facebook once, says that this is as it should be, and soon meets the next one", async () => {
  const alone = await bridgeAt(0, false);
  const { port } = alone;
  const over = new AbortController();
  let err = "";
  const sandbox = run({
    argv: ["sandbox", "--port", "0", "--at", `http://127.0.0.1:${port}`, "--no-console"],
    env: {},
    cwd: import.meta.dirname,
    out: () => undefined,
    err: (text) => void (err += text),
    stop: over.signal,
  });
  await expect.poll(() => alone.knocks.length).toBe(1);
  await sleep(1_500);
  expect(alone.knocks).toHaveLength(1);
  expect(err).toContain(`A bridge without Facebook is at http://127.0.0.1:${port}/facebook: it logs that`);
  await alone.end();
  // Node and its modules take longer to start.
  await sleep(700);
  const both = await bridgeAt(port, true);
  const began = Date.now();
  await expect.poll(() => both.knocks.length).toBe(1);
  expect((both.knocks[0] ?? 0) - began).toBeLessThan(5_000);
  over.abort();
  expect(await sandbox).toBe(0);
  await both.end();
});
