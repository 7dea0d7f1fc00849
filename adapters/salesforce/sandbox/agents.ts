import type { Json } from "casethread/adapter";
import { type Faults, lacking } from "casethread/sandbox";
import { ZodError } from "zod";
import { defaultNames as n } from "../fields.ts";
import type { SandboxState, Verb } from "./board.ts";
import type { Planted } from "./describe.ts";
import type { Org, Saved } from "./org.ts";
import type { Rest, SalesforceFault } from "./rest.ts";
import { type Row, statuses } from "./schema.ts";
import { attach } from "./attach.ts";
import {
  agent,
  kind,
  number,
  obstacle,
  owner,
  presence,
  record,
  side,
  text,
  what,
  which,
  whole,
  some,
  yes,
} from "./asked.ts";
import { createShown, optional } from "./shown.ts";
import type { Stored } from "./tables.ts";

interface Ground {
  readonly org: Org;
  readonly rest: Rest;
  readonly faults: Faults<SalesforceFault>;
  readonly now: () => number;
  readonly user: string;
  readonly lateMs: number;
  readonly refused: Set<string>;
  readonly poison: Set<string>;
  readonly plant: (obstacle: Planted) => void;
  readonly doubles: { readonly words: string; readonly record: string }[];
  /** Records that a transaction which has not committed yet holds. */
  readonly held: Set<string>;
  /** Does a merged case stay? */
  readonly keeps: boolean;
}

const shapes = {
  answer: what({ by: agent, of: which, text, side, answers: record.optional(), writing: yes.optional() }),
  changed: what({ after: number }),
  edit: what({ by: agent, entry: record, text, side }),
  withdraw: what({ by: agent, entry: record }),
  comment: what({ by: agent, of: which, text, published: yes }),
  recomment: what({ by: agent, comment: record, text: text.optional(), published: yes.optional() }),
  attach: what({ by: agent, to: record, file: what({ name: text, bytes: whole }) }),
  merge: what({ by: agent, of: which, into: which }),
  presence: what({ by: agent, is: presence }),
  user: what({ name: text, type: text }),
  hours: what({ zone: text, from: text, until: text }),
  close: what({ by: agent, of: which }),
  assign: what({ by: agent, of: which, to: owner }),
  open: what({ by: agent, subject: text, assign: yes.optional() }),
  of: what({ of: which }),
  inject: what({ fault: kind, times: whole }),
  rate: what({ fault: kind, probability: number }),
  words: what({ words: some }),
  contact: what({ name: text, email: text.optional(), phone: text.optional() }),
  plant: what({ obstacle }),
  doubled: what({ words: some, record }),
};

/** What people do in the org, by name. */
export interface Agents {
  readonly call: Verb;
  /** Lets what has committed by a moment be seen; by now, when none is named. */
  reveal(until?: number): void;
}

