import { Command, CommanderError } from "commander";
import manifest from "casethread/package.json" with { type: "json" };
import { type Bridge, type BridgeOptions, BridgeError, createBridge } from "casethread";
import { oneLine } from "../../core/rules/one-line.ts";
import * as act from "./act.ts";
import type { BackfillFlags } from "./backfill.ts";
import type { AdoptFlags } from "./adopt.ts";
import { check } from "./check.ts";
import { configured } from "./config.ts";
import { handover } from "./handover.ts";
import * as look from "./look.ts";
import type { MigrateFlags } from "./migrate.ts";
import * as outside from "./outside.ts";
import type { SandboxFlags } from "./sandbox.ts";
import { lineLog, serve, type ServeFlags } from "./serve.ts";
import { asCommands, type Said, say, sentenceOf, type Shell, stoppedCode } from "./shell.ts";

const after = `
Configuration: casethread.config.ts in the working directory, or the file that --config names. Its default export is what
createBridge takes; adapters and store may stand there as functions of the environment, or all of it may be one:

  import { salesforce } from "casethread/salesforce";
  import { x } from "casethread/x";
  export default { channels: [x.fromEnv], crm: salesforce.fromEnv };

Without an account: casethread sandbox > sandbox.env, and beside it
node --env-file=sandbox.env node_modules/.bin/casethread serve

Exit codes: 0 all is well, also when serve, sandbox or ledger --follow are told to stop; 1 something is wrong, or was not found; 2 the
command or the configuration cannot be understood; 128 and the signal's number: stopped before it was done.`;

interface Common {
  readonly config?: string;
  readonly json?: true;
}

