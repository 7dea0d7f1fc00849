import { createBridge } from "casethread";
import { postgres } from "casethread/postgres";
import { salesforce } from "casethread/salesforce";
import { x } from "casethread/x";
import { Pool } from "pg";

const store = postgres({ pool: new Pool({ max: 10 }) }); // from PGHOST and its kin; schema "casethread"
const bridge = createBridge({ channels: [x.fromEnv(process.env)], crm: salesforce.fromEnv(process.env), store });
await bridge.work(); // here, and in as many processes as you like
