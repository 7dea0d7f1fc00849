import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BridgeOptions, BridgeError, type Channel, type Configuration, type FromEnv } from "casethread";
import { z } from "zod";
import { sentenceOf } from "./shell.ts";

const names = ["casethread.config.ts", "casethread.config.mts", "casethread.config.js", "casethread.config.mjs"];

/** What a configuration file exports as its default: the options, or a function of the environment that gives them. */
const exported = z.union([
  z.custom<(env: NodeJS.ProcessEnv) => unknown>((value) => typeof value === "function"),
  z.looseObject({}),
]);

/** Our own sentence about what was asked for or is configured. */
export const misunderstood = (say: string, cause?: unknown): BridgeError =>
  new BridgeError(say, {
    fault: "invalid",
    adapter: "casethread",
    landed: "no",
    ...(cause === undefined ? {} : { cause }),
  });

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const find = async (cwd: string, given: string | undefined): Promise<string> => {
  for (const name of given === undefined ? names : [given]) {
    const path = resolve(cwd, name);
    if (await exists(path)) return path;
  }
  throw misunderstood(
    given === undefined
      ? `no configuration in ${cwd}: write casethread.config.ts, as casethread --help shows one, or name a file with --config`
      : `--config ${given}: there is no such file; name one, or leave it out for casethread.config.ts here`,
  );
};

/** A module in a package that npm init made for CommonJS: what it says of it is no secret, and common. */
const asCommonJs = (path: string, thrown: unknown): string | undefined =>
  thrown instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(thrown.message)
    ? `it is written as a module and read as CommonJS: run "npm pkg set type=module" beside it, or call it ${path.replace(/^.*[/\\]/, "").replace(/\.(?=[jt]s$)/, ".m")}`
    : undefined;

/** Of a file of JavaScript Node's errors hold no place, only what it prints before it ends does. */
const asBroken = (path: string, thrown: unknown): string | undefined =>
  thrown instanceof SyntaxError && !/^\s+at (?!.*node:)|^(?:file:\/\/)?\/.+:\d+\n/m.test(thrown.stack ?? "")
    ? `its syntax is wrong: run "node ${path}", which says where`
    : undefined;

/** Imports a module that a user names. */
export const load = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  if (!(await exists(path))) throw misunderstood(`${path}: there is no such file; name one that is there`);
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    if (thrown instanceof BridgeError) throw thrown;
    throw misunderstood(
      `${path} could not be loaded: ${asCommonJs(path, thrown) ?? asBroken(path, thrown) ?? sentenceOf(thrown)}`,
      thrown,
    );
  }
};

/** Each part as it is, or made of the environment. What one of them lacks keeps nobody from asking the others. */
const made = (path: string, configuration: Configuration, env: NodeJS.ProcessEnv): BridgeOptions => {
  const faults: string[] = [];
  const of = <T>(part: FromEnv<T>): T => {
    try {
      return typeof part === "function" ? (part as (from: NodeJS.ProcessEnv) => T)(env) : part;
    } catch (thrown) {
      faults.push(sentenceOf(thrown).replace(/^\[\w+: invalid\] /, ""));
      return undefined as T;
    }
  };
  const { channels, crm, store, ...rest } = configuration;
  const options: BridgeOptions = {
    ...rest,
    // What is no list is told by createBridge.
    channels: Array.isArray(channels) ? channels.map((channel: FromEnv<Channel>) => of(channel)) : (channels as never),
    crm: of(crm),
    ...(store === undefined ? {} : { store: of(store) }),
  };
  if (faults.length === 0) return options;
  throw misunderstood(
    `${path} cannot be used: something is wrong with ${faults.length} of its parts:\n  ${faults.join("\n  ")}`,
  );
};

/** What a configuration that is a function gives. */
const given = async (
  path: string,
  make: (env: NodeJS.ProcessEnv) => unknown,
  env: NodeJS.ProcessEnv,
): Promise<unknown> => {
  try {
    return await make(env);
  } catch (thrown) {
    if (thrown instanceof BridgeError) throw thrown;
    throw misunderstood(`${path}: the function that it exports threw: ${sentenceOf(thrown)}`, thrown);
  }
};

/**
 * Reads `casethread.config.ts`, or the file that is named.
 *
 * @throws BridgeError `invalid` when there is none, when it cannot be loaded, when it exports no options, or, all at once,
 * when variables are missing that its parts are made of. What is wrong with the options themselves is told by `createBridge`,
 * all of it at once.
 */
export const configured = async (
  cwd: string,
  env: NodeJS.ProcessEnv,
  file: string | undefined,
): Promise<BridgeOptions> => {
  const path = await find(cwd, file);
  const read = exported.safeParse((await load(path))["default"]);
  if (!read.success)
    throw misunderstood(
      `${path}: its default export is neither options for createBridge nor a function that gives them: write export default { channels, crm }`,
    );
  const whole = typeof read.data === "function" ? await given(path, read.data, env) : read.data;
  return made(path, (whole ?? {}) as Configuration, env);
};
