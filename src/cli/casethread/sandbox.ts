import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "casethread";
import { createFacebookSandbox, type FacebookSandbox } from "casethread/facebook/sandbox";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createXSandbox } from "casethread/x/sandbox";
import type { Console } from "../console/server.ts";
import { misunderstood } from "./config.ts";
import { portOf } from "./serve.ts";
import type { Shell } from "./shell.ts";

/** What `sandbox` may be given. */
export interface SandboxFlags {
  /** X's port; Facebook, Salesforce and the console have the next three. */
  readonly port: string;
  /** Where the bridge will be. */
  readonly at: string;
  /** Is the console served? */
  readonly console: boolean;
  readonly json: boolean;
}

const account = { id: "1001", handle: "acme_help" };
const brandPage = { id: "448242228374517", name: "Acme Help" };
const knockMs = 500;
/** A bridge that answers and has no Facebook logs each knock, and has none until it is started anew. */
const strangerMs = 30_000;

type Variables = Readonly<Record<string, string>>;

/** Does anybody listen there? Nothing is asked, so that nothing is logged. */
const listens = async (webhook: string): Promise<boolean> => {
  const { hostname, port } = new URL(webhook);
  const socket = connect(Number(port), hostname);
  const met = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return met;
};

/** Facebook is told by nobody where the bridge is; the X channel registers itself. It knocks until the bridge is there. */
const introduce = async (
  facebook: FacebookSandbox,
  webhook: string,
  { stop, tell }: { readonly stop: AbortSignal; readonly tell: (line: string) => void },
): Promise<void> => {
  const pause = () => sleep(knockMs, undefined, { signal: stop }).catch(() => undefined);
  while (!stop.aborted) {
    const refused = await facebook.connect({ url: webhook }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (refused === undefined) return;
    if (refused instanceof BridgeError) {
      tell(
        refused.message.includes("(HTTP 404)")
          ? `A bridge without Facebook is at ${webhook}: it logs that a delivery was refused (404), as it should.`
          : refused.message,
      );
      // Another bridge may be started in its place.
      for (const until = Date.now() + strangerMs; Date.now() < until && !stop.aborted; await pause())
        if (!(await listens(webhook))) break;
    } else await pause();
  }
};

const started = async <T>(what: string, port: number, start: (port: number) => Promise<T>): Promise<T> => {
  try {
    return await start(port);
  } catch (thrown) {
    const { code, syscall } = thrown as NodeJS.ErrnoException;
    if (syscall !== "listen") throw thrown;
    throw misunderstood(`${what} cannot be served at port ${port} (${code}): name another --port`, thrown);
  }
};

/** The console, where it is wanted: a world of its own, so that a bridge beside the sandboxes has them for itself. */
const consoleAt = async (port: number, wanted: boolean): Promise<Console | undefined> => {
  if (!wanted) return undefined;
  const { createConsole } = await import("../console/server.ts");
  return started("the console", port, (of) => createConsole({ port: of }));
};

/** The networks and the CRM on this machine, until it is stopped; says what to set so that a bridge runs against them unchanged. */
export const sandbox = async (shell: Shell, { port, at, console: page, json }: SandboxFlags): Promise<number> => {
  if (!/^http:\/\/(?:127\.0\.0\.1|localhost):\d+$/.test(at))
    throw misunderstood(`--at ${at}: write where the bridge will be on this machine, such as http://127.0.0.1:8080`);
  const from = portOf(port);
  if (from > 65_532) throw misunderstood(`--port ${port}: the next three are needed too: give 65532 or a lower one`);
  const next = (by: number): number => (from === 0 ? 0 : from + by);
  await using x = await started("the sandbox of X", from, (of) => createXSandbox({ accounts: [account], port: of }));
  await using facebook = await started("the sandbox of Facebook", next(1), (of) =>
    createFacebookSandbox({ pages: [brandPage], port: of }),
  );
  await using salesforce = await started("the sandbox of Salesforce", next(2), (of) =>
    createSalesforceSandbox({ port: of }),
  );
  await using shown = await consoleAt(next(3), page);
  await x.persona("maria_k", { name: "Maria Keller" });
  await facebook.persona("Maria Keller");
  const post = await facebook.post({ by: brandPage.id, page: brandPage.id, text: "Our depots are open on Sunday." });
  const said = { by: "maria_k", text: `@${account.handle} my parcel is lost` };
  const commented = { by: "Maria Keller", under: post.id, text: "My parcel is lost" };
  const variables: Variables = {
    ...x.env(),
    X_WEBHOOK_URL: `${at}/x`,
    ...facebook.env(),
    ...salesforce.env(),
  };
  if (json) {
    shell.out(`${JSON.stringify(variables)}\n`);
    if (shown !== undefined) shell.err(`${JSON.stringify({ console: shown.url })}\n`);
  } else {
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    shell.out(`${lines.join("\n")}\n`);
    shell.err(
      [
        ...(shown === undefined
          ? []
          : [
              `The console: ${shown.url}`,
              "  a feed, a private side, an agent's case and why all of it happens, over networks and an org of its own.",
            ]),
        "Running until it is stopped. Beside it: casethread serve, with these variables. Then people speak, on X and on Facebook:",
        `  curl -d '${JSON.stringify(said)}' ${x.origin}/sandbox/say`,
        `  curl -d '${JSON.stringify(commented)}' ${facebook.origin}/sandbox/comment`,
        `and the org holds: curl ${salesforce.origin}/sandbox/state`,
        "Stopped, it has forgotten all of it: remove the bridge's casethread.db* then as well.",
        "",
      ].join("\n"),
    );
  }
  const told = new Set<string>();
  const tell = (line: string): void => {
    if (!json && !told.has(line)) shell.err(`${line}\n`);
    told.add(line);
  };
  const met = introduce(facebook, `${at}/facebook`, { stop: shell.stop, tell });
  const stopped = new Promise<void>((resolve) => {
    if (shell.stop.aborted) resolve();
    shell.stop.addEventListener("abort", () => resolve(), { once: true });
  });
  await (shown === undefined ? stopped : Promise.race([stopped, shown.working]));
  await met;
  return 0;
};
