import { connect, createServer, type Socket } from "node:net";

/** One address in front of many: each connection goes to the next one that takes it. */
export interface Balance extends AsyncDisposable {
  readonly port: number;
}

/** Stands in front of the ports that are there at the moment. */
export const createBalance = async (ports: () => readonly number[]): Promise<Balance> => {
  let turn = 0;
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket));
  };
  const pass = (from: Socket, left: number): void => {
    const all = ports();
    turn += 1;
    const port = all[turn % all.length];
    if (left === 0 || port === undefined) {
      from.destroy();
      return;
    }
    const to = connect(port, "127.0.0.1");
    const next = (): void => pass(from, left - 1);
    to.once("error", next).once("connect", () => {
      to.off("error", next);
      keep(to);
      from.pipe(to).pipe(from);
      from.once("close", () => to.destroy());
      to.once("close", () => from.destroy());
    });
  };
  const server = createServer((from) => {
    keep(from);
    pass(from, 4);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
