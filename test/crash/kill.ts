import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { run } from "./kill/run.ts";

const help = `Kills a bridge at work, again and again, and audits what is left from outside.

  npm run crash -- --kills 100 --seed 7

  --kills N    how often (100)
  --seed N     which chances; printed, and drawn when not given
  --json       the result as JSON
`;

const numberOf = (name: string, given: string): number => {
  const value = Number(given);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} ${given}: give a whole number`);
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "100" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const kills = numberOf("kills", values.kills);
  const seed = numberOf("seed", values.seed);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  if (!values.json) say(`${kills} kills with --seed ${seed}`);

  const bar =
    process.stderr.isTTY && !values.json
      ? new SingleBar({ format: "{bar} {value} of {total} kills, {duration} s  {now}", stream: process.stderr })
      : undefined;
  bar?.start(kills, 0, { now: "" });
  const result = await run({
    kills,
    seed,
    onKill: (done) => bar?.update(done),
    onPeace: () => bar?.update({ now: "peace: everything comes to its end" }),
  }).finally(() => bar?.stop());

  if (values.json) say(JSON.stringify(result, undefined, 2));
  else {
    const { customers, answers, closings, parked, found, seconds, broken } = result;
    say(
      `${result.kills} kills in ${seconds} s: ${customers} customers, ${answers} answers and ${closings} closing words; ` +
        `${found} acts of unknown outcome were found on the network, ${parked} were parked`,
    );
    for (const law of broken) say(`broken: ${law}`);
    const kept = `${broken.length} laws are broken; the store was kept as ${result.kept}, and --seed ${seed} kills at the same moments`;
    say(broken.length === 0 ? "every law holds" : kept);
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
