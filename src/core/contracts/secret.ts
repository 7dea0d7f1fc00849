/** A secret, or a function that fetches it: asked anew for each call, so that a rotated one is taken up at once. */
export type Secret = string | (() => string | Promise<string>);

/** Could it be a {@link Secret}? For the checks of options: an empty text is none. */
export const isSecret = (value: unknown): value is Secret =>
  typeof value === "function" || (typeof value === "string" && value !== "");

/** The secret itself. */
export const revealed = async (secret: Secret): Promise<string> =>
  typeof secret === "function" ? await secret() : secret;

/** All secrets of a list, or the one there is. */
export const revealedAll = (secrets: Secret | readonly Secret[]): Promise<readonly string[]> =>
  Promise.all((Array.isArray(secrets) ? (secrets as readonly Secret[]) : [secrets as Secret]).map(revealed));
