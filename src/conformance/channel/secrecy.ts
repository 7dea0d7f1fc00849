import { inspect } from "node:util";
import { must, settlement } from "./seen.ts";
import type { ChannelLaw, ChannelSubject, NetworkFault } from "./subject.ts";

/** Everything that could end in a log of this value: inspected whole, as JSON, and down its chain of causes. */
const spoken = (value: unknown): string => {
  const parts = [inspect(value, { depth: 12, showHidden: true, getters: true })];
  for (let at = value, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    parts.push(at.message, at.stack ?? "", JSON.stringify(at), JSON.stringify(at.cause) ?? "");
  }
  parts.push(JSON.stringify(value) ?? "");
  return parts.join("\n");
};

const silent = ({ secrets }: ChannelSubject, value: unknown, where: string): void => {
  must(secrets.length > 0, "the subject has no secrets: this law was not tried");
  const text = spoken(value);
  for (const [at, secret] of secrets.entries()) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) {
      must(!text.includes(form), `${where} tells secret number ${at + 1}`);
    }
  }
  must(
    !/authorization["']?\s*[:=]\s*["']?(?:oauth|bearer|basic) \S/i.test(text),
    `${where} holds an Authorization header`,
  );
};

const kinds: readonly NetworkFault[] = ["refused", "throttled", "away", "lost-answer"];

/** What is told to nobody. */
export const secrecyLaws: readonly ChannelLaw[] = [
  {
    name: "no error tells a secret: not its message, its causes, its stack or its JSON",
    run: async (subject) => {
      for (const kind of kinds) {
        const task = await subject.reply(`A word that fails (${kind}, once more).`);
        await subject.fault(kind);
        silent(subject, await settlement(subject.channel.perform(task, subject.kit())), kind);
      }
      for (const forgery of subject.forged(subject.samples.public.delivery)) {
        silent(subject, await settlement(subject.channel.read(forgery, subject.kit())), "a forgery's refusal");
      }
    },
  },
  {
    name: "no receipt, event, cursor, address, finding or setting tells a secret",
    run: async (subject) => {
      const { channel, account } = subject;
      const receipt = await channel.perform(await subject.reply("One more thing that works."), subject.kit());
      silent(subject, receipt, "a receipt");
      if (receipt.post !== undefined) silent(subject, channel.url(receipt.post)?.href, "an address");
      for (const { delivery } of [subject.samples.public, subject.samples.private, subject.samples.unreadable]) {
        silent(subject, await channel.read(delivery, subject.kit()), "a reading");
      }
      for await (const page of channel.since?.(account, {}, subject.kit()) ?? []) silent(subject, page, "a page");
      const about = { channels: [channel.name] };
      silent(subject, await settlement(Promise.resolve(channel.check?.(about, subject.kit()))), "a finding");
      silent(
        subject,
        [channel, channel.accounts(), channel.can(account), channel.bucket(account, "reply")],
        "the channel itself",
      );
    },
  },
];
