import type { FacebookPeople, FacebookState } from "casethread/facebook/sandbox";
import { ended, entryWith, nothingLeft, openedCase, plannedWith, type Scene, until } from "./scene.ts";

/** The Page that the play is about. */
export const acmePage = { id: "448242228374517", name: "Acme Help" };

type Comment = FacebookState["nodes"][number];

const urlOf = ({ id, root }: Comment): string => {
  const [page = "", post = ""] = root.split("_");
  return `https://www.facebook.com/${page}/posts/${post}?comment_id=${id.split("_")[1]}`;
};

/** The same, on Facebook. */
export interface FacebookScene extends Scene {
  readonly people: FacebookPeople;
}

const brandComments = async ({ people }: FacebookScene): Promise<readonly Comment[]> =>
  (await people.state()).nodes.filter(({ by, kind }) => by === acmePage.id && kind === "comment");

/** The customer comments on a post of the Page's. The answer is her comment's page. */
export const commented = async ({ people, tell }: Omit<FacebookScene, "url">): Promise<string> => {
  const post = await people.post({ by: acmePage.id, page: acmePage.id, text: "Our depots are open on Sunday." });
  tell.line("feed", `${acmePage.name}: ${post.text}`);
  const maria = await people.persona("Maria Keller");
  const text = "My parcel has been lost for a week and nobody answers. Really?";
  const comment = await people.comment({ by: maria.id, under: post.id, text });
  tell.line("feed", `Maria Keller: ${text}  ${urlOf(comment)}`);
  return urlOf(comment);
};

/** One comment, from the feed through a private reply to the closing word. */
export const performOnFacebook = async (scene: FacebookScene): Promise<void> => {
  const { tell, ground, people } = scene;
  const opened = await openedCase(scene);
  const ann = ground.board.agent("Ann Bauer");
  const saidByUs = (words: string) => async () =>
    (await people.state()).letters.find(({ ours, text }) => ours && text.includes(words));

  const first = "I am sorry, Maria. What is the order's number? I will find your parcel. ^AB";
  tell.line("case", `Ann answers, privately: ${first}`);
  await ann.answer(opened.id, { text: first, side: "private" });
  const reply = await until("the private reply", saidByUs("order's number"));
  tell.line("private", `${acmePage.name}: ${reply.text}  [a private reply to her comment]`);

  const letter = await people.message({ by: "Maria Keller", page: acmePage.id, text: "It is 4711-0815, for Keller." });
  tell.line("private", `Maria Keller: ${letter.text}`);
  await until("her message on the case", () => entryWith(scene, opened.id, "4711-0815"));
  tell.line("case", `her message stands on the same case, ${opened.number}`);

  const second = "Found it: order 4711-0815 is at the depot and reaches you tomorrow before noon.";
  tell.line("case", `Ann answers, privately: ${second}`);
  await ann.answer(opened.id, { text: second, side: "private" });
  const sent = await until("the private answer", saidByUs("depot"));
  tell.line("private", `${acmePage.name}: ${sent.text}`);

  await ann.close(opened.id);
  tell.line("case", `Ann closes case ${opened.number}`);
  const closing = await until("the closing word", async () =>
    (await brandComments(scene)).find(({ text }) => text.includes("sort it out")),
  );
  tell.line("feed", `${acmePage.name}: ${closing.text}  ${urlOf(closing)}`);
  await ended(scene, 5);
};

/** Nothing leaves. */
export const rehearseOnFacebook = async (scene: FacebookScene): Promise<void> => {
  const { people } = scene;
  await until("the conversation", () => scene.bridge.ask("conversation", scene.url));
  const again = "It is order 4711-0815.";
  const { nodes } = await people.state();
  const hers = nodes.find((one) => urlOf(one) === scene.url);
  await people.comment({ by: "Maria Keller", under: hers?.id ?? "", text: again });
  scene.tell.line("feed", `Maria Keller: ${again}`);
  await plannedWith(scene, "4711-0815");
  await nothingLeft(scene, (await brandComments(scene)).length);
};
