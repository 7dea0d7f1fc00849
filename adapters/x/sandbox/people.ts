import { BridgeError } from "casethread/adapter";
import type { Letter, Post, User, World } from "./world.ts";
import type { Whom, XPeople } from "./types.ts";

/** What of {@link XPeople} happens on the network itself. */
export type Deeds = Pick<XPeople, "persona" | "say" | "dm" | "followInvite" | "edit" | "remove" | "hideAway">;

const no = (say: string): BridgeError => new BridgeError(say, { fault: "missing", adapter: "x sandbox", landed: "no" });

/** Lets people act: in X's own apps, where no summon rule and no limit holds them. */
export const createPeople = (
  world: World,
  tell: { posted(post: Post): void; removed(post: Post): void; wrote(letter: Letter): void },
): Deeds => {
  const who = (whom: Whom): User => {
    const user = world.user(typeof whom === "string" ? whom : whom.id);
    if (user === undefined)
      throw no(`nobody here is called ${typeof whom === "string" ? whom : whom.id}: make them with persona().`);
    return user;
  };
  const which = (id: string): Post => {
    const post = world.posts.get(id);
    if (post === undefined || post.gone === true) throw no(`there is no post ${id}.`);
    return post;
  };
  const posted = (post: Post): Post => {
    tell.posted(post);
    return post;
  };
  const wrote = (letter: Letter): Letter => {
    tell.wrote(letter);
    return letter;
  };

  return {
    persona: async (handle, more = {}) => world.user(handle) ?? world.addUser(handle, more),
    say: async ({ by, text, replyTo, quote, mentions = [], language }) =>
      posted(
        world.post({
          by: who(by),
          text,
          replyTo: replyTo === undefined ? undefined : which(replyTo),
          quote: quote === undefined ? undefined : which(quote),
          mentions: mentions.map(who),
          language,
          viaApi: false,
        }),
      ),
    dm: async ({ by, to, text, picture }) =>
      wrote(world.letter(who(by), who(to), { text, viaApi: false, ...(picture === undefined ? {} : { picture }) })),
    followInvite: async ({ by, post, text }) => {
      const link = which(post).deepLink;
      if (link === undefined) throw no(`post ${post} carries no link into a private thread.`);
      const asked = new URL(link).searchParams;
      const written = [asked.get("text"), text]
        .filter((part) => part !== null && part !== undefined && part !== "")
        .join(" ");
      return wrote(world.letter(who(by), who(asked.get("recipient_id") ?? ""), { text: written, viaApi: false }));
    },
    edit: async ({ post, text }) => {
      const old = which(post);
      const edited = world.post({
        by: who(old.by),
        text,
        replyTo: old.replyTo === undefined ? undefined : world.posts.get(old.replyTo),
        quote: old.quote === undefined ? undefined : world.posts.get(old.quote),
        edits: old,
        viaApi: false,
      });
      for (const id of old.history) {
        const version = world.posts.get(id);
        if (version !== undefined) world.change(version, { history: edited.history });
      }
      return posted(edited);
    },
    hideAway: async ({ by, back = false }) => world.changeUser(who(by), { hidden: !back }),
    // Deleting one version deletes them all (docs.x.com/x-api/fundamentals/edit-posts).
    remove: async ({ post }) => {
      const gone = which(post);
      for (const id of gone.history) {
        const version = world.posts.get(id);
        if (version !== undefined) world.change(version, { gone: true });
      }
      tell.removed(gone);
    },
  };
};
