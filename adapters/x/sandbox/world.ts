import type { Clock } from "casethread/sandbox";
import { BridgeError } from "casethread/adapter";

/** Somebody on the network. */
export interface User {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly followers: number;
  /** Set for the brand's accounts. */
  readonly tier?: "self-serve" | "enterprise";
  /** Takes private messages from anyone. Otherwise only from those she wrote to first. */
  readonly acceptsMessages: boolean;
  /** Protected or suspended: nobody here sees what they posted. */
  readonly hidden?: boolean;
}

/** A post as it stands. */
export interface Post {
  readonly id: string;
  readonly by: string;
  /** The words as X shows them, leading handles of an answer included. */
  readonly text: string;
  /** How long the leading handles are that X added. */
  readonly lead: number;
  readonly at: number;
  /** When the index shows it. */
  readonly shownAt: number;
  readonly replyTo?: string;
  readonly conversation: string;
  readonly quote?: string;
  /** Handles in the words: who they are and whether the author wrote them. */
  readonly mentions: readonly { readonly id: string; readonly handle: string; readonly explicit: boolean }[];
  readonly language?: string;
  readonly deepLink?: string;
  /** Ids of files. */
  readonly media?: readonly string[];
  readonly history: readonly string[];
  readonly hidden?: boolean;
  readonly gone?: boolean;
  /** Written through the API, not in an app. */
  readonly viaApi: boolean;
}

/** A private message. */
export interface Letter {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Where a picture is that goes along, or the id of the file. */
  readonly picture?: string;
  readonly at: number;
  readonly shownAt: number;
  readonly viaApi: boolean;
}

/** What is to be written. */
export interface Writing {
  readonly by: User;
  readonly text: string;
  readonly replyTo?: Post | undefined;
  readonly quote?: Post | undefined;
  readonly mentions?: readonly User[] | undefined;
  readonly language?: string | undefined;
  readonly deepLink?: string | undefined;
  readonly edits?: Post | undefined;
  readonly media?: readonly string[] | undefined;
  readonly viaApi: boolean;
}

/** Everything that is on the network. Maps and lists by what is asked for: thousands of posts a run. */
export interface World {
  readonly users: ReadonlyMap<string, User>;
  readonly posts: ReadonlyMap<string, Post>;
  readonly letters: readonly Letter[];
  user(idOrHandle: string): User | undefined;
  addUser(handle: string, more?: Partial<User>): User;
  post(writing: Writing): Post;
  change(post: Post, to: Partial<Post>): Post;
  changeUser(user: User, to: Partial<User>): void;
  /** All but the first so many, oldest first. */
  postsFrom(after: number): readonly Post[];
  postsBy(user: string): readonly Post[];
  mentionsOf(user: string): readonly Post[];
  inConversation(root: string): readonly Post[];
  lettersOf(user: string): readonly Letter[];
  letter(from: User, to: User, what: Pick<Letter, "text" | "viaApi" | "picture">): Letter;
  /** May this account write to her? Only if she wrote first, or takes messages from anyone. */
  mayWrite(from: User, to: User): boolean;
}

// X's ids: ms since this moment, then 22 bits that tell neighbours apart.
const epoch = 1_288_834_974_657;

/** When something with this id was made. */
export const madeAt = (id: string): number => Number(BigInt(id) >> 22n) + epoch;

const handles = /(?<![\w@])@(\w{1,15})/g;

