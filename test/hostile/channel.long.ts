import { underFire } from "./under-fire.ts";

// 100,000 for each channel.
underFire({ read: 64_000, forged: 28_000, edge: 4_000, edgeForged: 4_000 });
