/** http on this machine, or nothing: an origin from a setting must not carry tokens across a network in clear. */
export const isLoopback = (origin: string): boolean => {
  const url = URL.parse(origin);
  return url !== null && url.protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
};
