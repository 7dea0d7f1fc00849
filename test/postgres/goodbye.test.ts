import { createServer, type Socket } from "node:net";
import { Pool } from "pg";
import { expect, it } from "vitest";
import { postgres } from "casethread/postgres";

const message = (kind: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(kind);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const welcome = [message("R", Buffer.alloc(4)), message("Z", Buffer.from("I"))];
const goodbye = message("E", Buffer.from("SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"));

it("a server that lets somebody in and shuts down in one breath ends a call, not the process", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("data", () => void socket.end(Buffer.concat([...welcome, goodbye])));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const pool = new Pool({ host: "127.0.0.1", user: "postgres", ...(port === undefined ? {} : { port }) });
  try {
    await using store = postgres({ pool });
    await expect(store.migrate()).rejects.toMatchObject({ fault: "unavailable" });
    expect(sockets.size).toBe(1);
  } finally {
    await pool.end();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
