import { type CrmTask, explainWhy } from "casethread/adapter";
import { line } from "./text.ts";

/** The very words that keep an answer from going out: beside the answer, where they stand already. */
const troubleIn = ({ effect: { act }, entry }: CrmTask): string => {
  const text = entry?.text;
  if (act.do !== "answerState" || act.trouble === undefined || typeof text !== "string") return "";
  return act.trouble.map(({ from, to }) => ` “${text.slice(from, to)}”`).join("");
};

/** Why an answer is as it is, as agents are shown it. */
export const reasonOf = (task: CrmTask): string => {
  const { act } = task.effect;
  if (act.do !== "answerState" || act.why === undefined) return "";
  return line(`${explainWhy(act.why)}${troubleIn(task)}`, 255);
};
