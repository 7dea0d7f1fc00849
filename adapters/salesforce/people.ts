import type { CrmTask } from "casethread/adapter";
import { z } from "zod";
import type { Hands } from "./lookup.ts";
import { inPortions, queryPath, quote, searchPath } from "./soql.ts";

/** Whom a customer's own words lead to, and how. A suggestion: an agent confirms it. */
export interface Suggestion {
  readonly contact: string;
  readonly basis: string;
}

// As people write them in a sentence: what follows them there is no part of them.
const mail = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g;
const phone = /(?<![\w@/.-])\+?\(?\d[\d ()./-]{6,22}\d(?![\w@])/g;

const toldInPrivate = ({ effect, entry }: CrmTask): string =>
  effect.act.do === "entry" && entry?.side === "private" && entry.by.kind === "customer" ? (entry.text ?? "") : "";
const mailsIn = (task: CrmTask): readonly string[] =>
  [...toldInPrivate(task).matchAll(mail)].map(([found]) => found.toLowerCase()).slice(0, 5);

/** The digits of a number, without what is dialled before it: 00, a trunk's 0. */
const digitsOf = (number: string): string => number.replaceAll(/\D/g, "").replace(/^0{1,2}/, "");
const phonesIn = (task: CrmTask): readonly string[] =>
  [...toldInPrivate(task).matchAll(phone)]
    .map(([found]) => digitsOf(found))
    .filter(({ length }) => length >= 8 && length <= 15)
    .slice(0, 3);

/** How a number may stand in the org: with its country's code or without, and with what is dialled before either. */
const formsOf = (digits: string, country = ""): readonly string[] => {
  const abroad = country !== "" && digits.startsWith(country);
  const national = abroad ? digits.slice(country.length) : digits;
  const bare = country === "" || abroad ? [digits, national] : [national, country + national];
  return bare.flatMap((one) => [one, `0${one}`, `00${one}`]);
};

/** Is it the same line, dialled from within the country or from outside? */
const sameLine = (a: string, b: string): boolean => a.length >= 8 && b.length >= 8 && (a.endsWith(b) || b.endsWith(a));

const byMail = z.object({ records: z.array(z.object({ Id: z.string(), Email: z.string() })) });
const number = z.string().nullish();
const byPhone = z.object({
  searchRecords: z.array(z.object({ Id: z.string(), Phone: number, MobilePhone: number, HomePhone: number })),
});

type Found = Map<string, Set<string>>;
const note = (found: Found, of: string, contact: string): void =>
  void found.set(of, (found.get(of) ?? new Set()).add(contact));

const contactsByMail = async (mails: readonly string[], { client, kit }: Hands): Promise<Found> => {
  const found: Found = new Map();
  for (const some of inPortions(mails)) {
    const soql = `SELECT Id, Email FROM Contact WHERE Email IN (${some.map(quote).join(", ")})`;
    const { records } = await client.read({ method: "GET", path: queryPath(soql) }, byMail, kit);
    for (const { Id, Email } of records) note(found, Email.toLowerCase(), Id);
  }
  return found;
};

/**
 * So many numbers are searched for at once: six forms of each, with ` OR ` between them, stay below the 4,000 characters
 * from which on a search loses its operators; from 10,000 on it finds nobody. @see sforce_api_calls_sosl_syntax.htm
 */
const mostNumbers = 30;
const portionsOf = (values: readonly string[], most: number): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(values.length / most) }, (_none, at) => values.slice(at * most, (at + 1) * most));

/** Numbers stand there as people write them: the org's search knows its way through that, a query does not. */
const contactsByPhone = async (phones: readonly string[], { client, settings, kit }: Hands): Promise<Found> => {
  const found: Found = new Map();
  for (const some of portionsOf(phones, mostNumbers)) {
    const forms = [...new Set(some.flatMap((one) => formsOf(one, settings.countryCode)))];
    const sosl = `FIND {${forms.join(" OR ")}} IN PHONE FIELDS RETURNING Contact(Id, Phone, MobilePhone, HomePhone LIMIT 200)`;
    const { searchRecords } = await client.read({ method: "GET", path: searchPath(sosl) }, byPhone, kit);
    for (const { Id, ...numbers } of searchRecords)
      for (const theirs of Object.values(numbers))
        for (const one of some) if (theirs != null && sameLine(digitsOf(theirs), one)) note(found, one, Id);
  }
  return found;
};

/**
 * Whom the words of each act lead to: the one contact that has the e-mail address, or the phone number, that a customer
 * wrote in private. What several have leads to nobody, and who cannot be asked for is not suggested.
 */
export const suggestionsFor = async (
  batch: readonly CrmTask[],
  hands: Hands,
): Promise<(task: CrmTask) => Suggestion | undefined> => {
  const mails = [...new Set(batch.flatMap(mailsIn))];
  const phones = [...new Set(batch.flatMap(phonesIn))];
  const none = (): Found => new Map();
  const [ofMail, ofPhone] = await Promise.all([
    mails.length === 0 ? none() : contactsByMail(mails, hands).catch(none),
    phones.length === 0 ? none() : contactsByPhone(phones, hands).catch(none),
  ]);
  const only = (found: Found, told: readonly string[]): string | undefined =>
    told.flatMap((one) => {
      const who = [...(found.get(one) ?? [])];
      return who.length === 1 ? who : [];
    })[0];
  return (task) => {
    const mailed = only(ofMail, mailsIn(task));
    if (mailed !== undefined) return { contact: mailed, basis: "wrote this contact's e-mail address in private" };
    const called = only(ofPhone, phonesIn(task));
    return called === undefined
      ? undefined
      : { contact: called, basis: "wrote this contact's phone number in private" };
  };
};