/** All commands. Each leaves its exit code with `ended`. */
const programFor = (shell: Shell, ended: (code: number) => void): Command => {
  const program = new Command("casethread")
    .description("Public posts on the one side, cases on the other: what runs, what waits, and why.")
    .option("-c, --config <file>", "the configuration file")
    .option("--json", "everything printed for people, as JSON")
    .version(manifest.version, "-V, --version", "the version of the package")
    .addHelpText("after", after)
    // What commander cannot understand is said at the end, like all that goes wrong.
    .configureOutput({ writeOut: shell.out, writeErr: shell.err, outputError: () => undefined })
    .exitOverride();

  const common = (): Common => program.opts<Common>();
  const json = (): boolean => common().json === true;

  const withBridge = async (
    run: (bridge: Bridge, options: BridgeOptions) => Promise<number>,
    log?: BridgeOptions["log"],
  ): Promise<void> => {
    const options = await configured(shell.cwd, shell.env, common().config);
    await using bridge = createBridge({ ...(log === undefined ? {} : { log }), ...options });
    ended(await run(bridge, options));
  };
  const saying = (said: (bridge: Bridge, options: BridgeOptions) => Promise<Said>): Promise<void> =>
    withBridge(async (bridge, options) => say(shell, json(), await said(bridge, options)));

  program
    .command("serve")
    .description("take webhooks and work, until stopped")
    .option("-p, --port <number>", "where to listen; 0 is any free port", "8080")
    .option("--host <address>", "who may reach it; 0.0.0.0 is everybody", "127.0.0.1")
    .action((flags: Omit<ServeFlags, "json">) =>
      withBridge((bridge, { channels, crm, intake }) => {
        const base = (intake?.basePath ?? "").replace(/\/+$/, "");
        const heard = [...channels, ...(crm.read === undefined ? [] : [crm])];
        const paths = heard.map(({ name }) => `${base}/${name}`);
        return serve(bridge, shell, paths, { ...flags, json: json() });
      }, lineLog(shell)),
    );
  program
    .command("doctor")
    .description(
      "look at everything outside: credentials, permissions, subscriptions, fields, limits, clocks, webhooks",
    )
    .option("--at <url>", "where the bridge is reached from outside: https://bridge.example")
    .action(({ at }: { readonly at?: string }) => saying((bridge) => outside.doctor(bridge, at)));
  program
    .command("setup")
    .description("what has to be done once at a vendor: say it, and do it with --yes")
    .argument("<adapter>", "a channel or the CRM, as the configuration has it: x, facebook, salesforce")
    .option("--at <url>", "where the bridge is reached from outside: https://bridge.example")
    .option("--yes", "do it, step by step; the first that fails ends it", false)
    .option("--production", "people may be at work in what is set up", false)
    .action((adapter: string, flags: outside.SetupFlags) =>
      withBridge((bridge) => outside.setup(bridge, shell, adapter, { ...flags, json: json() })),
    );
  program
    .command("sandbox")
    .description(
      "X, Facebook and Salesforce on this machine, until stopped, and a console to see it all in a browser; prints what to set so that serve runs against them",
    )
    .option(
      "-p, --port <number>",
      "X's port, and the next three for the others and the console; 0 is any free ones",
      "7001",
    )
    .option("--at <url>", "where the bridge will be", "http://127.0.0.1:8080")
    .option("--no-console", "without the console")
    .action(async (flags: Omit<SandboxFlags, "json">) => {
      const { sandbox } = await import("./sandbox.ts");
      ended(await sandbox(shell, { ...flags, json: json() }));
    });
  program
    .command("migrate")
    .description("bring the store to this version; print PostgreSQL's statements; or move an embedded store there")
    .option("--print", "print the statements, and ask nobody", false)
    .option("--since <version>", "with --print: from this version of the schema on")
    .option("--role <name>", "with --print: and the rights of a role that runs the bridge and changes no schema")
    .option("--from <file>", "move this embedded store, which nobody works any more, to PGHOST and its kin")
    .option("--schema <name>", "PostgreSQL's schema (default: casethread)")
    .action(async (flags: Omit<MigrateFlags, "json">) => {
      const { migrate } = await import("./migrate.ts");
      const options = () => configured(shell.cwd, shell.env, common().config);
      ended(await migrate(shell, { ...flags, json: json() }, options));
    });
  program
    .command("backfill")
    .description(
      "read what was said before the bridge listened: says what it would be and cost, and reads it with --yes",
    )
    .requiredOption("--from <day>", "from this day on: 2026-01-31")
    .option("--account <channel/id>", "of this account only")
    .option("--watch", "keep what was said, and open no case", false)
    .option("--yes", "read it; stopped in the middle, the same command goes on", false)
    .action((flags: Omit<BackfillFlags, "json">) =>
      withBridge(async (bridge) => {
        const { backfill } = await import("./backfill.ts");
        return backfill(bridge, shell, { ...flags, json: json() });
      }),
    );
  program
    .command("adopt")
    .description("link open cases with the posts they are about, from another system's records, and speak to nobody")
    .argument("<file>", "the records: JSON, or one JSON value a line")
    .option("--as <source>", "what they are: jsonl, socialpost, chatwoot or zammad", "jsonl")
    .option("--field <name>", "chatwoot, zammad: the field that holds the CRM's case id", "case")
    .option("--account <channel/id>", "the posts are this account's")
    .option("--yes", "link; without it says what it would link", false)
    .action((file: string, flags: Omit<AdoptFlags, "json">) =>
      withBridge(async (bridge, options) => {
        const { adopt } = await import("./adopt.ts");
        return adopt(bridge, options, shell, file, { ...flags, json: json() });
      }),
    );
  program
    .command("health")
    .description("what is wrong, in sentences")
    .action(() => saying((bridge) => look.health(bridge)));
  program
    .command("explain")
    .description("why all that happened to a conversation did")
    .argument("<which>", "the link of a post or of a case, a case's id, or a conversation's key")
    .action((which: string) => saying((bridge, { crm }) => look.explain(bridge, crm.name, which)));
  program
    .command("ledger")
    .description("the record of what reached us, what was decided and what was done; it holds nobody's words")
    .option("--after <position>", "from this position on")
    .option("--limit <rows>", "so many rows at most")
    .option("--kinds <kinds>", "these kinds of record alone, with commas between them: event, decided, erased …")
    .option("-f, --follow", "and what is to come, until stopped", false)
    .action(
      (flags: {
        readonly after?: string;
        readonly limit?: string;
        readonly kinds?: string;
        readonly follow: boolean;
      }) =>
        withBridge((bridge) =>
          look.ledger(bridge, shell, {
            follow: flags.follow,
            json: json(),
            limit: flags.limit === undefined ? Number.POSITIVE_INFINITY : look.rowsOf(flags.limit),
            ...(flags.after === undefined ? {} : { after: flags.after }),
            ...(flags.kinds === undefined ? {} : { kinds: look.kindsOf(flags.kinds) }),
          }),
        ),
    );
  program
    .command("parked")
    .description("acts that wait for a person")
    .action(() => saying((bridge) => look.parked(bridge)));
  for (const [how, what] of [
    ["retry", "send a parked act again; words that may have gone out, only after you have looked"],
    ["drop", "let a parked act be"],
  ] as const)
    program
      .command(how)
      .description(what)
      .argument("<effect>", "its key, as casethread parked prints it")
      .action((effect: string) => saying((bridge) => act.settle(bridge, how, effect)));
  program
    .command("landed")
    .description("say that a parked act is there after all, once you have seen it")
    .argument("<effect>", "its key, as casethread parked prints it")
    .argument("[link]", "the post's own link, where it is one: answers to it are known by it at once")
    .action((effect: string, link?: string) =>
      saying((bridge, { channels }) => act.landed(bridge, channels, effect, link)),
    );
  program
    .command("held")
    .description("drafts that wait, each with what holds it")
    .action(() => saying((bridge) => look.held(bridge)));
  for (const [how, what] of [
    ["release", "let a held draft go"],
    ["withdraw", "take a held draft back"],
  ] as const)
    program
      .command(how)
      .description(what)
      .argument("<draft>", "its key, as casethread held prints it")
      .action((draft: string) => saying((bridge) => act.decide(bridge, how, draft)));
  program
    .command("unread")
    .description("what was genuine and could not be read, as it came")
    .action(() => saying((bridge) => look.unread(bridge)));
  program
    .command("dismiss")
    .description("say that you have seen to an unread item; what it said is kept no longer")
    .argument("<item>", "its id, as casethread unread prints it")
    .action((item: string) => saying((bridge) => act.dismiss(bridge, item)));
  program
    .command("handover")
    .description("what waits, what is promised and what is held, by department")
    .action(() => saying((bridge) => handover(bridge)));
  program
    .command("pause")
    .description("silence everything, or a part of it: when this has returned, nothing more leaves")
    .requiredOption("--reason <text>", "why, for whoever finds it")
    .option("--account <channel/id>", "only this account")
    .option("--side <side>", "only public, or only private")
    .option("--words <whose>", "only a person's, or only automatic ones")
    .action((flags: act.PauseFlags) => saying((bridge, { channels }) => act.pause(bridge, channels, flags)));
  program
    .command("resume")
    .description("lift a pause; nothing that waited leaves by itself")
    .argument("<pause>", "its id, as casethread health prints it")
    .action((id: string) => saying((bridge) => act.resume(bridge, id)));
  program
    .command("check")
    .description("hold an adapter of your own against the laws")
    .argument("<file>", "a module that exports channel, crm or store: a function that makes a subject for each law")
    .action(async (file: string) => ended(await check(shell, file, json())));
  return program;
};

