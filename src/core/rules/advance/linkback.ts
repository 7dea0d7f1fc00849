import type { CaseSeen } from "../../words/event.ts";
import type { Effect } from "../../words/effect.ts";
import { door, type Instant, keyOf } from "../../words/ref.ts";
import { secretsIn } from "../guard.ts";
import type { LinkBackRule } from "../manners.ts";
import { automaticEntry, sayItself } from "./automatic.ts";
import type { Plan } from "./plan.ts";

/** Is this a closing word? It is of no use once the case is open again. */
export const isClosing = (effect: Effect): boolean =>
  effect.words === "automatic" &&
  effect.act.do === "reply" &&
  effect.content?.entry.startsWith(automaticEntry(effect.act.under.account, "closing", "")) === true;

type Acts = LinkBackRule["do"];
const usual: Acts = ["closing", "show"];

const holds = (list: readonly string[] | undefined, of: string | undefined): boolean =>
  list === undefined || (of !== undefined && list.includes(of));

/** Where the customer spoke last. */
const sideOf = ({ talk }: Plan): "public" | "private" =>
  (talk.private?.heardAt ?? -1) > (talk.public?.heardAt ?? -1) ? "private" : "public";

/** What the state of a case does on the feed: by status, department, side and channel. */
const actsFor = (plan: Plan, status: string, closes: boolean): Acts => {
  const { talk, scene } = plan;
  const { linkBack: table } = scene.rules;
  if (table === undefined) return closes ? usual : [];
  const found = table.find(
    (rule) =>
      holds(rule.status, status) &&
      // A rule without statuses speaks of the end.
      (rule.status !== undefined || closes) &&
      holds(rule.department, talk.department?.name) &&
      holds(rule.channel, talk.account.channel) &&
      (rule.side === undefined || rule.side === sideOf(plan)),
  );
  return found?.do ?? [];
};

/** Shows again what was hidden while it was handled, unless its words would give somebody away. Other hides stay. */
const show = (plan: Plan): void => {
  const { talk, scene } = plan;
  for (const { post, entry: key } of (talk.hidden ?? []).filter(({ because }) => because === "handling")) {
    const entry = key === undefined ? undefined : plan.entry(key);
    const unseen = entry?.text === undefined || entry.text === null;
    if (unseen || entry.state === "gone") {
      plan.because("stays-hidden", { because: unseen ? "words-are-gone" : "post-is-gone" });
      continue;
    }
    if (secretsIn(entry.text ?? "", scene.rules.guard.terms).length > 0) {
      plan.because("stays-hidden", { because: "private-data" });
      continue;
    }
    plan.because("shown-again");
    plan.promise({
      key: keyOf.effect(`${scene.event.key}/${post.id}`, "show"),
      door: door.of(talk.account, "public"),
      act: { do: "hide", post, hidden: false, because: "handling", entry: entry.key },
      content: entry.content,
    });
  }
};

/**
 * What a change of the case does on the feed: one closing word, where the brand switched it on and no person has said one;
 * and what was hidden while handling is shown again. Once per change. `closedBefore`: the last time it was.
 */
export const linkBack = (
  plan: Plan,
  seen: CaseSeen,
  { closes, closedBefore }: { readonly closes: boolean; readonly closedBefore: Instant | undefined },
): void => {
  const { talk, scene } = plan;
  const { rules, now } = scene;
  const acts = actsFor(plan, seen.status, closes);
  if (acts.includes("show")) show(plan);
  if (rules.words.closing === undefined || talk.public === undefined || (acts.length === 0 && !closes)) return;
  const keeps = !acts.includes("closing")
    ? "switched-off-here"
    : now - seen.at > rules.windows.fresh
      ? "too-late"
      : // A case that is opened and closed again without a word of the customer's is one interaction.
        closedBefore !== undefined && (talk.stamps.lastHeard ?? 0) <= closedBefore
        ? "nothing-heard-since"
        : undefined;
  sayItself(plan, "closing", rules.words.closing, { status: seen.status, keeps });
};
