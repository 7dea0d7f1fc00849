import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../postgres/cluster.ts";
import type { Orders } from "../crash/kill/child.ts";

interface Hand {
  readonly child: ChildProcess;
  readonly port: number;
  readonly gone: Promise<unknown>;
  /** Killed or standing still: nothing more is done to it. */
  down: boolean;
}

/** Bridges at work, each in a process of its own, on one database. */
export interface Crew extends AsyncDisposable {
  /** Where they listen. */
  ports(): readonly number[];
  /** SIGKILL to one of them, and another in its place. False: it is down already. */
  kill(which: number): false | Promise<void>;
  /** SIGSTOP to one of them, for so long. */
  freeze(which: number, ms: number): false | Promise<void>;
  /** Asks all to end what is under way and stop. */
  stop(): Promise<void>;
  /** What they said, newest last. */
  readonly said: readonly string[];
}

/** Starts so many bridges by these orders. */
export const createCrew = async (size: number, orders: Omit<Orders, "port">): Promise<Crew> => {
  const said: string[] = [];
  const hire = async (): Promise<Hand> => {
    const port = await freePort();
    const child = fork(new URL("../crash/kill/child.ts", import.meta.url), {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: ["--conditions=casethread:source", "--disable-warning=ExperimentalWarning"],
    });
    child.stderr?.setEncoding("utf8").on("data", (line: string) => {
      said.push(line.trimEnd());
      if (said.length > 1_000) said.shift();
    });
    const gone = once(child, "exit");
    await Promise.race([once(child, "message"), gone]);
    child.send({ ...orders, port });
    return { child, port, gone, down: false };
  };
  const hands = await Promise.all(Array.from({ length: size }, hire));
  const at = (which: number): Hand => hands[which % hands.length] as Hand;
  const alive = ({ child }: Hand): void => {
    if (child.exitCode !== null)
      throw new Error(`a bridge ended by itself with ${child.exitCode}:\n${said.join("\n")}`);
  };

  return {
    said,
    ports: () => hands.filter(({ child }) => child.signalCode === null).map(({ port }) => port),
    kill: (which) => {
      const hand = at(which);
      alive(hand);
      if (hand.down) return false;
      hand.down = true;
      hand.child.kill("SIGKILL");
      return hire().then((next) => {
        hands[hands.indexOf(hand)] = next;
      });
    },
    freeze: (which, ms) => {
      const hand = at(which);
      alive(hand);
      if (hand.down) return false;
      hand.down = true;
      hand.child.kill("SIGSTOP");
      return pause(ms).then(() => {
        hand.child.kill("SIGCONT");
        hand.down = false;
      });
    },
    stop: async () => {
      await Promise.all(
        hands.map(async (hand) => {
          alive(hand);
          hand.child.kill("SIGTERM");
          const late = setTimeout(() => hand.child.kill("SIGKILL"), 20_000);
          await hand.gone;
          clearTimeout(late);
        }),
      );
    },
    [Symbol.asyncDispose]: async () => {
      for (const { child } of hands) {
        child.kill("SIGCONT");
        child.kill("SIGKILL");
      }
      await Promise.all(hands.map(({ gone }) => gone));
    },
  };
};
