import { underFire } from "./under-fire.ts";

// A quarter of them. By the hundred thousand: `npm run test:long`.
underFire({ read: 16_000, forged: 7_000, edge: 1_000, edgeForged: 1_000 });
