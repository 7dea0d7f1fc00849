import { execFile } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A PostgreSQL of one's own, made of the system's packages in a temporary folder. */
export interface Cluster extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly user: "postgres";
  /** `immediate` gives it no time to write anything down, as a crash would. */
  stop(how: "fast" | "immediate"): Promise<void>;
  start(): Promise<void>;
  /** A standby of this one that follows it, as a cluster of its own, until it is promoted. */
  standby(): Promise<Cluster & { promote(): Promise<void> }>;
}

/** Is there to be no PostgreSQL here, whatever is installed? `CASETHREAD_POSTGRES=none` shows what is said on a machine without. */
export const hidden = (): boolean => process.env["CASETHREAD_POSTGRES"] === "none";

export const binaries = (): string | undefined => (hidden() ? undefined : packages());

const packages = (): string | undefined =>
  globSync("/usr/lib/postgresql/*/bin")
    .filter((folder) => Number(/(\d+)/.exec(folder)?.[1]) >= 15 && existsSync(join(folder, "initdb")))
    .sort()
    .at(-1);

/** Can clusters be made here? */
export const haveClusters = (): boolean => binaries() !== undefined;

/** PostgreSQL refuses to run as root. */
const somebody = async (): Promise<{ readonly uid: number; readonly gid: number } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, name]))).catch(() => undefined);
    if (ids !== undefined) return { uid: Number(ids[0]?.stdout), gid: Number(ids[1]?.stdout) };
  }
  throw new Error("root cannot run PostgreSQL, and there is no user postgres or nobody");
};

/** A port that nobody listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

// Power cuts are not tried here, and a sync for every commit would be most of the time the tests take.
const settings = (port: number, folder: string): string =>
  `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60 -c shared_buffers=32MB -c wal_level=replica -c max_wal_senders=4 -c log_min_messages=panic`;

const clusterIn = async (
  bin: string,
  who: Awaited<ReturnType<typeof somebody>>,
  fill: (data: string) => Promise<void>,
): Promise<Cluster & { promote(): Promise<void> }> => {
  const folder = mkdtempSync("/tmp/casethread-pg-");
  if (who !== undefined) chownSync(folder, who.uid, who.gid);
  const data = join(folder, "data");
  const port = await freePort();
  const call = (name: string, ...args: readonly string[]): Promise<unknown> =>
    run(join(bin, name), args, { cwd: folder, ...who });
  const ctl = (...args: readonly string[]): Promise<unknown> =>
    call("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), ...args);
  const start = async (): Promise<void> => void (await ctl("start", "-o", settings(port, folder)));
  const stop: Cluster["stop"] = async (how) => void (await ctl("stop", "-m", how).catch(() => undefined));
  await fill(data);
  await start();
  return {
    port,
    folder,
    user: "postgres",
    start,
    stop,
    promote: async () => void (await ctl("promote")),
    standby: () =>
      clusterIn(bin, who, async (copy) => {
        const from = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"];
        await run(join(bin, "pg_basebackup"), [...from, "-D", copy, "-R", "-X", "stream", "-c", "fast"], {
          ...who,
          cwd: "/tmp",
        });
      }),
    [Symbol.asyncDispose]: async () => {
      await stop("immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Makes a cluster and starts it. */
export const createCluster = async (): Promise<Cluster> => {
  const bin = binaries();
  if (bin === undefined) throw new Error("there are no packages of PostgreSQL 15 or newer here");
  const who = await somebody();
  return clusterIn(bin, who, async (data) => {
    await run(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"], {
      cwd: "/tmp",
      ...who,
    });
  });
};
