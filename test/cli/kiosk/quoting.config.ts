import type { Configuration } from "casethread";
import { sqlite } from "casethread/sqlite";
import kiosk from "./casethread.config.ts";

const key = "hunter2-the-key";
const quote = (): never => JSON.parse(key) as never;

/** What throws quotes what it was given, as JSON.parse does: where `KIOSK_QUOTES` says. */
export default (env: NodeJS.ProcessEnv): Configuration => {
  const where = env["KIOSK_QUOTES"];
  if (where === "whole") quote();
  if (where === "part") return { ...kiosk(env), crm: quote };
  return { ...kiosk(env), store: { ...sqlite({ file: ":memory:", durable: false }), migrate: async () => quote() } };
};
