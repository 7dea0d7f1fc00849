import { benchOutage } from "./test/bench/postgres/outage.ts";
import { figureText } from "./test/bench/figure.ts";
for (const one of await benchOutage({ seconds: Number(process.argv[2]), perSecond: 200 })) console.log(figureText(one));