/** Makes an empty network. */
export const createWorld = (clock: Clock, chance: () => number, lagMs: number): World => {
  const users = new Map<string, User>();
  const byHandle = new Map<string, User>();
  const posts = new Map<string, Post>();
  const letters: Letter[] = [];
  const order: string[] = [];
  const authored = new Map<string, string[]>();
  const mentioned = new Map<string, string[]>();
  const threads = new Map<string, string[]>();
  const mail = new Map<string, Letter[]>();
  const wrote = new Set<string>();
  let last = 0n;

  // Neighbours come into the index in any order.
  const lag = (): number => Math.ceil(lagMs * (0.5 + chance() / 2));

  const nextId = (): string => {
    const now = BigInt(Math.max(1, clock.now() - epoch)) << 22n;
    last = now > last ? now : last + 1n;
    return String(last);
  };
  const add = <T>(to: Map<string, T[]>, key: string, value: T): void => {
    const list = to.get(key);
    if (list === undefined) to.set(key, [value]);
    else list.push(value);
  };
  const listed = (ids: readonly string[] | undefined): readonly Post[] =>
    (ids ?? []).flatMap((id) => posts.get(id) ?? []);

  const find = (idOrHandle: string): User | undefined =>
    users.get(idOrHandle) ?? byHandle.get(idOrHandle.replace(/^@/, "").toLowerCase());

  const inWords = (text: string): User[] =>
    [...text.matchAll(handles)].flatMap(([, handle]) => byHandle.get((handle ?? "").toLowerCase()) ?? []);

  return {
    users,
    posts,
    letters,
    user: find,
    addUser: (handle, more = {}) => {
      if (!/^\w{1,15}$/.test(handle)) {
        throw new BridgeError("a handle has up to 15 letters, digits and underscores: give another.", {
          fault: "invalid",
          adapter: "x sandbox",
          landed: "no",
        });
      }
      const user: User = {
        id: more.id ?? nextId(),
        handle,
        name: handle,
        followers: 42,
        acceptsMessages: false,
        ...more,
      };
      users.set(user.id, user);
      byHandle.set(handle.toLowerCase(), user);
      return user;
    },
    post: ({ by, text, replyTo, quote, mentions, language, deepLink, edits, media = [], viaApi }) => {
      const called = (mentions ?? []).filter((user) => !inWords(text).includes(user));
      const own = called.map(({ handle }) => `@${handle} `).join("") + text;
      const explicit = inWords(own);
      // X writes the handle of whom an answer goes to before it, and counts it as a mention.
      const parent = replyTo === undefined ? undefined : users.get(replyTo.by);
      const led = parent !== undefined && parent !== by && !explicit.includes(parent) ? parent : undefined;
      const lead = led === undefined ? "" : `@${led.handle} `;
      const id = nextId();
      const all = new Map([...(led === undefined ? [] : [led]), ...explicit].map((user) => [user.id, user]));
      const at = clock.now();
      const tongue = language ?? edits?.language;
      const post: Post = {
        id,
        by: by.id,
        text: [lead + own, deepLink, media.length > 0 && `https://x.com/${by.handle}/status/${id}/photo/1`]
          .filter(Boolean)
          .join(lead + own === lead ? "" : " "),
        lead: lead.length,
        at,
        shownAt: at + lag(),
        ...(replyTo === undefined ? {} : { replyTo: replyTo.id }),
        conversation: edits?.conversation ?? replyTo?.conversation ?? id,
        ...(quote === undefined ? {} : { quote: quote.id }),
        mentions: [...all.values()].map((user) => ({ id: user.id, handle: user.handle, explicit: user !== led })),
        ...(tongue === undefined ? {} : { language: tongue }),
        ...(deepLink === undefined ? {} : { deepLink }),
        ...(media.length === 0 ? {} : { media }),
        history: [...(edits?.history ?? []), id],
        viaApi,
      };
      posts.set(id, post);
      order.push(id);
      add(authored, by.id, id);
      add(threads, post.conversation, id);
      for (const user of post.mentions) if (user.id !== by.id) add(mentioned, user.id, id);
      return post;
    },
    change: (post, to) => {
      const changed = { ...post, ...to };
      posts.set(post.id, changed);
      return changed;
    },
    changeUser: (user, to) => void users.set(user.id, { ...user, ...to }),
    postsFrom: (after) => listed(order.slice(after)),
    postsBy: (user) => listed(authored.get(user)),
    mentionsOf: (user) => listed(mentioned.get(user)),
    inConversation: (root) => listed(threads.get(root)),
    lettersOf: (user) => mail.get(user) ?? [],
    letter: (from, to, { text, picture, viaApi }) => {
      const [at, id] = [clock.now(), nextId()];
      // X writes the address of what goes along behind the words.
      const link = picture === undefined ? [] : [`https://x.com/messages/media/${id}`];
      const whole = [...(text === "" ? [] : [text]), ...link].join(" ");
      const more = picture === undefined ? {} : { picture };
      const letter: Letter = { id, from: from.id, to: to.id, text: whole, ...more, at, shownAt: at + lag(), viaApi };
      letters.push(letter);
      add(mail, from.id, letter);
      if (to !== from) add(mail, to.id, letter);
      wrote.add(`${from.id}>${to.id}`);
      return letter;
    },
    mayWrite: (from, to) => to.acceptsMessages || wrote.has(`${to.id}>${from.id}`),
  };
};
