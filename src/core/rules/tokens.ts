import { isCommonWord } from "./common-words.ts";
import { fold, type Folded } from "./fold.ts";

/** A word, a number or a code, folded. `from` and `to` are places in the folded text. */
export interface Token {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Begins with a capital and does not shout. */
  readonly proper: boolean;
}

/** A number's digits, or one of its digits as a word. */
export interface Atom {
  readonly digits: string;
  readonly from: number;
  readonly to: number;
}

/** A text taken apart: what stands close together, in order. */
export interface Parsed {
  readonly folded: Folded;
  readonly tokens: readonly Token[];
  /** Numbers that stand so close that they may be one. */
  readonly chains: readonly (readonly Atom[])[];
}

// What talk between customers and brands is made of, and frequency lists of books and films have not.
const trade = `acct accts addy android app apps apple apologise apologize apologies apologising appreciate asap att automated autofill
 bbm bcc biz blog bluetooth bot bots broadband browser btw callback cancelling cant cashback chat chatbot checkout clarify com courier
 couriers cos couldnt custserv customer didnt dispatch dispatched dm dms dming doesnt dont dming download downtime dude eta eta etc
 facebook faq faqs fb fix follow frustrating frustrated frustration gb gif gmail gonna google gotta gps guys hasnt havent hassle hashtag
 hey hi hotfix hotmail http https hrs html icloud im inbox inconvenience inconvenienced info insta instagram internet ios iphone ipad
 isnt itunes ive kb kinda laptop linkedin live lmk login logins logout lol mac macbook mb messenger mins mobile modem msg msgs mph
 netflix ok okay omg online outage outages outlook parcel parcels paypal pc pdf pic pics pin please plz pls pm postcode pre prepaid
 preorder privately promo qr queue reboot rebook refund refunds refunded delivered delivery deliver rebooked rebooking receipt redeliver redelivery reimburse reimbursed reinstall
 reset resend reschedule rescheduled restart roaming router rt rude screenshot screenshots server servers shouldnt sim sms smartphone
 smh sorry spam spotify specs streaming supervisor tbh tech text thanks thankyou thats theres thx timeline tmrw tracking troubleshoot
 troubleshooting tweet tweeted tweeting tweets twitter txt uk unacceptable unlock unsubscribe update updated updating upgrade upload
 url usa usb username vip vpn voicemail voucher vouchers wanna wasnt wtf web webchat webpage website websites whatsapp wifi windows wont
 wouldnt www xbox yahoo con bite dick teens dating youll youre youtube yup zip worried worry worrying annoyed annoying annoyance angry delayed delays shipment
 shipped shipping warehouse carrier invoice invoices billing billed overcharged charged booking booked luggage baggage flight flights
 monday tuesday wednesday thursday friday saturday sunday january february april june july august september october november december
 montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz mai juni juli oktober dezember paket pakete lieferung
 lieferungen geliefert bestellung bestellungen kundennummer bestellnummer auftragsnummer rechnung rechnungen konto storung storungen
 anschluss techniker rufnummer kundenservice kundendienst erstattung gutschein ruckerstattung rucksendung umtausch beschwerde geduld
 entschuldigung bedauern verspatung verspatet filiale fahrer zusteller abholung termin vertrag kundigung tarif guthaben rechnungsnummer
 lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier juin juillet aout septembre octobre novembre decembre colis
 livraison livre commande commandes remboursement rembourse facture facturation abonnement panne depannage technicien livreur retard
 desole desoles desolee patience reclamation numero magasin conseiller retour echange bonjour bonsoir
 lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
 diciembre pedido pedidos paquete paquetes envio entrega reembolso factura facturas averia tecnico repartidor retraso reclamacion tienda
 disculpa disculpas molestias paciencia devolucion cita contrato tarifa saldo atencion cliente
 segunda terca quarta quinta sexta janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro encomenda encomendas
 reembolso fatura faturas avaria estafeta atraso reclamacao loja desculpe desculpa desculpas paciencia devolucao contato contacto
 lunedi martedi mercoledi giovedi venerdi sabato domenica gennaio febbraio aprile maggio giugno luglio settembre ottobre novembre
 dicembre pacco pacchi consegna consegnato ordine ordini rimborso rimborsato fattura fatture guasto corriere ritardo reclamo negozio
 scusa scuse pazienza reso contratto bolletta assistenza spedizione pratica
 maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart mei augustus pakket pakketten bestelling
 bestellingen levering bezorging bezorger terugbetaling factuur storing monteur vertraging klacht winkel excuses geduld retour afspraak
 contract abonnement klantenservice klantnummer geleverd`;
const house: ReadonlySet<string> = new Set(trade.split(/\s+/u));
const endings = [
  "s",
  "es",
  "ed",
  "d",
  "ing",
  "ly",
  "er",
  "ers",
  "e",
  "n",
  "en",
  "em",
  "r",
  "t",
  "ment",
  "able",
  "ness",
];

