import type { FbNode } from "casethread/facebook/sandbox";
import type { Post as XPost } from "casethread/x/sandbox";
import type { Letter, Network, Post } from "./page/model.ts";
import { refuse } from "./refuse.ts";
import { account, cast, page, type World } from "./world.ts";

/** So many are shown, the newest of them. */
const most = 60;

/** The newest threads whole, each with what stands under it: the newest thread first, in it the oldest post. */
const threaded = <T>(
  all: readonly T[],
  of: { id(one: T): string; parent(one: T): string | undefined; at(one: T): number; post(one: T, depth: number): Post },
): readonly Post[] => {
  const under = Map.groupBy(all, (one) => of.parent(one));
  const whole = (one: T, depth: number): readonly T[] => [
    one,
    ...(under.get(of.id(one)) ?? []).flatMap((child) => whole(child, depth + 1)),
  ];
  const depths = new Map<string, number>();
  for (const one of all) depths.set(of.id(one), (depths.get(of.parent(one) ?? "") ?? -1) + 1);
  return (under.get(undefined) ?? [])
    .map((root) => whole(root, 0))
    .sort((a, b) => Math.max(...b.map(of.at)) - Math.max(...a.map(of.at)))
    .flat()
    .slice(0, most)
    .map((one) => of.post(one, depths.get(of.id(one)) ?? 0));
};

const stateOf = ({ gone = false, hidden = false }: { gone?: boolean; hidden?: boolean }): Post["state"] =>
  gone ? "gone" : hidden ? "hidden" : "shown";

const onX = async ({ x }: World): Promise<readonly Post[]> => {
  const { users, posts } = await x.state();
  const names = new Map(users.map((user) => [user.id, user]));
  const known = new Set(posts.map(({ id }) => id));
  const last = posts.filter(({ id, history }) => history.at(-1) === id);
  return threaded<XPost>(last, {
    id: ({ history }) => history[0] ?? "",
    parent: ({ replyTo }) => (replyTo !== undefined && known.has(replyTo) ? replyTo : undefined),
    at: ({ at }) => at,
    post: (one, depth) => {
      const by = names.get(one.by);
      const text = one.deepLink === undefined ? one.text : one.text.replace(one.deepLink, "").trim();
      return {
        id: one.id,
        network: "x",
        by: one.by === account.id ? "Acme" : (by?.name ?? one.by),
        handle: `@${by?.handle ?? one.by}`,
        brand: one.by === account.id,
        text: one.gone === true ? "" : text,
        at: one.at,
        depth,
        invite: one.deepLink !== undefined,
        state: stateOf(one),
      };
    },
  });
};

const inviteLink = /\s*https:\/\/m\.me\/\d+\?ref=\S+/;

const onFacebook = async ({ facebook }: World): Promise<readonly Post[]> => {
  const { users, nodes } = await facebook.state();
  const names = new Map(users.map(({ id, name }) => [id, name]));
  return threaded<FbNode>(nodes, {
    id: ({ id }) => id,
    parent: ({ parent }) => parent,
    at: ({ at }) => at,
    post: (one, depth) => {
      const brand = one.by === page.id;
      const name = brand ? page.name : (names.get(one.by) ?? one.by);
      return {
        id: one.id,
        network: "facebook",
        by: name,
        handle: brand ? "Page" : "",
        brand,
        text: one.gone ? "" : one.text.replace(inviteLink, ""),
        at: one.at,
        depth,
        invite: brand && inviteLink.test(one.text),
        state: stateOf(one),
      };
    },
  });
};

/** What stands on the feeds. */
export const feedOf = async (world: World): Promise<readonly Post[]> => [
  ...(await onX(world)),
  ...(await onFacebook(world)),
];

/** Whose ids in Messenger these are, as far as they showed: the Page knows people there by others. */
const psidsOf = async (world: World, told: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> => {
  const { users, nodes } = await world.facebook.state();
  const names = new Map(users.map(({ id, name }) => [id, name]));
  const replied = nodes.flatMap(({ repliedTo, by }) =>
    repliedTo === undefined ? [] : [[repliedTo, names.get(by) ?? by] as const],
  );
  return new Map([...told, ...replied]);
};

/** What was said in private. `psids`: whose ids in Messenger are known from what the visitor said as them. */
export const lettersOf = async (world: World, psids: ReadonlyMap<string, string>): Promise<readonly Letter[]> => {
  const { users, dms } = await world.x.state();
  const { letters } = await world.facebook.state();
  const names = new Map(users.map((user) => [user.id, user]));
  const people = await psidsOf(world, psids);
  const shown: Letter[] = [
    ...dms.map((one): Letter => {
      const ours = one.from === account.id;
      const other = names.get(ours ? one.to : one.from);
      const { id, text, at } = one;
      return { id, network: "x", with: other?.name ?? "", handle: `@${other?.handle ?? ""}`, ours, text, at };
    }),
    ...letters.map(({ id, ours, text, at, psid }): Letter => {
      const name = people.get(psid) ?? "Somebody";
      return { id, network: "facebook", with: name, handle: "", ours, text, at };
    }),
  ];
  return shown.sort((a, b) => a.at - b.at).slice(-most);
};

/** Somebody of the cast. */
const personOf = (id: string): (typeof cast.customers)[number] => {
  const found = cast.customers.find((one) => one.id === id);
  if (found === undefined) throw refuse(`nobody here is called ${id}: speak as one of the cast`);
  return found;
};

/**
 * What the visitor does as a customer.
 *
 * @throws BridgeError from each of its verbs, in a sentence for the visitor: where nobody of the cast is called so, or what
 * is spoken under, followed or removed is not there.
 */
export interface Customer {
  say(what: { by: string; network: Network; text: string; replyTo?: string | undefined }): Promise<void>;
  write(what: { by: string; network: Network; text: string }): Promise<void>;
  /** Opens the way into private that a post carries, and says something there. */
  follow(what: { by: string; network: Network; post: string; text: string }): Promise<void>;
  remove(what: { network: Network; post: string }): Promise<void>;
  /** Whose ids in Messenger were seen. */
  readonly psids: ReadonlyMap<string, string>;
}

/** Lets the visitor be any of the customers. */
export const createCustomer = (world: World): Customer => {
  const psids = new Map<string, string>();
  const messaged = async (name: string, text: string): Promise<void> => {
    const { psid } = await world.facebook.message({ by: name, page: page.id, text });
    psids.set(psid, name);
  };
  return {
    psids,
    say: async ({ by, network, text, replyTo }) => {
      const { name, handle } = personOf(by);
      if (network === "x") {
        await world.x.say({ by: handle, text, ...(replyTo === undefined ? {} : { replyTo }) });
        return;
      }
      const [post] = (await world.facebook.state()).nodes;
      await world.facebook.comment({ by: name, under: replyTo ?? post?.id ?? "", text });
    },
    write: async ({ by, network, text }) => {
      const { name, handle } = personOf(by);
      if (network === "x") await world.x.dm({ by: handle, to: account.id, text });
      else await messaged(name, text);
    },
    follow: async ({ by, network, post, text }) => {
      const { name, handle } = personOf(by);
      if (network === "x") {
        await world.x.followInvite({ by: handle, post, text });
        return;
      }
      await world.facebook.openInvite({ by: name, post });
      await messaged(name, text);
    },
    remove: async ({ network, post }) => {
      if (network === "x") await world.x.remove({ post });
      else await world.facebook.remove({ post });
    },
  };
};