/** What commander could not understand, and who says how it is written. */
const unread = (program: Command, argv: readonly string[], { message }: CommanderError, inJson: boolean): string => {
  const meant = program.commands.find((one) => argv.includes(one.name()));
  const help = `casethread ${meant === undefined ? "" : `${meant.name()} `}--help says what it takes`;
  const error = message.replace(/^error: /, "");
  return inJson
    ? `${JSON.stringify({ error: `${error}: ${help}`, fault: "invalid" })}\n`
    : `error: ${error}\n${help}\n`;
};

/** An older Node installs the package all the same, and stumbles later over what it lacks. */
const askOf = (node: string): void => {
  const wanted = manifest.engines.node.replace(/^>=/, "");
  if (node.localeCompare(wanted, "en", { numeric: true }) < 0)
    throw new BridgeError(`this is Node ${node}: install Node ${wanted} or newer, and run it with that`, {
      fault: "unavailable",
      adapter: "casethread",
      landed: "no",
    });
};

/** Runs one command. The answer is the exit code; nothing is thrown. */
export const run = async (shell: Shell): Promise<number> => {
  let code = 0;
  const program = programFor(shell, (ended) => {
    code = ended;
  });
  const inJson = shell.argv.includes("--json");
  try {
    if (shell.node !== undefined) askOf(shell.node);
    await program.parseAsync(shell.argv, { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // Help and version have been said already.
      if (thrown.exitCode === 0) return 0;
      if (thrown.code !== "commander.help") shell.err(unread(program, shell.argv, thrown, inJson));
      return 2;
    }
    if (thrown === shell.stop.reason) return stoppedCode(shell);
    const error = asCommands(sentenceOf(thrown));
    const fault = thrown instanceof BridgeError ? thrown.fault : undefined;
    const lines = error.split("\n").map(oneLine).join("\n");
    shell.err(inJson ? `${JSON.stringify({ error, fault })}\n` : `${lines}\n`);
    return fault === "invalid" ? 2 : 1;
  }
};
