/**
 * An address, where it is https at one of these hosts or under them, and names nobody: whoever tells it says where
 * something goes next, and that is not theirs to say.
 */
export const addressAt = (text: string, hosts: readonly string[]): URL | undefined => {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  const host = url.hostname.replace(/\.$/, "");
  return hosts.some((one) => host === one || host.endsWith(`.${one}`)) ? url : undefined;
};
