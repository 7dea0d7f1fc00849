/** What a call that was given up ends with. */
export const givenUp = (): DOMException => new DOMException("given up", "AbortError");

/** Settles with the work, or as soon as the signal aborts, whether or not the work takes notice. */
export const orGivenUp = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const give = (): void => reject(givenUp());
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