const listed = (word: string): boolean => isCommonWord(word) || house.has(word);
/** Is this a word that everybody uses, in one of its forms? */
export const isCommon = (word: string): boolean =>
  listed(word) ||
  endings.some((ending) => {
    if (!word.endsWith(ending) || word.length - ending.length < 3) return false;
    const stem = word.slice(0, -ending.length);
    return listed(stem) || listed(`${stem}e`) || (stem.at(-1) === stem.at(-2) && listed(stem.slice(0, -1)));
  });

const digitWords: ReadonlyMap<string, string> = new Map(
  [
    "zero oh nil null cero nul",
    "one eins ein uno un um een",
    "two zwei zwo deux dos dois due twee",
    "three drei trois tres tre drie",
    "four vier quatre cuatro quatro quattro",
    "five funf fuenf cinq cinco cinque vijf",
    "six sechs seis sei zes",
    "seven sieben sept siete sete sette zeven",
    "eight acht huit ocho oito otto",
    "nine neun neuf nueve nove negen",
  ].flatMap((words, digit) => words.split(" ").map((word) => [word, String(digit)] as const)),
);
const times: Readonly<Record<string, number>> = { double: 2, doppel: 2, doble: 2, triple: 3 };

/** How far apart two tokens may stand and still be one that was spaced. */
const near = (text: string, from: number, to: number): boolean =>
  to === from ||
  (to === from + 1 && text[from] === " ") ||
  (to - from <= 3 && !/[\p{L}\p{N}\n]/u.test(text.slice(from, to)));

const words = /[\p{L}\p{N}]+(?:['’ʼ][\p{L}]+)*/gu;

const tokensOf = ({ text, capital }: Folded): readonly Token[] =>
  Array.from(text.matchAll(words), ({ 0: hit, index }) => ({
    text: hit.length === 1 ? hit : hit.replaceAll(/['’ʼ]/gu, ""),
    from: index,
    to: index + hit.length,
    proper: capital[index] === true && (hit.length === 1 || capital[index + 1] !== true),
  }));

const digitsOf = (token: string): string | undefined => {
  const word = digitWords.get(token);
  if (word !== undefined) return word;
  // A letter that looks like a digit, among digits.
  if (!/\d/.test(token) || !/^[\doilsb]+$/.test(token) || token.replaceAll(/\D/g, "").length < 2) return undefined;
  return token.replaceAll("o", "0").replaceAll(/[il]/g, "1").replaceAll("s", "5").replaceAll("b", "8");
};

const atomsOf = (tokens: readonly Token[]): readonly Atom[] => {
  const atoms: Atom[] = [];
  for (const [n, { text, from, to }] of tokens.entries()) {
    const digits = digitsOf(text);
    const repeated = times[tokens[n - 1]?.text ?? ""] ?? 1;
    if (digits !== undefined) atoms.push({ digits: digits.length === 1 ? digits.repeat(repeated) : digits, from, to });
    else if (/\d/.test(text))
      for (const { 0: run, index } of text.matchAll(/\d+/g))
        atoms.push({ digits: run, from: from + index, to: from + index + run.length });
  }
  return atoms;
};

/** May two numbers be one? Between them stands next to nothing, or a word for how often the next one counts. */
const follows = (text: string, from: number, to: number): boolean => {
  if (to - from <= 1) return to === from || /[^\p{L}\p{N}\n]/u.test(text[from] ?? "");
  if (to - from > 12) return false;
  const between = text.slice(from, to).replace(/double|triple|doppel|doble/, "");
  return between.length <= 4 && !/[\p{L}\p{N}\n]/u.test(between);
};

const chainsOf = (text: string, atoms: readonly Atom[]): readonly (readonly Atom[])[] => {
  const chains: Atom[][] = [];
  let last: Atom | undefined;
  for (const atom of atoms) {
    if (last !== undefined && follows(text, last.to, atom.from)) chains.at(-1)?.push(atom);
    else chains.push([atom]);
    last = atom;
  }
  return chains;
};

/** Takes a text apart. */
export const parse = (text: string): Parsed => {
  const folded = fold(text);
  const tokens = tokensOf(folded);
  return { folded, tokens, chains: chainsOf(folded.text, atomsOf(tokens)) };
};

/** Says everything that some neighbours may be when they are read as one: the shortest first. */
export const joined = <T extends { readonly from: number; readonly to: number }>(
  list: readonly T[],
  of: (one: T) => string,
  { text, longest, most }: { readonly text: string; readonly longest: number; readonly most: number },
  each: (whole: string, from: number, to: number, parts: number) => void,
): void => {
  for (const [n, first] of list.entries()) {
    let whole = "";
    let last = first;
    for (let i = n; i < list.length && i < n + most; i++) {
      const next = list[i] ?? first;
      if (i > n && !near(text, last.to, next.from)) break;
      whole += of(next);
      if (whole.length > longest) break;
      last = next;
      each(whole, first.from, next.to, i - n + 1);
    }
  }
};
