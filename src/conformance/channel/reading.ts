import type { Delivery } from "../../core/contracts/kit.ts";
import { sameAccount } from "../../core/words/ref.ts";
import type { FromChannel } from "../../core/words/event.ts";
import { found, keys, must, refusal, settlement } from "./seen.ts";
import type { ChannelLaw, ChannelSubject } from "./subject.ts";

const genuine = ({ samples }: ChannelSubject): readonly (readonly [string, ChannelSubject["samples"]["public"]])[] => [
  ["public", samples.public],
  ["private", samples.private],
  ["own", samples.own],
  ...(samples.batch === undefined ? [] : [["batch", samples.batch] as const]),
  ["unreadable", samples.unreadable],
];

const accountOf = (event: FromChannel): ChannelSubject["account"] => {
  switch (event.as) {
    case "said":
      return event.by.account;
    case "profiled":
    case "opened":
      return event.persona.account;
    case "gone":
      return event.post.account;
    case "controlled":
      return event.thread.account;
  }
};

const flipped = (delivery: Delivery, at: number): Delivery => {
  const body = Uint8Array.from(delivery.body);
  body[at] = (body[at] ?? 0) ^ 1;
  return { ...delivery, body };
};

/** What is read of what reaches us. */
export const readingLaws: readonly ChannelLaw[] = [
  {
    name: "a genuine delivery is read whole: every item is an event or kept raw",
    run: async (subject) => {
      for (const [name, { delivery, items }] of genuine(subject)) {
        const { events, unread } = await found(subject, delivery);
        must(
          events.length + unread.length === items,
          `${name}: ${items} items, ${events.length} events, ${unread.length} unread`,
        );
      }
    },
  },
  {
    name: "a delivery is routed by the account it names, never by the path",
    run: async (subject) => {
      for (const [name, { delivery }] of genuine(subject)) {
        const elsewhere = { ...delivery, url: new URL("/another/account/0", delivery.url) };
        const here = await found(subject, delivery);
        must(
          keys(here.events) === keys((await found(subject, elsewhere)).events),
          `${name}: other keys at another path`,
        );
        for (const event of here.events)
          must(sameAccount(accountOf(event), subject.account), `${name}: an event of another account`);
      }
    },
  },
  {
    name: "the same delivery gives the same keys, later as well",
    run: async (subject) => {
      for (const [name, { delivery }] of genuine(subject)) {
        const first = await found(subject, delivery);
        const later = await subject.channel.read(
          delivery,
          subject.kit({ now: () => subject.kit().now() + 86_400_000 }),
        );
        must(
          !("handshake" in later) && keys(first.events) === keys(later.events),
          `${name}: ${keys(first.events)} became other keys`,
        );
        must(
          new Set(first.events.map(({ key }) => key)).size === first.events.length,
          `${name}: two events share a key`,
        );
      }
    },
  },
  {
    name: "a delivery with a flipped byte is forged",
    run: async (subject) => {
      for (const [name, { delivery }] of genuine(subject)) {
        const last = delivery.body.length - 1;
        for (const at of [0, Math.floor(last / 3), Math.floor(last / 2), last]) {
          const error = refusal(
            await settlement(subject.channel.read(flipped(delivery, at), subject.kit())),
            `${name}, byte ${at}`,
          );
          must(error.fault === "forged", `${name}, byte ${at}: ${error.fault}`);
        }
      }
    },
  },
  {
    name: "a delivery that somebody else signed, or nobody, is forged",
    run: async (subject) => {
      const forgeries = subject.forged(subject.samples.public.delivery);
      must(forgeries.length > 0, "the subject forges nothing: this law was not tried");
      for (const [at, forgery] of forgeries.entries()) {
        const error = refusal(await settlement(subject.channel.read(forgery, subject.kit())), `forgery ${at}`);
        must(error.fault === "forged" && error.landed === "no", `forgery ${at}: ${error.fault}`);
      }
    },
  },
  {
    name: "what is genuine and cannot be read is kept raw, with a reason that holds none of its words",
    run: async (subject) => {
      const { delivery, words } = subject.samples.unreadable;
      const { unread } = await found(subject, delivery);
      must(unread.length > 0, "nothing was kept");
      for (const { reason, raw } of unread) {
        must(raw.length > 0 && reason.length > 0, "an unread item lacks its raw text or its reason");
        for (const word of words) must(!reason.includes(word), `the reason tells ${JSON.stringify(word)}`);
      }
      must(
        words.every((word) => unread.some(({ raw }) => raw.includes(word))),
        "what was kept raw is not what came",
      );
    },
  },
  {
    name: "our own words come back marked as ours, and others' do not",
    run: async (subject) => {
      const own = (await found(subject, subject.samples.own.delivery)).events;
      must(
        own.some(({ as }) => as === "said"),
        "our own words were not read",
      );
      for (const event of own)
        must(event.as !== "said" || event.actor.kind === "brand", "our own words are someone else's");
      for (const name of ["public", "private"] as const) {
        const { events } = await found(subject, subject.samples[name].delivery);
        const said = events.filter((event) => event.as === "said");
        must(said.length > 0, `${name}: nothing was said`);
        for (const event of said) {
          must(event.actor.kind !== "brand", `${name}: a customer's words are ours`);
          must(event.side === name, `${name}: said in ${event.side}`);
        }
      }
    },
  },
  {
    name: "a handshake is answered, and signs nothing that could be a body",
    run: async (subject) => {
      if (subject.handshake === undefined) return;
      const { handshake } = subject;
      const reading = await subject.channel.read(handshake.genuine, subject.kit());
      must("handshake" in reading && reading.handshake.status === 200, "a genuine handshake was not answered");
      for (const [name, { delivery }] of genuine(subject)) {
        const body = new TextDecoder().decode(delivery.body);
        for (const text of [body, body.slice(0, 64), "{}", "[]"]) {
          const error = refusal(
            await settlement(subject.channel.read(handshake.over(text), subject.kit())),
            `${name} as a challenge`,
          );
          must(error.fault === "malformed" || error.fault === "forged", `${name} as a challenge: ${error.fault}`);
        }
      }
    },
  },
  {
    name: "an event is the same value after JSON there and back",
    run: async (subject) => {
      for (const [name, { delivery }] of genuine(subject)) {
        for (const event of (await found(subject, delivery)).events) {
          const before = JSON.stringify(event);
          must(same(JSON.parse(before), event), `${name}: ${event.as} changes in JSON`);
        }
      }
    },
  },
  {
    name: "a catch-up gives the keys that a delivery gives, and skips nothing after its cursor",
    run: async (subject) => {
      const { channel, account } = subject;
      if (channel.since === undefined || subject.speak === undefined) return;
      let cursor: string | undefined;
      for await (const page of channel.since(account, {}, subject.kit())) {
        must(page.events.length === 0, "a first start told of the past");
        ({ cursor } = page);
      }
      must(cursor !== undefined, "a first start gave no cursor");
      const told: string[] = [];
      for (let n = 0; n < 3; n++)
        told.push(...(await found(subject, await subject.speak())).events.map(({ key }) => key));
      await subject.shown();
      const caught: string[] = [];
      const times: number[] = [];
      for await (const page of channel.since(account, { cursor }, subject.kit())) {
        caught.push(...page.events.map(({ key }) => key));
        times.push(...page.events.map(({ at }) => at));
      }
      for (const key of told) must(caught.includes(key), `${key} was delivered and not caught up: ${caught.join(" ")}`);
      must(
        times.every((at, i) => at >= (times[i - 1] ?? 0)),
        "the pages are not oldest first",
      );
    },
  },
];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Equal, with no field that is there and undefined: JSON drops those. */
function same(a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b);
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => same(a[name], b[name]));
}
