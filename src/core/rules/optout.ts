// Short words that ask a machine to be silent, in the languages a machine is likely to be told so: whole words only, and only
// where little else is said. "My parcel did not stop at my door" asks for nothing.
const words: ReadonlySet<string> = new Set([
  "stop",
  "stop it",
  "stopp",
  "unsubscribe",
  "opt out",
  "optout",
  "end",
  "quit",
  "cancel messages",
  "leave me alone",
  "no bots",
  "abmelden",
  "keine nachrichten",
  "lass mich in ruhe",
  "lasst mich in ruhe",
  "arrêt",
  "arret",
  "arrêter",
  "désabonner",
  "laissez-moi tranquille",
  "baja",
  "alto",
  "parar",
  "darse de baja",
  "dejadme en paz",
  "cancelar",
  "sair",
  "pare",
  "descadastrar",
  "basta",
  "cancellami",
  "disiscrivimi",
  "lasciatemi in pace",
  "afmelden",
  "laat me met rust",
  "wypisz",
  "rezygnuję",
  "停止",
  "配信停止",
]);
// Longer sentences that say it beyond doubt, wherever they stand.
const phrases: readonly RegExp[] = [
  /\b(?:stop|quit) (?:messaging|texting|writing|contacting|replying|spamming|sending)\b/iu,
  /\b(?:do not|don['’]?t|never) (?:message|text|write|contact|reply|dm) (?:to )?me\b/iu,
  /\b(?:schreibt?|schicken?|kontaktiert?|antwortet?)\b.{0,20}\bnicht mehr\b/iu,
  /\bkeine (?:automatischen )?(?:nachrichten|antworten) mehr\b/iu,
  /\b(?:ne m['’]écrivez plus|arrêtez de m['’](?:écrire|envoyer))/iu,
  /\b(?:no me (?:escrib(?:an|as|áis)|contacten|manden)|dej(?:en|ad) de (?:escribirme|contactarme))/iu,
  /\b(?:parem? de me (?:escrever|mandar|enviar)|não me (?:escrevam|contactem|mandem))/iu,
  /\b(?:smettete di (?:scrivermi|contattarmi)|non scrivetemi più)/iu,
  /\b(?:stuur|schrijf) (?:me|mij) (?:geen|niet)\b/iu,
  /(?:連絡|メッセージ|返信)(?:し|を送ら)?ないで/u,
];
const startWords: ReadonlySet<string> = new Set(["start", "unstop", "opt in", "anmelden", "alta", "commencer"]);

const bare = (text: string): string =>
  text
    .replace(/(^|\s)@\w+/gu, " ")
    .replace(/[\p{P}\p{S}\p{Extended_Pictographic}]+/gu, (hit) => (/['’-]/u.test(hit) ? hit : " "))
    .replace(/\s+/gu, " ")
    .trim()
    .toLowerCase();

const courteous =
  /\b(?:please|pls|bitte|s['’]il (?:vous|te) pla[iî]t|svp|por favor|per favore|alstublieft|proszę)\b/giu;

/** Does a customer ask not to be written to (`"out"`), or to be written to again (`"in"`)? */
export const optOut = (text: string, more: readonly string[] = []): "out" | "in" | undefined => {
  const whole = bare(text).replace(courteous, " ").replace(/\s+/gu, " ").trim();
  if (words.has(whole) || more.some((one) => bare(one) === whole)) return "out";
  if (phrases.some((phrase) => phrase.test(text))) return "out";
  return startWords.has(whole) ? "in" : undefined;
};
