/** 128 and the number of the signal, as shells say it. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What a command's abort signal says: it was told to stop, and what that makes the exit code. */
export class Stopped extends Error {
  override readonly name = "AbortError";
  /** 128 and the number of the signal; 0 where nobody reads any more. */
  readonly code: number;

  constructor(code: number) {
    super("stopped");
    this.code = code;
  }
}

/**
 * Runs a command as this process: its answer is the exit code, what it throws is one sentence on standard error and 1. A
 * signal, or a reader that has gone, ends it through the abort signal it was given.
 */
export const asProcess = (run: (stop: AbortSignal) => Promise<number>): void => {
  const over = new AbortController();
  let stoppedWith: number | undefined;
  const stop = (code: number): void => {
    stoppedWith ??= code;
    over.abort(new Stopped(code));
  };
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => stop(code));
  // Whoever reads has gone: what it wanted it has.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== "EPIPE") throw thrown;
      stop(0);
    });
  }
  run(over.signal)
    .then((code) => {
      process.exitCode = code;
    })
    .catch((thrown: unknown) => {
      if (stoppedWith === undefined)
        process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
      process.exitCode = stoppedWith ?? 1;
    });
};
