import type { Policy, Rulebook } from "../core/rules/policy.ts";

const speaksSeveral = (policy: Policy): boolean =>
  Object.values(policy.words ?? {}).some(
    (templates) => typeof templates === "object" && Object.keys(templates).length > 1,
  );

/** The languages' detector, loaded only where the brand speaks several: it takes 80 MB. Networks tell the language mostly; it fills the gaps. */
export const detection = async (policy: Policy): Promise<Partial<Pick<Rulebook, "detect">>> => {
  if (!speaksSeveral(policy)) return {};
  const { eld } = await import("eld/extrasmall");
  return {
    detect: (text) => {
      const found = eld.detect(text.replace(/(^|\s)[@#]\w+|https?:\/\/\S+/gu, " "));
      // Of a word or two nobody can tell.
      return found.isReliable() ? found.language : undefined;
    },
  };
};
