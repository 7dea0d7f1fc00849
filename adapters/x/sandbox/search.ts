import type { Post, World } from "./world.ts";

type Finds = (world: World) => readonly Post[];
type Holds = (post: Post, world: World) => boolean;

const byHandle = (handle: string, world: World): string => world.user(handle)?.id ?? "";

const finder = (term: string): Finds => {
  const [, conversation, author] = /^\(conversation_id:(\d+) from:(\d+)\)$/.exec(term) ?? [];
  if (conversation !== undefined)
    return (world) => world.inConversation(conversation).filter(({ by }) => by === author);
  const [, operator, value = ""] = /^(to):(\w+)$/.exec(term) ?? [];
  // X writes the handle of whom an answer goes to before it: what answers a person also names them.
  if (operator === "to")
    return (world) => world.mentionsOf(value).filter(({ replyTo }) => world.posts.get(replyTo ?? "")?.by === value);
  if (term.startsWith("from:")) return (world) => world.postsBy(term.slice(5));
  if (term.startsWith("@")) return (world) => world.mentionsOf(byHandle(term, world));
  const words = term.replaceAll('"', "").toLowerCase();
  return (world) => world.postsFrom(0).filter(({ text }) => text.toLowerCase().includes(words));
};

const excluder = (term: string): Holds => {
  const [, operator, value = ""] = /^-(from|to|is):(\w+)$/.exec(term) ?? [];
  if (operator === "from") return ({ by }) => by !== value;
  if (operator === "to") return ({ replyTo }, world) => world.posts.get(replyTo ?? "")?.by !== value;
  if (operator === "is") return () => true;
  const handle = term.slice(1);
  return ({ mentions }, world) => !mentions.some(({ id }) => id === byHandle(handle, world));
};

/** Posts that a query of recent search and of the archive finds, oldest first: one group of alternatives, and what is left out (docs.x.com/x-api/posts/search/integrate/operators). */
export const search = (query: string, world: World): readonly Post[] | undefined => {
  const [, group, rest = ""] = /^\((.+)\)((?: -\S+)*)$/.exec(query) ?? [];
  if (group === undefined) return undefined;
  const lists = group.split(" OR ").map((term) => finder(term)(world));
  const [only] = lists;
  const found =
    lists.length === 1 && only !== undefined
      ? only
      : [...new Map(lists.flat().map((post) => [post.id, post])).values()].sort((a, b) =>
          BigInt(a.id) < BigInt(b.id) ? -1 : 1,
        );
  const holds = rest.split(" ").filter(Boolean).map(excluder);
  return found.filter((post) => holds.every((one) => one(post, world)));
};
