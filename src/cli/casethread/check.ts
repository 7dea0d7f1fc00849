import { resolve } from "node:path";
import {
  type ChannelSubject,
  channelLaws,
  crmLaws,
  type CrmSubject,
  type Law,
  storeLaws,
  type StoreSubject,
} from "casethread/conformance";
import { load, misunderstood } from "./config.ts";
import type { Shell } from "./shell.ts";

type Subjects = { readonly channel: ChannelSubject; readonly crm: CrmSubject; readonly store: StoreSubject };

const laws: { readonly [Kind in keyof Subjects]: readonly Law<Subjects[Kind]>[] } = {
  channel: channelLaws,
  crm: crmLaws,
  store: storeLaws,
};

const run = async <Subject extends Partial<AsyncDisposable>>(
  all: readonly Law<Subject>[],
  make: () => Promise<Subject> | Subject,
  tell: (name: string, broken?: string) => void,
): Promise<void> => {
  for (const law of all) {
    try {
      const subject = await make();
      try {
        await law.run(subject);
      } finally {
        // A network that still listens would keep the command from ending.
        await subject[Symbol.asyncDispose]?.();
      }
      tell(law.name);
    } catch (thrown) {
      tell(law.name, thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
};

/**
 * Holds a stranger's adapter against the laws. Its file exports `channel`, `crm` or `store`: a function that makes a subject
 * anew for each law, with the network or database it talks to. Where it is disposable it is disposed of after its law.
 */
export const check = async (shell: Shell, file: string, json: boolean): Promise<number> => {
  const path = resolve(shell.cwd, file);
  const module = await load(path);
  const kinds = (["channel", "crm", "store"] as const).filter((kind) => typeof module[kind] === "function");
  if (kinds.length === 0)
    throw misunderstood(
      `${path} exports no function called channel, crm or store: write one that makes a subject (see casethread/conformance)`,
    );
  let broken = 0;
  let kept = 0;
  for (const kind of kinds) {
    const tell = (law: string, how?: string): void => {
      if (how === undefined) kept += 1;
      else broken += 1;
      if (json)
        shell.out(`${JSON.stringify({ kind, law, kept: how === undefined, ...(how === undefined ? {} : { how }) })}\n`);
      else shell.out(how === undefined ? `kept    ${kind}: ${law}\n` : `BROKEN  ${kind}: ${law}\n        ${how}\n`);
    };
    await run(laws[kind] as readonly Law<object>[], module[kind] as () => object, tell);
  }
  if (!json) shell.out(`${kept} laws kept, ${broken} broken\n`);
  return broken === 0 ? 0 : 1;
};
