import twitterText from "twitter-text";
import type { Tweet } from "./file.ts";

/** A brand's account on the replay's X. */
export interface Brand {
  readonly author: string;
  readonly id: string;
  readonly handle: string;
}

interface Played {
  readonly tweet: string;
  readonly words: string;
  /** How many answers stand on one another below it: the longest chain goes first. */
  readonly height: number;
  /** The tweet of the file that it stands under. */
  readonly parent?: string;
}

/** A customer's tweet. */
export interface Heard extends Played {
  readonly as: "heard";
  readonly author: string;
  readonly handle: string;
  /** The ids of the accounts that it is told to. */
  readonly told: readonly string[];
  /** Accounts that answer it and that it neither names nor answers: they are told by a handle put before the words. */
  readonly calls: readonly string[];
}

/** A brand's tweet that answers a customer: an agent's public answer from the case. */
export interface Answer extends Played {
  readonly as: "answer";
  readonly brand: Brand;
  readonly agent: string;
  readonly parent: string;
}

/** Any other tweet of a brand: said by hand. */
export interface Own extends Played {
  readonly as: "own";
  readonly brand: Brand;
  /** The ids of other accounts that it is told to: what one account says to a customer of another is help. */
  readonly told: readonly string[];
}

export type Part = Heard | Answer | Own;

/** What was odd in the threads, and was lived with. */
export interface PlotOddities {
  /** Tweets that answer one the file does not hold. */
  readonly danglingParents: number;
  /** Tweets with more than one answer. */
  readonly forks: number;
  /** Tweets that answer, over others, themselves: the first of each circle begins a thread. */
  readonly circles: number;
  /** Answers that X would refuse as too long: cut. */
  readonly shortened: number;
}

/** Who says what to whom, and on what it stands. */
export interface Plot {
  readonly brands: readonly Brand[];
  /** By tweet, parents before those that answer them. */
  readonly parts: ReadonlyMap<string, Part>;
  readonly below: ReadonlyMap<string, readonly string[]>;
  readonly roots: number;
  readonly deepest: number;
  readonly oddities: PlotOddities;
}

/** Handles of up to 15 letters, digits and underscores, each given once whatever its case. */
const namer = (): ((wanted: string) => string) => {
  const taken = new Set<string>();
  return (wanted) => {
    const base = wanted.replace(/\W/g, "").slice(0, 15) || "nobody";
    for (let n = 1; ; n++) {
      const handle = n === 1 ? base : `${base.slice(0, 15 - String(n).length)}${n}`;
      if (taken.has(handle.toLowerCase())) continue;
      taken.add(handle.toLowerCase());
      return handle;
    }
  };
};

// "^AB", "*AB", "- Becky", "/AB", with a link or a count of parts behind it.
const behind = /\s*(?:https?:\/\/\S+|\(?\d\/\d\)?)\s*$/u;
const signature = /(?:[\^*]\s?([A-Za-z]{1,12})|(?<![\p{L}\d])[-~/]\s?([A-Z][A-Za-z]{0,11}))\s*$/u;

/** The initials or the name an agent signed with; "team" without one. */
export const agentOf = (text: string): string => {
  let bare = text;
  while (behind.test(bare)) bare = bare.replace(behind, "");
  const [, marked, named] = signature.exec(bare.trimEnd()) ?? [];
  return (marked ?? named)?.toUpperCase() ?? "team";
};

/** X writes whom an answer goes to before it: the file has what was shown. */
const asWritten = (text: string): string => {
  const bare = text.replace(/^(?:\s*@\w{1,15}(?!\w))+/u, "").trim();
  return bare === "" ? text.trim() : bare;
};

/** As many words as X takes. */
const fitting = (words: string): string => {
  if (twitterText.parseTweet(words).valid) return words;
  const { validRangeEnd } = twitterText.parseTweet(words);
  return `${words.slice(0, Math.max(0, validRangeEnd - 1)).trimEnd()}…`;
};

/** Parents before children; of a circle the first in the file stands on nothing. */
const inOrder = (
  tweets: ReadonlyMap<string, Tweet>,
): { readonly order: readonly string[]; readonly cut: ReadonlySet<string> } => {
  const order: string[] = [];
  const done = new Set<string>();
  const cut = new Set<string>();
  for (const start of tweets.keys()) {
    const way: string[] = [];
    const onWay = new Set<string>();
    for (
      let at: string | undefined = start;
      at !== undefined && !done.has(at) && tweets.has(at);
      at = tweets.get(at)?.parent
    ) {
      if (onWay.has(at)) {
        cut.add(way.at(-1) ?? at);
        break;
      }
      onWay.add(at);
      way.push(at);
    }
    for (const id of way.toReversed()) {
      done.add(id);
      order.push(id);
    }
  }
  return { order, cut };
};

