/** A secret, or a function that fetches it: asked anew for each call, so that a rotated one is taken up at once. */
export type Secret = string | (() => string | Promise<string>);

/** Could it be a {@link Secret}? For the checks of options: an empty text is none. */
export const isSecret = (value: unknown): value is Secret =>
  typeof value === "function" || (typeof value === "string" && value !== "");

/**
 * The secret itself.
 *
 * @throws Error when it was fetched and is none: whoever guesses that it is empty could sign with it.
 */
export const revealed = async (secret: Secret): Promise<string> => {
  if (typeof secret !== "function") return secret;
  const fetched: unknown = await secret();
  if (typeof fetched === "string" && fetched !== "") return fetched;
  throw new Error("what fetches a secret brought none: look at where it comes from.");
};

/**
 * All secrets of a list, or the one there is.
 *
 * @throws Error when one was fetched and is none.
 */
export const revealedAll = (secrets: Secret | readonly Secret[]): Promise<readonly string[]> =>
  Promise.all((Array.isArray(secrets) ? (secrets as readonly Secret[]) : [secrets as Secret]).map(revealed));
