import type { Perform } from "casethread";
import type { XState } from "casethread/x/sandbox";
import { acmePage, commented, performOnFacebook, rehearseOnFacebook } from "./on-facebook.ts";
import { aborted, type Ground, startBridge, startGround, unless } from "./processes.ts";
import { ended, entryWith, nothingLeft, openedCase, plannedWith, type Scene, until } from "./scene.ts";
import { createTeller, type Teller } from "./tell.ts";

/** How the demo is to be told. */
export interface StoryOptions {
  readonly perform: Perform;
  readonly channel: "x" | "facebook";
  readonly json: boolean;
  readonly verbose: boolean;
  /** Ends the story: its processes are ended, and it throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const acme = { id: "1001", handle: "acme_help", tier: "self-serve" as const };
const postUrl = (id: string): string => `https://x.com/i/status/${id}`;
type Post = XState["posts"][number];

const brandPosts = async ({ ground }: Scene): Promise<readonly Post[]> =>
  (await ground.people.state()).posts.filter((post) => post.by === acme.id);

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
  const { tell, ground } = scene;
  const opened = await openedCase(scene);

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
  await ended(scene, 5);
};

/** Nothing leaves: what customers say is admitted, and what would have been done is told. */
const rehearse = async (scene: Scene): Promise<void> => {
  const { tell, ground, bridge, url } = scene;
  await until("the conversation", () => bridge.ask("conversation", url));
  const letter = await ground.people.dm({ by: "maria_k", to: acme.id, text: "It is order 4711-0815, for Keller." });
  tell.line("private", `@maria_k: ${letter.text}`);
  await plannedWith(scene, "4711-0815");
  await nothingLeft(scene, (await brandPosts(scene)).length);
};

/** Plays one story over real HTTP between three processes, and tells it as it happens. */
export const story = async ({ perform: reach, channel, json, verbose, signal }: StoryOptions): Promise<void> => {
  const tell = createTeller(json);
  const stopped = aborted(signal);
  await using ground = await startGround(
    {
      seed: 7,
      accounts: [acme],
      hostile: { indexLagMs: 500 },
      ...(channel === "facebook" ? { pages: [acmePage] } : {}),
    },
    { unless: [stopped] },
  );
  await using bridge = await startBridge(
    {
      ground: ground.origins,
      perform: reach,
      closing: true,
      guard: "block",
      severalBrands: false,
      crmPollMs: 250,
      quietMs: 1_500,
      verbose,
    },
    { unless: [stopped, ground.lost] },
  );
  const telling = async (): Promise<void> => {
    const { x, facebook, salesforce } = ground.origins;
    const [network, origin] = facebook === undefined ? ["X", x] : ["Facebook", facebook.origin];
    await (ground.onFacebook ?? ground.people).connect({ url: bridge.webhooks });
    tell.line(
      "bridge",
      `sandboxes of ${network} and Salesforce on ${origin} and ${salesforce}; webhooks at ${bridge.webhooks}`,
    );
    const { onFacebook: people } = ground;
    if (people !== undefined) {
      const before = { tell, ground, bridge, people };
      const scene = { ...before, url: await commented(before) };
      await (reach === "none" ? rehearseOnFacebook(scene) : performOnFacebook(scene));
      return;
    }
    const scene = { tell, ground, bridge, url: postUrl((await customerSpeaks(ground, tell)).id) };
    await (reach === "none" ? rehearse(scene) : perform(scene));
  };
  await unless(telling(), [bridge.lost, ground.lost, stopped]);
};
