import { registerHooks } from "node:module";
import { crmTalk } from "../../src/conformance/crm/tasks.ts";
import { run } from "../../src/cli/casethread/program.ts";

/** What is optional is not installed here, and this is a runtime without SQLite. */
const absent =
  /^(?:twitter-api-v2|facebook-nodejs-business-sdk|jsforce|@jsforce\/jsforce-node|pg|@opentelemetry\/api|node:sqlite)$/;
let broken = "";
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === broken) throw new SyntaxError("Unexpected end of input");
    if (absent.test(specifier))
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
    return next(specifier, context);
  },
});

const { facebook } = await import("casethread/facebook");
const { salesforce } = await import("casethread/salesforce");
const { x } = await import("casethread/x");
const { openTelemetry } = await import("casethread/opentelemetry");
const { sqlite } = await import("casethread/sqlite");

const kit = {
  signal: AbortSignal.timeout(20_000),
  now: () => Date.now(),
  note: () => ({ read: async () => undefined, swap: async () => true }),
  depart: () => undefined,
};
const said = async (asked: AsyncIterable<unknown> | undefined): Promise<string> => {
  try {
    for await (const page of asked ?? []) return (page as { readonly alarms: readonly string[] }).alarms.join();
    return "nothing";
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
};
const sentences: string[] = [];
const channel = x({
  app: { consumerKey: "k", consumerSecret: "s" },
  accounts: [{ id: "1", handle: "acme", credentials: { accessToken: "t", accessSecret: "s" } }],
});
sentences.push(await said(channel.since?.({ channel: "x", id: "1" }, {}, kit)));
const page = facebook({ app: { id: "1", secret: "s", verifyToken: "v" }, pages: [{ id: "2", token: "t" }] });
sentences.push(await said(page.since?.({ channel: "facebook", id: "2" }, {}, kit)));
const crm = salesforce({ origin: "https://acme.my.salesforce.com", login: { accessToken: "t" } });
for (const name of ["", "jsforce"]) {
  broken = name;
  const [outcome] = await crm.write([crmTalk("absent", "salesforce", 0).open("hi")], kit);
  sentences.push(outcome instanceof Error ? outcome.message : "written");
}
const thrownBy = async (work: () => unknown): Promise<void> => {
  try {
    await work();
  } catch (thrown) {
    sentences.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
};
await thrownBy(openTelemetry);
await thrownBy(() => sqlite({ file: ":memory:", durable: false }).migrate());
const shell = { env: {}, cwd: "/", out: () => undefined, stop: kit.signal };
await run({ ...shell, argv: ["migrate", "--from", import.meta.filename], err: (text) => void sentences.push(text) });
process.stdout.write(JSON.stringify(sentences));
