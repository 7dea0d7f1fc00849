import type { Json } from "../words/ref.ts";
import { fold } from "./fold.ts";

/**
 * What makes a matter urgent, the most urgent first: danger to life and threats; the law; the press; somebody whom many
 * listen to; somebody to whom the brand owes more.
 */
export type Urgency = "danger" | "legal" | "press" | "verified" | "loyalty";

/** The urgency of a conversation as a number: 0 is most urgent, 50 is usual. */
export const urgencies: Readonly<Record<Urgency, number>> = {
  danger: 0,
  legal: 10,
  press: 20,
  verified: 30,
  loyalty: 30,
};
/** Nothing urgent about it. */
export const usual = 50;
/** Danger to life, or a threat: no machine speaks here, and nothing is bundled. */
export const isDanger = (priority: number): boolean => priority <= urgencies.danger;

// Folded: without case and accents. `_` stands for a few words between.
const lists: Readonly<Record<"danger" | "legal" | "press", readonly string[]>> = {
  danger: [
    // To herself.
    "kill(?:ing)? myself|end(?:ing)? (?:my life|it all)|suicid(?:e|al)|want to die|wanna die|do(?:n'?t| not) want to live|hurt(?:ing)? myself|self.?harm|better off dead",
    "mich umbringen|bring_ mich um|nicht mehr leben|will sterben|suizid|selbstmord|mir (?:et)?was antun|das leben nehmen",
    "me suicider|suicidaire|en finir avec la vie|envie de mourir|mettre fin a mes jours|me tuer",
    "quiero morir|suicidarme|suicidio|matarme|quitarme la vida|no quiero vivir",
    "quero morrer|me matar|suicidio|tirar a minha vida|nao quero (?:mais )?viver",
    "voglio morire|suicidarmi|suicidio|farla finita|togliermi la vita",
    "zelfmoord|wil dood|mezelf iets aandoen|niet meer leven",
    // To anybody, now.
    "(?:can'?t|can ?not|couldn'?t|could not|hard to|hardly|struggl\\w+ to) breathe|(?:trouble|difficulty) breathing|not breathing|stopped breathing|unconscious|anaphyla\\w+|allergic (?:reaction|shock)|heart attack|choking on|chok(?:ed|ing) (?:on|to)|bleeding|overdose|poison(?:ed|ing)|ambulance|in the (?:er|icu)|life.threatening|trapped in(?:side)?",
    "caught (?:on )?fire|on fire|in flames|set (?:my|the|our) _ on fire|went up in|exploded?|explosion|smok(?:e|ing) (?:coming|came|from|out)|burn(?:ed|t|s) (?:my|his|her|our|the) (?:hand|face|arm|skin|leg|house|kitchen|son|daughter|child|baby)|electric shock|electrocuted|gas leak|smell(?:s|ing)?(?: of)? gas|carbon monoxide|sparks",
    "keine luft|bewusstlos|allergische reaktion|allergischer schock|herzinfarkt|vergiftet|vergiftung|notarzt|lebensgefahr|brennt|in flammen|feuer gefangen|explodiert|gasgeruch|riecht nach gas|stromschlag|verblutet",
    "ne respire plus|inconscient|reaction allergique|crise cardiaque|intoxique|intoxication|pris feu|en feu|a explose|fuite de gaz|odeur de gaz|decharge electrique|danger de mort",
    "no puede respirar|no puedo respirar|inconsciente|reaccion alergica|infarto|intoxicad[oa]|se incendio|en llamas|exploto|fuga de gas|huele a gas|descarga electrica|peligro de muerte",
    "nao consigo respirar|nao respira|reacao alergica|infarto|enfarte|intoxicad[oa]|pegou fogo|em chamas|explodiu|vazamento de gas|cheiro de gas|choque eletrico",
    "non respira|non riesco a respirare|svenut[oa]|reazione allergica|infarto|intossicat[oa]|ha preso fuoco|in fiamme|esplos[oa]|fuga di gas|puzza di gas|scossa elettrica",
    "geen adem|bewusteloos|allergische reactie|hartaanval|vergiftigd|vlam gevat|in brand|staat in de fik|ontploft|gaslek|gaslucht|elektrische schok",
    // By her.
    "(?:i'?ll|i will|i'?m (?:going to|gonna)|gonna|will) (?:kill|shoot|stab|bomb|burn down|blow up|hurt|find and hurt) (?:you|him|her|them|your|everyone|somebody|someone|the (?:store|office|shop))|bomb (?:threat|in your|at your)|bring(?:ing)? (?:a|my) gun|know where you (?:live|work)|watch your back|you(?:'re| are)(?: all)? dead",
    "bring(?:e)? (?:dich|euch|sie) um|ich weiss,? wo (?:du|ihr)|stech(?:e)? (?:dich|euch) ab|bombe",
    "je vais (?:te|vous) (?:tuer|buter)|je sais ou (?:tu|vous)|une bombe",
    "te voy a matar|los voy a matar|se donde (?:vives|trabajas)|una bomba",
    "vou te matar|vou matar|sei onde (?:voce|tu)|uma bomba",
    "ti ammazzo|vi ammazzo|so dove (?:abiti|vivi|lavori)|una bomba",
    "ik maak je dood|ik vermoord|ik weet waar je woont|een bom",
  ],
  legal: [
    "lawyers?|attorneys?|solicitors?|lawsuit|(?:i(?:'ll| will)|gonna|going to|we(?:'ll| will)) sue|suing (?:you|them)|see you in court|take(?:n)? (?:you|this|them) to court|small claims|legal action|cease and desist|class action|trading standards|ombudsman|subject access request|gdpr|data protection|regulator|chargeback|police report",
    "anwalt|anwaltin|rechtsanwalt|klage ein\\w*|verklage\\w*|rechtliche schritte|vor gericht|abmahnung|verbraucherzentrale|dsgvo|datenschutzbehorde|anzeige erstattet|bundesnetzagentur",
    "avocat|porter plainte|poursuivre en justice|tribunal|mise en demeure|action en justice|dgccrf|rgpd|mediateur|cnil",
    "abogad[oa]|demandar(?:los|te)?|denuncia|juicio|acciones legales|tribunales|consumo|rgpd|oficina del consumidor",
    "advogad[oa]|processar|processo judicial|procon|tribunal|acao judicial|lgpd|deco",
    "avvocat[oa]|vi denuncio|querela|denuncia|azione legale|tribunale|codacons|agcom|gdpr",
    "advocaat|rechtszaak|juridische stappen|aanklagen|aangifte|rechter|geschillencommissie|avg.verzoek",
  ],
  press: [
    "journalist|reporter|press (?:inquiry|enquiry|request|office)|newsroom|(?:on|for) (?:a|the|my|our) (?:news )?(?:story|article)|request for comment|right of reply|(?:going|went) to the (?:press|media|papers)|bbc news|the guardian|reuters|the new york times",
    "journalistin|redaktion|presseanfrage|pressestelle|recherchiere|stellungnahme|spiegel tv",
    "journaliste|redaction|demande presse|service presse|droit de reponse",
    "periodista|redaccion|consulta de prensa|oficina de prensa|reportaje",
    "jornalista|redacao|assessoria de imprensa|reportagem",
    "giornalista|redazione|ufficio stampa|inchiesta",
    "journaliste|redactie|persvraag|persvoorlichter|wederhoor",
  ],
};

