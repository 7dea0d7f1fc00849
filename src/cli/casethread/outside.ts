import type { Bridge } from "casethread";
import { asCommands, type Said, sentenceOf, type Shell } from "./shell.ts";

const signs = { well: "well  ", note: "note  ", wrong: "WRONG " } as const;

type Found = Awaited<ReturnType<Bridge["check"]>>[number];

/** What the bridge says of itself. A spending that cannot be read, say, takes nobody's findings away. */
const ownOf = async (bridge: Bridge): Promise<readonly Found[]> => {
  const own = (as: Found["as"], sentence: string): Found => ({ adapter: "bridge", as, say: sentence });
  try {
    const { troubles, alarms, census } = await bridge.health();
    const held = census.drafts === 1 ? "1 answer is held" : `${census.drafts} answers are held`;
    const waiting = census.drafts === 0 ? [] : [own("note", `${held}: casethread held says by what`)];
    if (troubles.length + alarms.length > 0)
      return [...[...troubles, ...alarms].map((one) => own("wrong", asCommands(one))), ...waiting];
    return waiting.length > 0
      ? [own("well", "the store opens"), ...waiting]
      : [own("well", "the store opens, and nothing waits for a person")];
  } catch (thrown) {
    return [own("wrong", `how it is could not be told: ${sentenceOf(thrown)}`)];
  }
};

/** Everything that has to be so, in the bridge and outside, a line each; 1 where anything is wrong. */
export const doctor = async (bridge: Bridge, at: string | undefined): Promise<Said> => {
  const found = await bridge.check(at === undefined ? {} : { at });
  const all = [...(await ownOf(bridge)), ...found];
  const wrong = all.filter(({ as }) => as === "wrong").length;
  const where = new Set(found.flatMap(({ adapter, as }) => (as === "wrong" ? [adapter] : [])));
  return {
    lines: [
      ...all.map(({ adapter, as, say: sentence }) => `${signs[as]} ${adapter}: ${sentence}`),
      ...[...where].map(
        (one) => `what is to be done once at ${one}: casethread setup ${one} says it, and does it with --yes`,
      ),
      wrong === 0 ? "nothing is wrong" : `${wrong} of ${all.length} ${wrong === 1 ? "is" : "are"} wrong`,
    ],
    json: { ok: wrong === 0, findings: all },
    code: wrong === 0 ? 0 : 1,
  };
};

/** What `setup` may be given. */
export interface SetupFlags {
  readonly at?: string;
  readonly yes: boolean;
  readonly production: boolean;
}

/** What has to be done once at a vendor: said, and done where that is said aloud. A step that fails ends it. */
export const setup = async (
  bridge: Bridge,
  shell: Shell,
  adapter: string,
  { at, yes, production, json }: SetupFlags & { readonly json: boolean },
): Promise<number> => {
  const steps = await bridge.setup(adapter, { production, ...(at === undefined ? {} : { at }) });
  for (const step of steps) {
    let done: string | false = false;
    try {
      if (yes) done = await step.run();
    } catch (thrown) {
      // What was asked for was understood: the vendor did not like it.
      const error = sentenceOf(thrown);
      if (json) shell.out(`${JSON.stringify({ step: step.say, done: false, error })}\n`);
      else shell.err(`${step.say}\n  FAILED: ${error}\n`);
      return 1;
    }
    if (json) shell.out(`${JSON.stringify({ step: step.say, done })}\n`);
    else shell.out(done === false ? `would ${step.say}\n` : `${step.say}\n  done: ${done}\n`);
  }
  if (!json && steps.length === 0) shell.out("nothing is left to do\n");
  if (!json && steps.length > 0 && !yes) shell.out("nothing was done: --yes does it\n");
  return 0;
};
