import type { Said } from "../words/event.ts";
import { courtesy } from "./courtesy.ts";

/** Does this ask for nothing, so that a closed case stays closed? */
export const asksNothing = ({ text, media }: Pick<Said, "text" | "media">): boolean => courtesy(text, media);
