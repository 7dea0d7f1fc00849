import { BridgeError } from "casethread/adapter";
import type { Clock } from "casethread/sandbox";
import { type Announcement, feedChange, letterEvent, messengerEvent } from "./render.ts";
import type { FacebookPeople, Whom } from "./types.ts";
import type { FbLetter, FbNode, FbUser, World } from "./world.ts";

/** What of {@link FacebookPeople} happens on the network itself. */
export type Deeds = Pick<
  FacebookPeople,
  "persona" | "post" | "comment" | "message" | "tap" | "byHand" | "openInvite" | "edit" | "remove" | "hide" | "control"
>;

const no = (say: string): BridgeError =>
  new BridgeError(say, { fault: "missing", adapter: "facebook sandbox", landed: "no" });

/** The app behind the Page's inbox. */
const inbox = "263902037430900";

/** Lets people act: in Facebook's own apps, where no window and no limit holds them. */
export const createPeople = (
  world: World,
  ground: { readonly clock: Clock; readonly app: string },
  tell: (all: readonly Announcement[]) => void,
): Deeds => {
  const { clock, app } = ground;
  const idOf = (whom: Whom): string => (typeof whom === "string" ? whom : whom.id);
  const who = (whom: Whom): FbUser => {
    const user = world.pages.get(idOf(whom)) ?? world.user(idOf(whom));
    if (user === undefined) throw no(`nobody here is called ${idOf(whom)}: make them with persona().`);
    return user;
  };
  const pageOf = (whom: Whom): string => {
    const page = world.pages.get(idOf(whom));
    if (page === undefined) throw no(`there is no Page ${idOf(whom)}.`);
    return page.id;
  };
  const which = (id: string): FbNode => {
    const node = world.nodes.get(id);
    if (node === undefined || node.gone) throw no(`there is no post or comment ${id}.`);
    return node;
  };
  const told = (node: FbNode, verb: string): FbNode => {
    tell([feedChange(node, verb, clock.now(), world)]);
    return node;
  };
  const written = (letter: FbLetter): FbLetter => {
    const { owner } = world.thread(letter.page, letter.psid);
    tell([letterEvent(letter, owner !== undefined && owner !== app)]);
    return letter;
  };

  return {
    persona: async (name) => world.user(name) ?? world.addUser(name),
    post: async ({ by, page, text, ad }) => {
      const node = world.add({
        page: pageOf(page),
        by: who(by).id,
        text,
        viaApi: false,
        ...(ad === undefined ? {} : { ad }),
      });
      // Nothing is told of advertisements; of comments under them it is.
      return ad === true ? node : told(node, "add");
    },
    comment: async ({ by, under, text = "", photo, unnamed }) => {
      const on = which(under);
      return told(
        world.add({
          page: on.page,
          by: who(by).id,
          text,
          parent: on.id,
          viaApi: false,
          ...(photo === undefined ? {} : { photo }),
          ...(unnamed === undefined ? {} : { unnamed }),
        }),
        "add",
      );
    },
    message: async ({ by, page, text = "", picture }) => {
      const to = pageOf(page);
      const psid = world.psidOf(to, who(by).id);
      world.thread(to, psid).heardAt = clock.now();
      return written(world.write({ page: to, psid, ours: false, text, ...(picture === undefined ? {} : { picture }) }));
    },
    tap: async ({ by, page, title }) => {
      const to = pageOf(page);
      const psid = world.psidOf(to, who(by).id);
      world.thread(to, psid).heardAt = clock.now();
      // It stands in the thread as her own words.
      const letter = world.write({ page: to, psid, ours: false, text: title });
      const postback = { mid: letter.id, title, payload: "MENU" };
      tell([messengerEvent(to, psid, "messaging_postbacks", letter.at, { postback })]);
      return letter;
    },
    byHand: async ({ page, to, text }) => {
      const of = pageOf(page);
      return written(world.write({ page: of, psid: world.psidOf(of, who(to).id), ours: true, text, app: inbox }));
    },
    openInvite: async ({ by, post }) => {
      const { text } = which(post);
      const link = /https:\/\/m\.me\/(\d+)\?ref=(\S+)/.exec(text);
      if (link === null) throw no(`${post} carries no link into Messenger.`);
      const page = pageOf(link[1] ?? "");
      const ref = decodeURIComponent(link[2] ?? "");
      const psid = world.psidOf(page, who(by).id);
      const thread = world.thread(page, psid);
      const referral = { ref, source: "SHORTLINK", type: "OPEN_THREAD" };
      const first =
        thread.heardAt === undefined && !world.letters.some((one) => one.page === page && one.psid === psid);
      thread.heardAt = clock.now();
      tell([
        first
          ? messengerEvent(page, psid, "messaging_postbacks", clock.now(), {
              postback: { title: "Get Started", payload: "GET_STARTED", referral },
            })
          : messengerEvent(page, psid, "messaging_referrals", clock.now(), { referral }),
      ]);
    },
    edit: async ({ post, text }) => told(world.change(which(post), { text, editedAt: clock.now() }), "edited"),
    remove: async ({ post }) => void told(world.change(which(post), { gone: true }), "remove"),
    hide: async ({ post, hidden }) => void told(world.change(which(post), { hidden }), hidden ? "hide" : "unhide"),
    control: async ({ page, person, owner }) => {
      const of = pageOf(page);
      const psid = world.psidOf(of, who(person).id);
      const thread = world.thread(of, psid);
      const next = owner === "app" ? app : owner === "inbox" ? inbox : "999000999";
      const previous = thread.owner ?? app;
      thread.owner = next;
      const handed =
        next === app
          ? { pass_thread_control: { previous_owner_app_id: previous, new_owner_app_id: next } }
          : { take_thread_control: { previous_owner_app_id: previous, new_owner_app_id: next } };
      tell([messengerEvent(of, psid, "messaging_handovers", clock.now(), handed)]);
    },
  };
};
