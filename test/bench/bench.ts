import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { benches } from "./benches.ts";
import { figureText, type OnProgress } from "./figure.ts";

const names = Object.keys(benches);
const width = Math.max(...names.map((name) => name.length));

const help = `Measures what was promised, each figure beside its floor in the same run.

  npm run bench -- NAME

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
  .join("\n")}
  ${"all".padEnd(width)}  all of them, one after the other

  --json        a line for each figure: { name, value, unit, floor, ratio, target, holds }
  --strict      exit code 1 when a target is missed
  --share N     outage, surge: this part of the time they play (1)
  --file FILE   replay: a file with the columns of Kaggle's "Customer Support on Twitter", instead of one made up
`;

const options = {
  json: { type: "boolean", default: false },
  strict: { type: "boolean", default: false },
  share: { type: "string", default: "1" },
  file: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What was asked for, or the sentence that says why it cannot be understood. */
const asked = () => {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.message.split(". ")[0] ?? thrown.message) : String(thrown);
  }
};

/** Shows how far a bench is, where somebody looks. */
const progressOf = (name: string): { readonly tell: OnProgress; stop(): void } => {
  if (!process.stderr.isTTY) return { tell: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ format: ` ${name} {bar} {value}/{total}, {duration_formatted}`, stream: process.stderr });
  let started = false;
  return {
    tell: (done, all) => {
      if (!started) bar.start(all, 0);
      started = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
};

const run = async (): Promise<number> => {
  const given = asked();
  if (typeof given === "string") {
    process.stderr.write(`${given}: see --help\n`);
    return 2;
  }
  const { values, positionals } = given;
  if (values.help || positionals.length === 0) {
    process.stdout.write(help);
    return 0;
  }
  const wanted = positionals.flatMap((name) => (name === "all" ? names : [name]));
  const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no bench called ${unknown.join(", ")}: give ${names.join(", ")} or all\n`);
    return 2;
  }
  const share = Number(values.share);
  if (!(share > 0 && share <= 1)) {
    process.stderr.write(`--share ${values.share}: give a number above 0, 1 for all of it\n`);
    return 2;
  }
  let missed = 0;
  for (const name of wanted) {
    const progress = progressOf(name);
    const of = { share, ...(values.file === undefined ? {} : { file: values.file }) };
    const figures = (await benches[name]?.run(of, progress.tell).finally(progress.stop)) ?? [];
    for (const figure of figures) {
      if (!figure.holds) missed++;
      process.stdout.write(`${values.json ? JSON.stringify(figure) : figureText(figure)}\n`);
    }
  }
  return values.strict && missed > 0 ? 1 : 0;
};

run()
  .then((code) => {
    process.exitCode = code;
  })
  .catch((thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    process.exitCode = 1;
  });
