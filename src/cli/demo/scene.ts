import type { SandboxCase, SandboxEntry } from "casethread/salesforce/sandbox";
import type { Ground, RemoteBridge } from "./processes.ts";
import { refuse } from "./refuse.ts";
import type { Teller } from "./tell.ts";

const patienceMs = 15_000;

/** Asks until there is an answer. */
export const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  throw refuse(
    `waited ${patienceMs / 1_000} seconds for ${what}, and it did not come: see with --verbose what the bridge says`,
  );
};

/** What a play goes on with once the customer has spoken, whatever the network. */
export interface Scene {
  readonly tell: Teller;
  readonly ground: Ground;
  readonly bridge: RemoteBridge;
  /** The page of the customer's post. */
  readonly url: string;
}

/** The case of the post, once it is open. */
const caseOf = async ({ ground, bridge, url }: Scene): Promise<SandboxCase | undefined> => {
  const talk = await bridge.ask("conversation", url);
  return talk?.number === undefined ? undefined : ground.board.caseOf(talk.key);
};

/** The entry on a case that holds these words. */
export const entryWith = async ({ ground }: Scene, of: string, words: string): Promise<SandboxEntry | undefined> =>
  (await ground.board.entriesOf(of)).find((entry) => entry.text?.includes(words) === true);

/** Tells that the case is open, and with what. */
export const openedCase = async (scene: Scene): Promise<SandboxCase> => {
  const { tell, bridge, url } = scene;
  const opened = await until("the case", () => caseOf(scene));
  const shown = await bridge.ask("conversation", url);
  const subject = opened.fields["Subject"];
  tell.line(
    "case",
    `case ${opened.number} is open for ${opened.owner}: ${typeof subject === "string" ? subject : "no subject"}`,
  );
  tell.line("bridge", `${url} ⇄ ${shown?.url ?? ""}`);
  return opened;
};

/** Ends the play: all is settled, nothing waits for a person, and why it all happened is told. */
export const ended = async ({ tell, bridge, url }: Scene, entries: number): Promise<void> => {
  await bridge.ask("settled");
  const end = await until("the end of the conversation", async () => {
    const talk = await bridge.ask("conversation", url);
    return talk?.stage === "resolved" && talk.entries === entries ? talk : undefined;
  });
  tell.block("Why all this happened (bridge.explain):", end.explained);
  const parked = await bridge.ask("parked");
  if (parked.length > 0)
    throw refuse(`acts wait for a person (${JSON.stringify(parked)}): see with --verbose what became of them`);
};

/** Nothing leaves: what would have been done is told, once an act carries these words. */
export const plannedWith = async ({ tell, bridge, url }: Scene, words: string): Promise<void> => {
  const planned = await until("the plan", async () => {
    await bridge.ask("settled");
    const acts = await bridge.ask("planned", url);
    return acts.some((act) => act.words?.includes(words) === true) ? acts : undefined;
  });
  for (const { door, act, words: text, usd } of planned) {
    const price = usd === undefined ? "no price of its own" : `$${usd.toFixed(3)}`;
    tell.line("plan", `${act} at ${door}, ${price}${text === undefined ? "" : `: ${text}`}`, {
      door,
      act,
      words: text,
      usd,
    });
  }
};

/** Nothing may be left behind by a rehearsal. */
export const nothingLeft = async ({ tell, ground }: Scene, posts: number): Promise<void> => {
  const { cases } = await ground.board.state();
  if (posts + cases.length > 0)
    throw refuse(
      `a rehearsal left posts (${posts}) or cases (${cases.length}) behind: report it to the authors of casethread`,
    );
  tell.line("bridge", "nothing left: 0 posts, 0 cases");
};
