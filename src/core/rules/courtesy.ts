import type { Media } from "../words/entry.ts";
import { fold } from "./fold.ts";

// Without case and accents. What says that somebody is pleased, and what may stand beside it.
const pleased = `ok okay okey oki great perfect awesome cool nice super excellent brilliant fantastic amazing lovely wonderful fab
 thank thanks thankyou thx thnx tnx ty tysm cheers ta appreciated appreciate good works worked working solved sorted fixed resolved best legends legend star stars
 danke dankeschon dank prima toll klasse perfekt klappt geklappt funktioniert erledigt spitze
 merci parfait genial nickel bravo marche regle resolu
 gracias genial perfecto estupendo solucionado arreglado funciona resuelto vale
 obrigado obrigada obg valeu otimo perfeito resolvido funcionou funciona maravilha show
 grazie perfetto ottimo fantastico risolto funziona bravi gentilissimi
 bedankt dank dankjewel dankuwel topper toppie fijn opgelost werkt gelukt geweldig
 arigato`;
const beside = `you u very so a lot much again for your the all it its is now that thats this was of to help quick fast reply response support service answer info everything
 guys team folks really many bunch million indeed both right yes yep yay hooray hi hey bye have day evening weekend one do are im i am happy
 vielen schon sehr fur die eure ihre schnelle hilfe antwort nett lieb euch ihnen alles gut jetzt es wieder und lieben herzlichen tausend ist das wunderbar tag
 beaucoup bien mille pour votre ton aide reponse rapide tout est c ca bon cest super tres a vous toi et bonne journee fois
 muchas muchisimas mil por tu su ayuda respuesta rapida todo ya esta muy bien amable a y buen dia un saludo
 muito muita pela vossa sua ajuda resposta rapida tudo certo ja esta por de e bom dia agora
 mille tante molte per il vostro tuo aiuto la risposta veloce tutto a posto ora va e molto gentili davvero bene buona giornata siete stati
 je u wel hartelijk heel erg veel voor de het snelle hulp reactie antwoord alles nu is jullie en allemaal goed fijne dag`;
const setOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/u));
const [glad, polite] = [setOf(pleased), setOf(beside)];
const eastern =
  /^(?:どうも)?(?:本当に)?ありがとう(?:ございます|ございました)?|^谢谢(?:你|您)?|^감사합니다|^شكرا|^спасибо|^дякую/u;

// A face or a hand that is not pleased asks for something.
const displeased = new RegExp(
  "👎 😠 😡 🤬 😤 😒 🙄 😞 😔 😟 😕 🙁 ☹ 😣 😖 😫 😩 😢 😭 😰 😱 🤮 🤢 💩 🖕 💔 😑 😐 🤦 ❌ 🆘 ⚠ 😾 ❓ ❔ ⁉".replaceAll(
    " ",
    "|",
  ),
  "u",
);
const signs = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\u20e3/gu;
const smiles = /(?<!\S)(?:[:;=8][-o^']?[)\]DPp3*]+|<3+|x+o+(?:x+o*)*|\^_*\^)(?!\S)/giu;
const frowns = /(?<!\S)[:;=]['-]?[(/\\|[]+(?!\S)/u;

/** Is this only thanks, a nod or a smile: words that ask for nothing? */
export const courtesy = (text: string, media: readonly Pick<Media, "kind">[] = []): boolean => {
  if (media.some(({ kind }) => kind !== "sticker")) return false;
  if (displeased.test(text) || frowns.test(text)) return false;
  const shown = text
    .replaceAll(/(^|\s)@\w+/gu, " ")
    .replaceAll(smiles, " ")
    .replaceAll(signs, " ")
    .trim();
  if (shown.replaceAll(/[\s.!…,~]/gu, "") === "") return !/[!?]{3,}/u.test(shown);
  // A question or a number is never only a courtesy, and what goes on at length says something.
  if (/[?\p{N}？]/u.test(shown) || shown.length > 80) return false;
  const plain = shown
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[\s.!…,~。！、]/gu, "");
  if (eastern.test(plain)) return plain.replace(eastern, "") === "";
  const words = fold(shown)
    .text.replaceAll(/['’]/gu, "")
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== "");
  return words.every((word) => glad.has(word) || polite.has(word)) && words.some((word) => glad.has(word));
};
