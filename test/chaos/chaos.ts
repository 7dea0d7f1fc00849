import { parseArgs } from "node:util";
import { haveClusters } from "../postgres/cluster.ts";
import { run } from "./run.ts";

const help = `Four bridges on one PostgreSQL, killed, stopped and robbed of their database at random; audited from outside.

  npm run chaos -- --minutes 5 --seed 7

  --minutes N  for how long (1); then everything may come to its end
  --seed N     which chances; printed, and drawn when not given
  --json       the result as JSON
`;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error("--minutes and --seed: give numbers");
  if (!haveClusters()) throw new Error("chaos restarts a PostgreSQL of its own: install the packages of 15 or newer");
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (!values.json) say(`${minutes} minutes with --seed ${seed}`);
  const result = await run({
    seconds: minutes * 60,
    seed,
    ...(values.json || !process.stderr.isTTY
      ? {}
      : { onBlow: (what: string) => void process.stderr.write(`${what}\n`) }),
  });
  if (values.json) say(JSON.stringify(result, undefined, 2));
  else {
    const { kills, freezes, restarts, customers, answers, closings, found, parked, seconds, broken } = result;
    say(
      `${kills} kills, ${freezes} stops and ${restarts} restarts of the database in ${seconds} s: ${customers} customers, ` +
        `${answers} answers and ${closings} closing words; ${found} acts of unknown outcome were found on the network, ${parked} were parked`,
    );
    for (const law of broken) say(`broken: ${law}`);
    say(broken.length === 0 ? "every law holds" : `${broken.length} laws are broken`);
  }
  return result.broken.length === 0 ? 0 : 1;
};

main()
  .then((code) => {
    process.exitCode = code;
  })
  .catch((thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = 1;
  });
