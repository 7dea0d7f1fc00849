import type { Perform } from "casethread";
import type { SandboxCase, SandboxEntry } from "casethread/salesforce/sandbox";
import type { XState } from "casethread/x/sandbox";
import { aborted, type Ground, type RemoteBridge, startBridge, startGround, unless } from "./processes.ts";
import { createTeller, type Teller } from "./tell.ts";

/** How the demo is to be told. */
export interface StoryOptions {
  readonly perform: Perform;
  readonly json: boolean;
  readonly verbose: boolean;
  /** Ends the story: its processes are ended, and it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const acme = { id: "1001", handle: "acme_help", tier: "self-serve" as const };
const patienceMs = 15_000;

/** Asks until there is an answer. */
const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  throw new Error(`waited ${patienceMs / 1_000} seconds for ${what}, and it did not come`);
};

const postUrl = (id: string): string => `https://x.com/i/status/${id}`;
type Post = XState["posts"][number];

interface Scene {
  readonly tell: Teller;
  readonly ground: Ground;
  readonly bridge: RemoteBridge;
  /** The customer's post. */
  readonly post: Post;
}

const brandPosts = async ({ ground }: Scene): Promise<readonly Post[]> =>
  (await ground.people.state()).posts.filter((post) => post.by === acme.id);
const caseOf = async ({ ground, bridge, post }: Scene): Promise<SandboxCase | undefined> => {
  const talk = await bridge.ask("conversation", postUrl(post.id));
  return talk?.number === undefined ? undefined : ground.board.caseOf(talk.key);
};
const entryWith = async ({ ground }: Scene, of: string, words: string): Promise<SandboxEntry | undefined> =>
  (await ground.board.entriesOf(of)).find((entry) => entry.text?.includes(words) === true);

const customerSpeaks = async (ground: Ground, tell: Teller): Promise<Post> => {
  const maria = await ground.people.persona("maria_k", { name: "Maria Keller", followers: 214 });
  const post = await ground.people.say({
    by: maria.id,
    text: "@acme_help my parcel has been lost for a week and nobody answers. Really?",
  });
  tell.line("feed", `@maria_k: ${post.text}  ${postUrl(post.id)}`);
  return post;
};

const perform = async (scene: Scene): Promise<void> => {
  const { tell, ground, bridge, post } = scene;
  const opened = await until("the case", () => caseOf(scene));
  const shown = await bridge.ask("conversation", postUrl(post.id));
  const subject = opened.fields["Subject"];
  tell.line(
    "case",
    `case ${opened.number} is open for ${opened.owner}: ${typeof subject === "string" ? subject : "no subject"}`,
  );
  tell.line("bridge", `${postUrl(post.id)} ⇄ ${shown?.url ?? ""}`);

  const ann = ground.board.agent("Ann Bauer");
  const first = "I am sorry, Maria. Please send us a private message, and I will find your parcel. ^AB";
  tell.line("case", `Ann answers, publicly: ${first}`);
  await ann.answer(opened.id, { text: first, side: "public" });
  const reply = await until("the public answer", async () => (await brandPosts(scene))[0]);
  tell.line("feed", `@acme_help: ${reply.text}  [Send a private message]  ${postUrl(reply.id)}`);

  const letter = await ground.people.followInvite({
    by: "maria_k",
    post: reply.id,
    text: "It is order 4711-0815, for Keller.",
  });
  tell.line("private", `@maria_k: ${letter.text}`);
  await until("her message on the case", () => entryWith(scene, opened.id, "4711-0815"));
  tell.line("case", `her message stands on the same case, ${opened.number}`);

  const second = "Found it: order 4711-0815 is at the depot and reaches you tomorrow before noon.";
  tell.line("case", `Ann answers, privately: ${second}`);
  await ann.answer(opened.id, { text: second, side: "private" });
  const sent = await until("the private answer", async () =>
    (await ground.people.state()).dms.find((dm) => dm.text.includes("depot")),
  );
  tell.line("private", `@acme_help: ${sent.text}`);

  await ann.close(opened.id);
  tell.line("case", `Ann closes case ${opened.number}`);
  const closing = await until("the closing word", async () =>
    (await brandPosts(scene)).find((one) => one.text.includes("sort it out")),
  );
  tell.line("feed", `@acme_help: ${closing.text}  ${postUrl(closing.id)}`);
  await bridge.ask("settled");
  const end = await until("the end of the conversation", async () => {
    const talk = await bridge.ask("conversation", postUrl(post.id));
    return talk?.stage === "resolved" && talk.entries === 5 ? talk : undefined;
  });
  tell.block("Why all this happened (bridge.explain):", end.explained);
  const parked = await bridge.ask("parked");
  if (parked.length > 0) throw new Error(`${parked.length} acts wait for a person: ${JSON.stringify(parked)}`);
};

/** Nothing leaves: what customers say is admitted, and what would have been done is told. */
const rehearse = async (scene: Scene): Promise<void> => {
  const { tell, ground, bridge, post } = scene;
  await until("the conversation", () => bridge.ask("conversation", postUrl(post.id)));
  const letter = await ground.people.dm({ by: "maria_k", to: acme.id, text: "It is order 4711-0815, for Keller." });
  tell.line("private", `@maria_k: ${letter.text}`);
  const planned = await until("the plan", async () => {
    await bridge.ask("settled");
    const acts = await bridge.ask("planned", postUrl(post.id));
    return acts.some(({ words }) => words?.includes("4711-0815") === true) ? acts : undefined;
  });
  for (const { door, act, words, usd } of planned) {
    const price = usd === undefined ? "no price of its own" : `$${usd.toFixed(3)}`;
    tell.line("plan", `${act} at ${door}, ${price}${words === undefined ? "" : `: ${words}`}`, {
      door,
      act,
      words,
      usd,
    });
  }
  const { posts } = await ground.people.state();
  const { cases } = await ground.board.state();
  const ours = posts.filter((one) => one.by === acme.id).length;
  if (ours + cases.length > 0) throw new Error(`a rehearsal left ${ours} posts and ${cases.length} cases behind`);
  tell.line("bridge", "nothing left: 0 posts, 0 cases");
};

/** Plays one story over real HTTP between three processes, and tells it as it happens. */
export const story = async ({ perform: reach, json, verbose, signal }: StoryOptions): Promise<void> => {
  const tell = createTeller(json);
  const stopped = aborted(signal);
  await using ground = await startGround(
    { seed: 7, accounts: [acme], hostile: { indexLagMs: 500 } },
    { unless: [stopped] },
  );
  await using bridge = await startBridge(
    {
      ground: ground.origins,
      perform: reach,
      closing: true,
      guard: "block",
      crmPollMs: 250,
      quietMs: 1_500,
      verbose,
    },
    { unless: [stopped, ground.lost] },
  );
  const telling = async (): Promise<void> => {
    await ground.people.connect({ url: bridge.webhooks });
    tell.line(
      "bridge",
      `sandboxes of X and Salesforce on ${ground.origins.x} and ${ground.origins.salesforce}; webhooks at ${bridge.webhooks}`,
    );
    const post = await customerSpeaks(ground, tell);
    const scene: Scene = { tell, ground, bridge, post };
    await (reach === "none" ? rehearse(scene) : perform(scene));
  };
  await unless(telling(), [bridge.lost, ground.lost, stopped]);
};
