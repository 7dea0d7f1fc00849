import type { BridgeOptions } from "casethread";
import { sqlite } from "casethread/sqlite";
import { createDesk, deskCrm } from "../../made-up/desk.ts";
import { createPark, parkChannel } from "../../made-up/park.ts";

export default (env: NodeJS.ProcessEnv): BridgeOptions => ({
  channels: [parkChannel(createPark(Date.now))],
  crm: deskCrm(createDesk(Date.now, { lawful: true })),
  store: sqlite({ file: env["KIOSK_DB"] ?? ":memory:", durable: false }),
});
