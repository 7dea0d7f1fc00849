import { backoff } from "../core/rules/verdict.ts";
import { type House, kitFor, thrownBy } from "./house.ts";
import { admitAll } from "./inbox.ts";

/** Listens to every network that has a standing connection, until it is stopped. What one misses the watch asks for. */
export const listen = async (house: House, stop: AbortSignal): Promise<void> => {
  const hear = async (name: string, open: NonNullable<(typeof channels)[number]["listen"]>): Promise<void> => {
    const what = `${name}, listening,`;
    let failures = 0;
    while (!stop.aborted) {
      try {
        for await (const found of open(kitFor(house, name, stop))) {
          await admitAll(house, found);
          house.faults.mend(what);
          failures = 0;
        }
      } catch (thrown) {
        if (stop.aborted) return;
        const error = thrownBy(thrown, name);
        house.faults.note(what, error);
        house.log.warn({ channel: name, fault: error.fault }, `listening failed: ${error.message}`);
      }
      failures += 1;
      await house.clock.sleep(backoff(failures, house.roll()), stop);
    }
  };
  const channels = [...house.channels.values()];
  await Promise.all(
    channels.flatMap((channel) =>
      channel.listen === undefined ? [] : [hear(channel.name, channel.listen.bind(channel))],
    ),
  );
};