/** Makes what people do in the org, and what a test does to it. */
export const createAgents = (ground: Ground): Agents => {
  const { org, rest, faults, now } = ground;
  const waiting: { readonly id: string; readonly visible: number; readonly commit: () => void }[] = [];
  const end = (due: readonly (typeof waiting)[number][]): void => {
    for (const one of due) {
      waiting.splice(waiting.indexOf(one), 1);
      one.commit();
    }
  };

  const named = (type: "Group" | "User", name: string): string | undefined =>
    org.all(type).find((one) => one.row["Name"] === name || one.row["DeveloperName"] === name)?.id;
  const setUp = { by: ground.user, autoAssign: false };
  const user = (name: string, type: string): string => {
    const Username = `${name.toLowerCase().replace(/\W+/g, ".")}@sandbox.example`;
    return kept(org.insert("User", { Name: name, Username, IsActive: true, UserType: type }, setUp));
  };
  const person = (name: string): string => {
    const known = named("User", name);
    if (known !== undefined) return known;
    return user(name, "Standard");
  };

  const find = (of: string): Stored => {
    const found = org.get(of) ?? org.byKey("Case", of);
    if (found?.type !== "Case") throw new Error(`there is no case ${of}`);
    return found;
  };
  const kept = (saved: Saved): string => {
    if ("refused" in saved) throw new Error(`${saved.refused.statusCode}: ${saved.refused.message}`);
    return saved.id;
  };

  /** Saves at once, or, when the fault says so, later under the stamp of now. */
  const save = (type: string, id: string | undefined, row: Row, by: string, autoAssign = false): string => {
    const at = now();
    // On a page of the org's, whoever saves ticks whether assignment rules are to be asked.
    const saving = { by, at, autoAssign };
    const fresh = id ?? org.newId(type);
    const commit = (): string =>
      kept(id === undefined ? org.insert(type, row, { ...saving, id: fresh }) : org.update(type, id, row, saving));
    // Whoever saves a row next waits for the transaction that holds it.
    end(waiting.filter((one) => one.id === fresh));
    if (!faults.strikes("late-commit")) return commit();
    ground.held.add(fresh);
    waiting.push({
      id: fresh,
      visible: at + ground.lateMs,
      commit: () => {
        ground.held.delete(fresh);
        commit();
      },
    });
    return fresh;
  };

  const reveal = (until = now()): void => end(waiting.filter((one) => one.visible <= until));

  const { shownCase, shownEntry } = createShown(org);

  const state = (): SandboxState => ({
    cases: org.all("Case").map(shownCase),
    entries: org.all(n.entry).map(shownEntry),
    conversations: org.all(n.conversation).map(({ row }) => row),
    personas: org.all(n.persona).map(({ row }) => row),
    comments: org.all("CaseComment").map(({ row }) => row),
    requests: rest.requests,
    deployed: rest.deployed(),
    signIns: rest.signIns(),
    writeCalls: rest.requests.filter((one) => one.writes > 0).length,
    struck: Object.fromEntries(faults.struck),
  });

  const first = (closed: boolean): string => statuses.find((one) => one.closed === closed)?.value ?? "";
  const move = (args: unknown, closed: boolean): Json => {
    const { by, of } = shapes.close.parse(args);
    return save("Case", find(of).id, { Status: first(closed) }, person(by));
  };

  const verbs: Readonly<Record<string, (args: unknown) => unknown>> = {
    answer: (args) => {
      const { by, of, text: words, side: where, answers, writing } = shapes.answer.parse(args);
      const row = {
        [n.entryCase]: find(of).id,
        [n.direction]: "outbound",
        [n.state]: writing === true ? "writing" : "draft",
        [n.text]: words,
        ...optional(n.side, where),
        ...optional(n.answers, answers),
      };
      return save(n.entry, undefined, row, person(by));
    },
    edit: (args) => {
      const { by, entry, text: words, side: where } = shapes.edit.parse(args);
      return save(n.entry, entry, { [n.text]: words, [n.state]: "draft", ...optional(n.side, where) }, person(by));
    },
    withdraw: (args) => {
      const { by, entry } = shapes.withdraw.parse(args);
      return save(n.entry, entry, { [n.state]: "withdrawn" }, person(by));
    },
    release: (args) => {
      const { by, entry } = shapes.withdraw.parse(args);
      return save(n.entry, entry, { [n.state]: "release" }, person(by));
    },
    close: (args) => move(args, true),
    reopen: (args) => move(args, false),
    assign: (args) => {
      const { by, of, to } = shapes.assign.parse(args);
      return save("Case", find(of).id, { OwnerId: named("Group", to) ?? person(to) }, person(by));
    },
    delete: (args) => {
      const { by, of } = shapes.close.parse(args);
      // An answer is taken back by deleting it as well.
      org.remove([n.entry, "CaseComment"].includes(org.get(of)?.type ?? "") ? of : find(of).id, person(by));
    },
    comment: (args) => {
      const { by, of, text: CommentBody, published: IsPublished } = shapes.comment.parse(args);
      return save("CaseComment", undefined, { ParentId: find(of).id, CommentBody, IsPublished }, person(by));
    },
    recomment: (args) => {
      const { by, comment, text: words, published } = shapes.recomment.parse(args);
      const set = published === undefined ? {} : { IsPublished: published };
      return save("CaseComment", comment, { ...set, ...optional("CommentBody", words) }, person(by));
    },
    attach: (args) => {
      const { by, to, file } = shapes.attach.parse(args);
      return attach(org, { to, ...file }, person(by));
    },
    merge: (args) => {
      const { by, of, into } = shapes.merge.parse(args);
      org.merge(find(of).id, find(into).id, person(by), ground.keeps);
    },
    twin: (args) => {
      const { by, of } = shapes.close.parse(args);
      return org.twin(find(of).id, person(by));
    },
    presence: (args) => {
      const { by, is } = shapes.presence.parse(args);
      const UserId = person(by);
      const before = org.all("UserServicePresence").filter(({ row }) => row["UserId"] === UserId);
      for (const { id } of before) kept(org.update("UserServicePresence", id, { IsCurrentState: false }, setUp));
      const row = { UserId, IsCurrentState: true, IsAway: is === "away" };
      if (is !== "offline") kept(org.insert("UserServicePresence", row, setUp));
    },
    user: (args) => {
      const { name, type } = shapes.user.parse(args);
      return user(name, type);
    },
    hours: (args) => {
      const { zone, from, until } = shapes.hours.parse(args);
      const [own] = org.all("BusinessHours");
      const times = Object.keys(own?.row ?? {}).filter((field) => field.endsWith("Time"));
      const set = times.map((field) => [field, `${field.endsWith("StartTime") ? from : until}:00.000Z`]);
      kept(org.update("BusinessHours", own?.id ?? "", { TimeZoneSidKey: zone, ...Object.fromEntries(set) }, setUp));
    },
    open: (args) => {
      const { by, subject, assign } = shapes.open.parse(args);
      return save("Case", undefined, { Subject: subject, Origin: "Phone" }, person(by), assign === true);
    },
    caseOf: (args) => {
      const { of } = shapes.of.parse(args);
      const found = org.get(of) ?? org.byKey("Case", of);
      return found?.type === "Case" ? shownCase(found) : null;
    },
    entriesOf: (args) => {
      const { id } = find(shapes.of.parse(args).of);
      return org
        .all(n.entry)
        .filter((one) => one.row[n.entryCase] === id)
        .map(shownEntry);
    },
    entriesChanged: (args) => {
      const { after } = shapes.changed.parse(args);
      const changed = org.all(n.entry).filter(({ serial }) => serial > after);
      return { entries: changed.map(shownEntry), next: Math.max(after, ...changed.map(({ serial }) => serial)) };
    },
    state,
    inject: (args) => {
      const { fault, times } = shapes.inject.parse(args);
      return faults.inject(fault, times);
    },
    rate: (args) => {
      const { fault, probability } = shapes.rate.parse(args);
      return faults.rate(fault, probability);
    },
    refuse: (args) => void ground.refused.add(shapes.words.parse(args).words),
    contact: (args) => {
      const { name, email, phone } = shapes.contact.parse(args);
      const row = { Name: name, ...optional("Email", email), ...optional("Phone", phone) };
      return kept(org.insert("Contact", row, setUp));
    },
    plant: (args) => ground.plant(shapes.plant.parse(args).obstacle),
    doubled: (args) => void ground.doubles.push(shapes.doubled.parse(args)),
    poison: (args) => void ground.poison.add(shapes.words.parse(args).words),
    forgetChanges: () => rest.forgetChanges(),
    expire: () => rest.expire(),
    mend: () => {
      faults.clear();
      ground.refused.clear();
      ground.poison.clear();
      ground.doubles.length = 0;
      reveal(Infinity);
      rest.release();
    },
  };

  // Asynchronous, so that what goes wrong is a rejection here as it is over HTTP.
  const call: Verb = async (verb, args) => {
    const known = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (known === undefined) throw new Error(`there is no verb ${verb}; there are ${Object.keys(verbs).join(", ")}`);
    reveal();
    try {
      return (known(args) ?? null) as Json;
    } catch (thrown) {
      throw thrown instanceof ZodError ? lacking("salesforce sandbox", verb, thrown.issues) : thrown;
    } finally {
      rest.flush();
    }
  };
  return { call, reveal };
};