const compiled = Object.entries(lists).map(
  ([urgency, patterns]) =>
    [
      urgency as Urgency,
      new RegExp(
        `(?<![\\p{L}\\p{N}])(?:${patterns.join("|").replaceAll("_", "(?:[\\p{L}'\\d]+ ){0,3}?")})(?![\\p{L}\\p{N}])`,
        "u",
      ),
    ] as const,
);

// What people say of a parcel that comes late: of nobody's life.
const idioms =
  /\b(?:kill(?:ed|ing)? (?:it|time|me with|the (?:vibe|mood|app|process|battery))|killing me|dying (?:to|for|of (?:laughter|boredom))|died laughing|phone died|battery (?:died|exploded? in popularity)|to die for|bomb(?:er)? jacket|photo ?bomb\w*|bath bombs?|fire (?:sale|stick|tablet|tv|wall)|fired|(?:is|are|was|you(?:'re| are)|they(?:'re| are)) (?:so |really |totally )?on fire(?= (?:today|lately|this|with|🔥)|!*\s*🔥)|(?:sales|prices|deals?) (?:exploded|on fire)|mind (?:is )?(?:blown|exploded)|head (?:is )?explod\w+|over my dead body|dead (?:line|end|zone|pixel)s?|smoking (?:hot|deal)|tennis court|food court|court ?yard|jugement|food poisoning lol|una bomba de (?:oferta|fiesta)|der hit brennt|brennt (?:schon )?(?:mir )?(?:unter den nageln|eine frage)|una frage brennt)\b/gu;

/** What makes these words urgent, as far as words can say. Words of danger in jest are danger: somebody looks, and no machine speaks. */
export const urgencyOf = (text: string): Urgency | undefined => {
  const plain = fold(text).text.replaceAll("’", "'").replaceAll(/\s+/g, " ");
  const urgencyIs = (words: string): Urgency | undefined => compiled.find(([, pattern]) => pattern.test(words))?.[0];
  // Nearly all texts hold nothing of the kind, idiom or not.
  return urgencyIs(plain) === undefined ? undefined : urgencyIs(plain.replaceAll(idioms, " "));
};

const isUrgency = (value: unknown): value is Urgency => typeof value === "string" && Object.hasOwn(urgencies, value);

/** What an advisor's answer says about it: an urgency by its name, or in a field `urgency`. */
export const urgencyIn = (advice: Json): Urgency | undefined => {
  if (isUrgency(advice)) return advice;
  const named =
    typeof advice === "object" && advice !== null && !Array.isArray(advice)
      ? (advice as { readonly [key: string]: Json })["urgency"]
      : undefined;
  return isUrgency(named) ? named : undefined;
};

const steps: readonly number[] = [5, 15, 30, 60, 120, 240, 480, 1_440].map((minutes) => minutes * 60_000);

/** How soon an act is to go: by urgency, and within it by the time that is left to what was promised; 0 is soonest. */
export const rank = (priority: number, leftMs: number | undefined): number => {
  if (isDanger(priority) || leftMs === undefined) return priority;
  const step = leftMs <= 0 ? 0 : steps.findIndex((most) => leftMs <= most) + 1;
  // Nine ranks below each urgency are its own.
  return step === 0 && leftMs > 0 ? priority : priority - 9 + step;
};
