import { setTimeout as sleep } from "node:timers/promises";
import { createFacebookSandbox, type FacebookSandbox } from "casethread/facebook/sandbox";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import { createXSandbox } from "casethread/x/sandbox";
import { misunderstood } from "./config.ts";
import { portOf } from "./serve.ts";
import type { Shell } from "./shell.ts";

/** What `sandbox` may be given. */
export interface SandboxFlags {
  /** X's port; Facebook and Salesforce have the next two. */
  readonly port: string;
  /** Where the bridge will be. */
  readonly at: string;
  readonly json: boolean;
}

const account = { id: "1001", handle: "acme_help" };
const page = { id: "448242228374517", name: "Acme Help" };
const knockMs = 500;

type Variables = Readonly<Record<string, string>>;

/** Facebook is told by nobody where the bridge is; the X channel registers itself. It knocks until the bridge is there. */
const introduce = async (facebook: FacebookSandbox, webhook: string, stop: AbortSignal): Promise<void> => {
  for (;;) {
    const met = await facebook.connect({ url: webhook }).then(
      () => true,
      () => false,
    );
    if (met || stop.aborted) return;
    await sleep(knockMs, undefined, { signal: stop }).catch(() => undefined);
  }
};

const started = async <T>(what: string, port: number, start: (port: number) => Promise<T>): Promise<T> => {
  try {
    return await start(port);
  } catch (thrown) {
    const { code = "" } = thrown as NodeJS.ErrnoException;
    throw misunderstood(
      `the sandbox of ${what} cannot be served at port ${port} (${code}): name another --port`,
      thrown,
    );
  }
};

/** The networks and the CRM on this machine, until it is stopped; says what to set so that a bridge runs against them unchanged. */
export const sandbox = async (shell: Shell, { port, at, json }: SandboxFlags): Promise<number> => {
  if (!/^http:\/\/(?:127\.0\.0\.1|localhost):\d+$/.test(at))
    throw misunderstood(`--at ${at}: write where the bridge will be on this machine, such as http://127.0.0.1:8080`);
  const from = portOf(port);
  const next = (by: number): number => (from === 0 ? 0 : from + by);
  await using x = await started("X", from, (of) => createXSandbox({ accounts: [account], port: of }));
  await using facebook = await started("Facebook", next(1), (of) => createFacebookSandbox({ pages: [page], port: of }));
  await using salesforce = await started("Salesforce", next(2), (of) => createSalesforceSandbox({ port: of }));
  await x.persona("maria_k", { name: "Maria Keller" });
  await facebook.persona("Maria Keller");
  const post = await facebook.post({ by: page.id, page: page.id, text: "Our depots are open on Sunday." });
  const said = { by: "maria_k", text: `@${account.handle} my parcel is lost` };
  const commented = { by: "Maria Keller", under: post.id, text: "My parcel is lost" };
  const variables: Variables = {
    ...x.env(),
    X_WEBHOOK_URL: `${at}/x`,
    ...facebook.env(),
    ...salesforce.env(),
  };
  if (json) shell.out(`${JSON.stringify(variables)}\n`);
  else {
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    shell.out(`${lines.join("\n")}\n`);
    shell.err(
      [
        "Running until it is stopped. Beside it: casethread serve, with these variables. Then people speak, on X and on Facebook:",
        `  curl -d '${JSON.stringify(said)}' ${x.origin}/sandbox/say`,
        `  curl -d '${JSON.stringify(commented)}' ${facebook.origin}/sandbox/comment`,
        `and the org holds: curl ${salesforce.origin}/sandbox/state`,
        "",
      ].join("\n"),
    );
  }
  const met = introduce(facebook, `${at}/facebook`, shell.stop);
  if (!shell.stop.aborted)
    await new Promise((resolve) => shell.stop.addEventListener("abort", resolve, { once: true }));
  await met;
  return 0;
};
