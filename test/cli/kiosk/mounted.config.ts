import type { BridgeOptions } from "casethread";
import kiosk from "./casethread.config.ts";

export default (env: NodeJS.ProcessEnv): BridgeOptions => ({ ...kiosk(env), intake: { basePath: "/hooks/" } });
