import { BridgeError } from "casethread/adapter";
import type { Clock } from "casethread/sandbox";

/** A person. In Messenger each Page knows them by another id. */
export interface FbUser {
  readonly id: string;
  readonly name: string;
}
/** A Page of the brand. */
export interface FbPageSide extends FbUser {
  readonly token: string;
  readonly humanAgent: boolean;
  /** The token's user may see the Page's advertisements. */
  readonly ads: boolean;
  /** The app may use its Messenger. */
  readonly messaging: boolean;
}
/** A post, or a comment. */
export interface FbNode {
  readonly id: string;
  /** The Page it stands on. */
  readonly page: string;
  readonly kind: "post" | "comment";
  readonly by: string;
  readonly text: string;
  readonly at: number;
  /** Its post's id; its own, if it is one. */
  readonly root: string;
  readonly parent?: string;
  readonly photo?: string;
  readonly unnamed?: boolean;
  readonly ad?: boolean;
  readonly shownAt: number;
  readonly editedAt?: number;
  readonly hidden: boolean;
  readonly gone: boolean;
  readonly liked: boolean;
  /** The one private reply was made: the PSID it went to. */
  readonly repliedTo?: string;
  readonly viaApi: boolean;
}
/** A message in Messenger. */
export interface FbLetter {
  readonly id: string;
  readonly page: string;
  readonly psid: string;
  /** Who wrote: the Page, or the person. */
  readonly ours: boolean;
  readonly text: string;
  readonly picture?: string;
  /** What Messenger calls it. @default "image" */
  readonly pictureType?: string;
  readonly metadata?: string | undefined;
  /** The app that sent it. */
  readonly app?: string;
  readonly at: number;
  readonly shownAt: number;
}
/** A private thread. */
export interface FbThread {
  /** When the person did something that opens the window. */
  heardAt?: number;
  /** The app that has it; undefined: whoever is the default. */
  owner?: string;
}

/** The network's state. */
export interface World {
  readonly pages: ReadonlyMap<string, FbPageSide>;
  readonly users: ReadonlyMap<string, FbUser>;
  readonly nodes: ReadonlyMap<string, FbNode>;
  readonly letters: readonly FbLetter[];
  readonly subscriptions: Map<string, Set<string>>;
  /** What a Get Started button says, by Page. */
  readonly buttons: Map<string, string>;
  user(idOrName: string): FbUser | undefined;
  addUser(name: string): FbUser;
  /** The id of a person in Messenger, as one Page knows it. */
  psidOf(page: string, user: string): string;
  /** Whose id it is. */
  personOf(page: string, psid: string): FbUser | undefined;
  thread(page: string, psid: string): FbThread;
  add(made: Pick<FbNode, "page" | "by" | "text" | "viaApi"> & Partial<FbNode>): FbNode;
  change(node: FbNode, to: Partial<FbNode>): FbNode;
  write(made: Pick<FbLetter, "page" | "psid" | "ours" | "text"> & Partial<FbLetter>): FbLetter;
  /** What stands under a post, or under a comment, oldest first. */
  under(id: string): readonly FbNode[];
}

/** Makes an empty network. */
export const createWorld = (
  pages: readonly FbPageSide[],
  ground: { readonly clock: Clock; readonly chance: () => number; readonly lagMs: number },
): World => {
  const { clock, chance, lagMs } = ground;
  const users = new Map<string, FbUser>();
  const nodes = new Map<string, FbNode>();
  const letters: FbLetter[] = [];
  const threads = new Map<string, FbThread>();
  const psids = new Map<string, string>();
  const owners = new Map<string, string>();
  let last = 0;
  const nextId = (): string => String(122_100_000_000_000 + ++last * 97);
  // Neighbours come into the index in any order.
  const shown = (): number => clock.now() + Math.ceil(lagMs * (0.5 + chance() / 2));

  return {
    pages: new Map(pages.map((page) => [page.id, page])),
    users,
    nodes,
    letters,
    subscriptions: new Map(),
    buttons: new Map(),
    user: (idOrName) => users.get(idOrName) ?? [...users.values()].find(({ name }) => name === idOrName),
    addUser: (name) => {
      if (name.trim() === "") {
        const say = "a person has a name.";
        throw new BridgeError(say, { fault: "invalid", adapter: "facebook sandbox", landed: "no" });
      }
      const user = { id: nextId(), name };
      users.set(user.id, user);
      return user;
    },
    psidOf: (page, user) => {
      const key = `${page}/${user}`;
      const known = psids.get(key);
      if (known !== undefined) return known;
      // Another number than the commenter's: nobody may take one for the other.
      const made = nextId().replace(/^122/, "733");
      psids.set(key, made);
      owners.set(`${page}/${made}`, user);
      return made;
    },
    personOf: (page, psid) => users.get(owners.get(`${page}/${psid}`) ?? ""),
    thread: (page, psid) => {
      const key = `${page}/${psid}`;
      const known = threads.get(key) ?? {};
      threads.set(key, known);
      return known;
    },
    add: (made) => {
      const parent = made.parent === undefined ? undefined : nodes.get(made.parent);
      const number = nextId();
      const root = parent?.root;
      const id = root === undefined ? `${made.page}_${number}` : `${root.split("_")[1]}_${number}`;
      const node: FbNode = {
        id,
        kind: parent === undefined ? "post" : "comment",
        at: Math.floor(clock.now() / 1_000) * 1_000,
        root: root ?? id,
        shownAt: shown(),
        hidden: false,
        gone: false,
        liked: false,
        ...made,
      };
      nodes.set(id, node);
      return node;
    },
    change: (node, to) => {
      const changed = { ...node, ...to };
      nodes.set(node.id, changed);
      // What stands under a comment or a post goes with it.
      if (to.gone === true)
        for (const one of nodes.values())
          if (one.parent === node.id || one.root === node.id) nodes.set(one.id, { ...one, gone: true });
      return changed;
    },
    write: (made) => {
      const letter: FbLetter = { id: `m_${nextId()}`, at: clock.now(), shownAt: shown(), ...made };
      letters.push(letter);
      return letter;
    },
    under: (id) =>
      [...nodes.values()].filter((one) => one.kind === "comment" && (one.root === id || one.parent === id)),
  };
};
