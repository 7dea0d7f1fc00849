import { benchSurge } from "./test/bench/postgres/surge.ts";
import { figureText } from "./test/bench/figure.ts";
for (const one of await benchSurge({ seconds: Number(process.argv[2]), perSecond: Number(process.argv[3]) })) console.log(figureText(one));
