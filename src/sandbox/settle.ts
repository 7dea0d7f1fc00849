/** What {@link settle} asks of a sandbox of a network. */
export interface Settling {
  /** Resolves when everything that the network has to tell was delivered. */
  settled(): Promise<void>;
}

/**
 * Lets everything happen that is due: the networks deliver what they have to tell, the bridge works until it is idle, and once more,
 * for what it said comes back as a delivery. What is due later stays due: a sandbox's clock is put forward with `clock.advance`.
 *
 * @example await settle(bridge, network);
 */
export const settle = async (
  bridge: { work(options: { readonly until: "idle" }): Promise<unknown> },
  ...networks: readonly Settling[]
): Promise<void> => {
  for (let round = 0; round < 2; round += 1) {
    await Promise.all(networks.map((network) => network.settled()));
    await bridge.work({ until: "idle" });
  }
};