const handles = /(?<![\w@])@(\w{1,15})/g;

/** Works out the play of a file. Pure: the same tweets, the same plot. */
export const plotOf = (list: readonly Tweet[]): Plot => {
  const tweets = new Map(list.map((tweet) => [tweet.id, tweet]));
  const name = namer();
  const authors = [...new Set(list.filter(({ inbound }) => !inbound).map(({ author }) => author))];
  const brands = authors.map((author, at): Brand => ({ author, id: String(1001 + at), handle: name(author) }));
  const brandOf = new Map(brands.map((brand) => [brand.author, brand]));
  const byHandle = new Map(brands.map((brand) => [brand.handle.toLowerCase(), brand]));
  const customers = new Map<string, string>();
  const handleOf = (author: string): string => {
    const handle = customers.get(author) ?? name(`c${author}`);
    customers.set(author, handle);
    return handle;
  };

  const { order, cut } = inOrder(tweets);
  const parentOf = ({ id, parent }: Tweet): string | undefined =>
    parent !== undefined && !cut.has(id) && tweets.has(parent) ? parent : undefined;
  const below = new Map<string, string[]>();
  const depth = new Map<string, number>();
  const height = new Map<string, number>();
  for (const id of order) {
    const tweet = tweets.get(id);
    const parent = tweet && parentOf(tweet);
    depth.set(id, parent === undefined ? 0 : (depth.get(parent) ?? 0) + 1);
    if (parent === undefined) continue;
    const answers = below.get(parent) ?? [];
    below.set(parent, answers);
    answers.push(id);
  }
  for (const id of order.toReversed()) {
    height.set(id, Math.max(-1, ...(below.get(id) ?? []).map((child) => height.get(child) ?? 0)) + 1);
  }

  let shortened = 0;
  const partOf = (tweet: Tweet): Part => {
    const parent = parentOf(tweet);
    const above = parent === undefined ? undefined : tweets.get(parent);
    const base = { tweet: tweet.id, height: height.get(tweet.id) ?? 0, ...(parent === undefined ? {} : { parent }) };
    const brand = brandOf.get(tweet.author);
    const named = [...tweet.text.matchAll(handles)].flatMap(
      ([, handle = ""]) => byHandle.get(handle.toLowerCase()) ?? [],
    );
    const answered = above === undefined ? undefined : brandOf.get(above.author);
    const reached = new Set(answered === undefined ? named : [...named, answered]);
    if (brand === undefined) {
      const answering = (below.get(tweet.id) ?? []).flatMap(
        (child) => brandOf.get(tweets.get(child)?.author ?? "") ?? [],
      );
      const called = [...new Set(answering)].filter((one) => !reached.has(one));
      return {
        ...base,
        as: "heard",
        author: tweet.author,
        handle: handleOf(tweet.author),
        words: tweet.text,
        told: [...reached, ...called].map(({ id }) => id),
        calls: called.map(({ handle }) => handle),
      };
    }
    if (parent === undefined || above === undefined || brandOf.has(above.author)) {
      const told = [...reached].filter((one) => one !== brand).map(({ id }) => id);
      return { ...base, as: "own", brand, words: tweet.text, told };
    }
    const written = asWritten(tweet.text);
    const words = fitting(written);
    if (words !== written) shortened++;
    return { ...base, as: "answer", brand, agent: `${brand.handle} ${agentOf(tweet.text)}`, words, parent };
  };

  const parts = new Map(
    order.flatMap((id) => {
      const tweet = tweets.get(id);
      return tweet === undefined ? [] : [[id, partOf(tweet)] as const];
    }),
  );
  return {
    brands,
    parts,
    below,
    roots: list.filter((tweet) => parentOf(tweet) === undefined).length,
    deepest: [...depth.values()].reduce((most, one) => Math.max(most, one), 0),
    oddities: {
      danglingParents: list.filter(({ parent }) => parent !== undefined && !tweets.has(parent)).length,
      forks: [...below.values()].filter((answers) => answers.length > 1).length,
      circles: cut.size,
      shortened,
    },
  };
};
