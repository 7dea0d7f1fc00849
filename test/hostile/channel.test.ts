import { underFire } from "./under-fire.ts";

// An eighth of them. By the hundred thousand: `npm run test:long`.
underFire({ read: 8_000, forged: 3_500, edge: 504, edgeForged: 500 });
