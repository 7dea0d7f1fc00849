import { z } from "zod";
import { type Answer, odd, problem } from "./problems.ts";
import { postJson, userJson } from "./render.ts";
import { search } from "./search.ts";
import type { Post, World } from "./world.ts";

interface Rule {
  readonly id: string;
  readonly value: string;
  readonly tag?: string | undefined;
}

/** What the app listens for (docs.x.com/x-api/posts/filtered-stream/integrate/build-a-rule). */
export interface Rules {
  /** Answers a request of the app, or says that it is about something else. */
  answer(asked: { readonly method: string; readonly path: string; readonly body: unknown }): Answer | undefined;
  /** What the stream tells of a post: nothing when no rule matches. */
  told(post: Post): string | undefined;
  /** Nobody may listen for nothing. */
  none(): boolean;
}

const longest = 1_024;
const most = 1_000;
const adding = z.strictObject({
  add: z.array(z.strictObject({ value: z.string().min(1).max(longest), tag: z.string().optional() })).min(1),
});
const removing = z.strictObject({ delete: z.strictObject({ ids: z.array(z.string()).min(1) }) });

/** Makes the rules of an app: none. */
export const createRules = (world: World, now: () => number): Rules => {
  let rules: readonly Rule[] = [];
  let next = 1_273_026_480_692_322_304n;
  const sent = (): string => new Date(now()).toISOString();
  const add = (wanted: z.infer<typeof adding>["add"]): Answer => {
    if (wanted.some(({ value }) => search(value, world) === undefined)) return odd("add[0].value");
    if (rules.length + wanted.length > most) return problem(422, "rule-cap", "RulesCapExceeded", "Too many rules.");
    if (wanted.some(({ value }) => rules.some((one) => one.value === value)))
      return problem(409, "duplicate-rules", "DuplicateRule", "Two or more rules are identical.");
    const made = wanted.map((one) => ({ ...one, id: String((next += 1n)) }));
    rules = [...rules, ...made];
    const summary = { created: made.length, not_created: 0, valid: made.length, invalid: 0 };
    return { status: 200, body: { data: made, meta: { sent: sent(), summary } } };
  };
  const remove = (ids: readonly string[]): Answer => {
    const left = rules.filter(({ id }) => !ids.includes(id));
    const deleted = rules.length - left.length;
    rules = left;
    return { status: 200, body: { meta: { sent: sent(), summary: { deleted, not_deleted: ids.length - deleted } } } };
  };
  return {
    none: () => rules.length === 0,
    answer: ({ method, path, body }) => {
      if (path !== "/2/tweets/search/stream/rules") return undefined;
      const listed = rules.length === 0 ? {} : { data: rules };
      if (method === "GET")
        return { status: 200, body: { ...listed, meta: { sent: sent(), result_count: rules.length } } };
      const [more, fewer] = [adding.safeParse(body).data, removing.safeParse(body).data];
      if (more !== undefined) return add(more.add);
      return fewer === undefined ? odd("add") : remove(fewer.delete.ids);
    },
    told: (post) => {
      const matching = rules.filter(({ value }) => search(value, world)?.some(({ id }) => id === post.id) === true);
      if (matching.length === 0) return undefined;
      const author = world.users.get(post.by);
      return JSON.stringify({
        data: postJson(post, world),
        includes: { users: author === undefined ? [] : [userJson(author)] },
        matching_rules: matching.map(({ id, tag }) => ({ id, tag })),
      });
    },
  };
};
