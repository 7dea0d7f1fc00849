import { BridgeError } from "../../core/contracts/errors.ts";
import type { Channel, ChannelTask } from "../../core/contracts/channel.ts";
import type { Fault, Receipt } from "../../core/words/effect.ts";
import { must, refusal, type Settlement, settlement, within } from "./seen.ts";
import type { ChannelLaw, ChannelSubject, NetworkFault } from "./subject.ts";

const tried = async (
  subject: ChannelSubject,
  task: ChannelTask,
  kit: Parameters<Channel["perform"]>[1],
): Promise<{ readonly end: Settlement<Receipt>; readonly requests: number }> => {
  const before = await subject.acted();
  const end = await settlement(subject.channel.perform(task, kit));
  return { end, requests: (await subject.acted()) - before };
};

// What each answer of the network has to become; never answered is tried with an abort instead.
const due: readonly (readonly [Exclude<NetworkFault, "hang">, readonly Fault[], readonly ("no" | "unknown")[]])[] = [
  ["refused", ["forbidden", "invalid", "missing", "closed", "unauthorized"], ["no"]],
  ["throttled", ["throttled"], ["no"]],
  ["away", ["unavailable"], ["no", "unknown"]],
  ["lost-answer", ["unavailable"], ["unknown"]],
];

/** How soon a call settles after it was told to stop, in ms. */
const promptly = 1_000;

/** What is done on the network. */
export const actingLaws: readonly ChannelLaw[] = [
  {
    name: "words longer than the network takes come in parts that fit, the same each time",
    run: async ({ channel }) => {
      const { parts } = channel;
      // Without it the network itself says that they are too long.
      if (parts === undefined) return;
      for (const side of ["public", "private"] as const) {
        const short = "Thank you, we are on it.";
        must(parts(short, side).join("|") === short, "words that fit were changed");
        let long = short;
        while (channel.fits(long, side)) long += ` ${long}`;
        const said = parts(long, side);
        must(said.length > 1, `${long.length} letters ${side} came in one part`);
        must(
          said.every((part) => channel.fits(part, side)),
          `a part does not fit ${side}`,
        );
        must(said.join("|") === parts(long, side).join("|"), "the same words came in other parts");
      }
    },
  },
  {
    name: "a length says what fits: at most what may be, and more where it does not",
    run: async ({ channel }) => {
      const { length } = channel;
      if (length === undefined) return;
      for (const side of ["public", "private"] as const) {
        for (let text = "Thank you, we are on it."; ; text += ` ${text}`) {
          const { used, most } = length(text, side);
          const fits = channel.fits(text, side);
          must(used <= most === fits, `${text.length} letters ${side} count ${used} of ${most}, and fit: ${fits}`);
          if (!fits) break;
        }
      }
    },
  },
  {
    name: "an act is one request, and departs before it",
    run: async (subject) => {
      let departures = 0;
      const depart = (): void => {
        departures++;
      };
      const task = await subject.reply("Thank you, we are on it.");
      const { end, requests } = await tried(subject, task, subject.kit({ depart }));
      must("value" in end, `it failed: ${"error" in end ? String(end.error) : ""}`);
      must(requests === 1, `${requests} requests for one act`);
      must(departures === 1, `departed ${departures} times`);
      must(end.value.post !== undefined || end.value.message !== undefined, "the receipt names nothing that was made");
    },
  },
  {
    name: "what may not depart is not sent",
    run: async (subject) => {
      const depart = (): never => {
        throw new BridgeError("the send window is over", { fault: "unavailable", adapter: "law", landed: "no" });
      };
      const { end, requests } = await tried(
        subject,
        await subject.reply("Too late to be said."),
        subject.kit({ depart }),
      );
      must(requests === 0, "a request left after its send window");
      must(refusal(end, "no departure").landed === "no", "what never left may not have landed");
    },
  },
  ...due.map(([kind, faults, landed]): ChannelLaw => ({
    name: `perform never tries twice, and maps what the network answers: ${kind}`,
    run: async (subject) => {
      const task = await subject.reply(`We look into it (${kind}).`);
      await subject.fault(kind);
      const began = subject.kit().now();
      const { end, requests } = await tried(subject, task, subject.kit());
      const error = refusal(end, kind);
      must(requests === 1, `${requests} requests where the network said ${kind}`);
      must(faults.includes(error.fault), `${kind} became ${error.fault}`);
      must(landed.includes(error.landed), `${kind} says landed: ${error.landed}`);
      if (kind === "throttled") must((error.retryAt ?? 0) > began, "throttled, and no hour to come back");
    },
  })),
  {
    name: "an abort before the request sends nothing, and settles promptly",
    run: async (subject) => {
      const task = await subject.reply("Never said.");
      const work = tried(subject, task, subject.kit({ signal: AbortSignal.abort() }));
      must(await within(promptly, work), "still waiting a second after the abort");
      const { end, requests } = await work;
      must(requests === 0 && refusal(end, "aborted").landed === "no", `${requests} requests after an abort`);
    },
  },
  {
    name: "an abort while the network does not answer settles promptly, and leaves a doubt",
    run: async (subject) => {
      const task = await subject.reply("Is anybody there?");
      await subject.fault("hang");
      const stop = new AbortController();
      const work = settlement(subject.channel.perform(task, subject.kit({ signal: stop.signal })));
      must(!(await within(300, work)), "the network never answered, and yet it settled");
      stop.abort();
      must(await within(promptly, work), "still waiting a second after the abort");
      must(refusal(await work, "aborted").landed === "unknown", "what had left says that it did not land");
    },
  },
  {
    name: "landed only reads, and finds what landed",
    run: async (subject) => {
      const task = await subject.reply("Could you tell us the order's number?");
      const sent = subject.sent(task);
      await subject.fault("lost-answer");
      await settlement(subject.channel.perform(task, subject.kit()));
      await subject.shown();
      const before = await subject.acted();
      const seen = await subject.channel.landed(task, sent, subject.kit());
      must((await subject.acted()) === before, "a look acted");
      must(seen !== "no", "it landed, and the look proves that it did not");
      const reply = subject.channel.can(subject.account).unknown[task.effect.act.do];
      if (reply?.repeat !== "idempotent") must(seen !== "unknown", "it landed, and the look did not find it");
    },
  },
  {
    name: "an absence is no proof",
    run: async (subject) => {
      const task = await subject.reply("These words were never sent.");
      const seen = await subject.channel.landed(task, subject.sent(task), subject.kit());
      must(typeof seen === "string", "a look found what was never sent");
    },
  },
  {
    name: "what an account can do is said as data, and each deed with words says what an unknown outcome means",
    run: async ({ channel, account }) => {
      const can = channel.can(account);
      must(JSON.stringify(JSON.parse(JSON.stringify(can))) === JSON.stringify(can), "the abilities are no data");
      if (can.reply !== false) must(can.unknown.reply !== undefined, "reply: what does an unknown outcome mean?");
      if (can.message !== false) must(can.unknown.message !== undefined, "message: what does an unknown outcome mean?");
      for (const how of Object.values(can.unknown)) must(how.source.length > 0, "bounds without a source");
    },
  },
];
