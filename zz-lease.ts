import { benchLease } from "./test/bench/postgres/lease.ts";
import { figureText } from "./test/bench/figure.ts";
const sizes = process.argv.slice(2).map(Number);
for (const one of await benchLease({ conversations: sizes, backlog: 100_000, leases: 40 })) console.log(figureText(one));
