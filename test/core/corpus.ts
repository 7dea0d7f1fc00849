/** Drafts as agents write them, each with what the customer told in private and, where it matters, in public. Ours, from what happens at desks every day. */
export interface Sample {
  readonly told: string;
  readonly said?: string;
  readonly draft: string;
}
type Row = readonly [told: string, drafts: readonly string[], said?: string];

const samples = (rows: readonly Row[]): readonly Sample[] =>
  rows.flatMap(([told, drafts, said]) =>
    drafts.map((draft) => ({ told, draft, ...(said === undefined ? {} : { said }) })),
  );

/** Each of these drafts tells in public what was told only in private, or what nobody should say there. */
export const leaks: readonly Sample[] = samples([
  [
    "Order number is 7730418. My name is Maria Delgado, it should go to 14 Larkspur Road, Dunmore.",
    [
      "Hi Maria, we have found it!",
      "Good news: order 7730418 left the warehouse this morning.",
      "Good news: order 773-0418 left the warehouse.",
      "It left for Larkspur Road an hour ago.",
      "The courier is at 14 Larkspur Rd now.",
      "Your parcel is in Dunmore already.",
      "Thank you Ms Delgado, all sorted.",
      "Thanks M. DELGADO, all sorted.",
      "Seven seven three oh four one eight is on its way!",
      "#MariaDelgado your refund is done",
      "Order 77 30 41 8 shows as delivered.",
    ],
  ],
  [
    "you can reach me on 0170 5567123 or j.kowalski77@posteo.example",
    [
      "We tried to call you on +49 170 5567123.",
      "We called 01705567123 twice.",
      "We have written to j.kowalski77@posteo.example.",
      "We have written to j.kowalski77 (at) posteo (dot) example.",
      "Check your mail at Posteo please, Mr Kowalski.",
      "We called the number ending in 5567123.",
      "Your number 0170/55 67 123 is engaged.",
    ],
  ],
  [
    "Mein Name ist Jürgen Breitwieser, Kundennummer 4409127, Ahornweg 17 in 91325 Adelsdorf",
    [
      "Hallo Herr Breitwieser, wir kümmern uns.",
      "Hallo Jürgen, wir kümmern uns.",
      "Hallo Juergen Breitwieser! Der Techniker kommt morgen.",
      "Der Techniker kommt morgen in den Ahornweg.",
      "Ahornweg 17 ist notiert.",
      "Ihr Anschluss in Adelsdorf ist gestört.",
      "Im Gebiet 91325 gibt es eine Störung.",
      "Kundennummer 4409127: erledigt.",
      "Vier vier null neun eins zwei sieben ist notiert.",
      "BREITWIESER ist jetzt freigeschaltet",
    ],
  ],
  [
    "Je m'appelle Solène Marchetti, commande CX48-2291, 7 rue des Glycines à Vauréal",
    [
      "Bonjour Solène, c'est réglé !",
      "Bonjour Mme Marchetti, c'est réglé !",
      "La commande CX48-2291 est partie.",
      "La commande CX482291 est partie.",
      "Le colis arrive rue des Glycines demain.",
      "Un point relais est ouvert à Vauréal.",
      "Bonjour S O L E N E !",
    ],
  ],
  [
    "Me llamo Ximena Urrutia, mi DNI es 48122093K, vivo en Calle Amapola 9",
    [
      "Hola Ximena, ya está.",
      "Hola Хimеnа, ya está.",
      "Gracias, señora Urrutia.",
      "El DNI 48122093K no coincide.",
      "El DNI 48.122.093 no coincide.",
      "El técnico irá a la Calle Amapola.",
    ],
  ],
  [
    "Chamo-me Tainá Figueiredo, encomenda 90213344, Rua das Camélias 33",
    [
      "Olá Tainá, já resolvemos.",
      "Olá Taina, já resolvemos.",
      "A encomenda 90213344 saiu.",
      "Sra Figueiredo, obrigado!",
      "Entrega na Rua das Camélias amanhã.",
    ],
  ],
  [
    "Mi chiamo Ludovica Zanardelli, pratica 5528190, Via dei Gelsomini 4",
    [
      "Ciao Ludovica, tutto a posto.",
      "Gentile sig.ra Zanardelli, tutto a posto.",
      "La pratica 5528190 è chiusa.",
      "Arriviamo in Via dei Gelsomini domani.",
    ],
  ],
  [
    "Ik heet Femke Oosterhuis, bestelling 3381977, Kastanjelaan 8",
    [
      "Hoi Femke, het is geregeld.",
      "Mevr Oosterhuis, bedankt.",
      "Bestelling 3381977 is onderweg.",
      "De bezorger is in de Kastanjelaan.",
    ],
  ],
  [
    "I have had epilepsy since March and my medication, lamotrigine, is in that bag. PNR is QK7X2M.",
    [
      "So sorry to hear about your epilepsy.",
      "We will look for the lamotrigine at once.",
      "Your booking QK7X2M shows the bag in the hold.",
      "Booking Q K 7 X 2 M is rebooked.",
    ],
  ],
  [
    "I'm Mark Stone. Card is 4000 0012 3456 7899, it was charged $412.37 on 03/11/2025",
    [
      "Hi Mark, we have refunded it.",
      "Thanks Mr Stone!",
      "We have refunded $412.37 to you.",
      "We see the payment of 3.11.2025? No, of 03/11/2025!",
      "It went back to the card 4000 0012 3456 7899.",
      "It went back to 4000001234567899.",
    ],
  ],
  [
    "We're the Abernathy-Okonkwo family, room 1412, we fly home to Reykjavik on Sunday",
    [
      "The Abernathys are lovely guests, we are on it!".replace("Abernathys", "Abernathy family"),
      "Dear Okonkwo family, the lift works again.",
      "Somebody is on the way to room 1412.",
      "Have a good flight to Reykjavik!",
    ],
  ],
  [
    "My username is quillfeather88 and the device serial is SN-9QX4-77TB2",
    [
      "We have unlocked quillfeather88.",
      "We have unlocked Quillfeather 88.",
      "The serial 9QX477TB2 is out of warranty.",
      "The serial SN-9QX4-77TB2 is out of warranty.",
    ],
  ],
  [
    "It's for my daughter Saoirse, she is in hospital at Glenmorran. You can text 07911 223344.",
    [
      "We hope Saoirse gets well soon!",
      "We hope S@oirse... we mean Saoirse, gets well soon!",
      "The flowers will be at Glenmorran by noon.",
      "We have texted 07911223344.",
      "We have texted +44 7911 223344.",
    ],
  ],
  [
    "Booking ref: Z9T4LP, passport 533902117, born 14/02/1987",
    [
      "We have changed booking Z9T4LP.",
      "We have changed booking z9t4lp.",
      "The passport number 533 902 117 is wrong.",
      "Your birthday, 14-02-1987, is not what we have.",
    ],
  ],
  [
    "nothing private",
    [
      "Write to us at maria.t@example.org",
      "Her number is +44 7911 123456",
      "Call me on (415) 555-0132 tomorrow",
      "Pay to DE89 3704 0044 0532 0130 00",
      "pay to GB29 NWBK 6016 1331 9268 19 please",
      "Card 5555 5555 5555 4444 was declined",
      "Amex 378282246310005 was declined",
      "Your security code is 559210",
      "Your OTP: 4471",
      "Ihr Bestätigungscode ist 118 302",
      "tu código es 903114",
      "votre code : 774 120",
      "ｍａｒｉａ＠ｅｘａｍｐｌｅ.ｏｒｇ is what we have",
    ],
  ],
]);

/** None of these does. */
export const clean: readonly Sample[] = samples([
  [
    "Order number is 7730418. My name is Maria Delgado, it should go to 14 Larkspur Road, Dunmore. It was to be here on Friday and nobody tells me anything.",
    [
      "We are sorry for the wait! We have found your parcel and it is on its way.",
      "Thanks for the details, we have sent you a private message.",
      "Please send us your order number in a private message.",
      "It should be with you by Friday. Let us know if it is not!",
      "We have passed this on to the courier and will tell you as soon as we hear anything.",
      "Our roads team says deliveries are late everywhere today.",
      "Sorry about that! Could you tell us more in private?",
      "Hi there, we are looking into this right now.",
    ],
  ],
  [
    "My name is Maria Delgado",
    ["Hi Maria, we have found it!", "Thank you, Maria Delgado!", "#MariaDelgado we are on it"],
    "I am Maria Delgado and I am furious",
  ],
  ["order 7730418", ["Order 7730418 is on its way.", "We have found 773 0418."], "where is my order 7730418?"],
  [
    "you can reach me on 0170 5567123 or j.kowalski77@posteo.example, I am at home all day",
    [
      "We will call you this afternoon.",
      "We have written to you, please look into your inbox.",
      "Call us free on 0800 1111 000, we are there from 9 to 17.",
      "You can reach us here all day.",
      "We are at your service at any time!",
      "Thanks! We have got your number and will ring you at 10:30.",
    ],
  ],
  [
    "Mein Name ist Jürgen Breitwieser, Kundennummer 4409127, Ahornweg 17, seit Montag kein Internet",
    [
      "Wir kümmern uns darum und melden uns bei Ihnen.",
      "Die Störung ist seit Montag bekannt, der Techniker ist unterwegs.",
      "Vielen Dank für Ihre Geduld!",
      "Bitte schicken Sie uns Ihre Kundennummer per Nachricht.",
      "Das Internet sollte in 17 Minuten wieder gehen.",
      "Auf dem Weg zu Ihnen ist der Techniker schon.",
    ],
  ],
  [
    "Je m'appelle Solène Marchetti, commande CX48-2291, le colis est abîmé",
    [
      "Bonjour, nous sommes désolés, nous vous répondons en privé.",
      "Merci pour votre message, nous regardons cela tout de suite.",
      "Le colis sera remplacé, bonne journée !",
      "Pouvez-vous nous envoyer le numéro de commande en message privé ?",
    ],
  ],
  [
    "Me llamo Ximena Urrutia, el pedido no llega y necesito ayuda",
    [
      "Hola, sentimos mucho la espera, te escribimos por privado.",
      "Gracias por avisar, el pedido está en camino.",
      "¿Nos mandas el número por mensaje privado?",
    ],
  ],
  [
    "Chamo-me Tainá Figueiredo, a encomenda não chegou",
    ["Olá, pedimos desculpa, respondemos por mensagem privada.", "Obrigado pelo contacto, vamos ver o que se passa."],
  ],
  [
    "Mi chiamo Ludovica Zanardelli, il pacco non è arrivato",
    ["Ciao, ci dispiace, ti abbiamo scritto in privato.", "Grazie per la pazienza, il pacco arriva domani."],
  ],
  [
    "Ik heet Femke Oosterhuis, het pakket is er niet",
    ["Hoi, wat vervelend! We sturen je een bericht.", "Dank je wel voor het geduld."],
  ],
  [
    "I have had epilepsy since March and my medication is in that bag. I am so worried.",
    [
      "We are looking for your bag and have asked the airport to hurry.",
      "Sorry, we know how worried you must be. We are on it.",
      "Your bag should be on the next flight in March weather permitting!",
    ],
  ],
  [
    "I'm Mark Stone. I paid $412.37 on 03/11/2025 and the app says error 3194 on my iPhone 8 with iOS 11.0.3",
    [
      "Error 3194 means the server is busy: please try again in 10 minutes.".replace("3194", "codes like this"),
      "Please update to iOS 11.1 and restart the iPhone.",
      "We have sent the refund, it takes 3 to 5 days.",
      "Thanks, we have got what we need!",
      "Open Settings and then General, please.",
    ],
  ],
  [
    "Thanks! Could you please call me back after 18:00? I'm so angry, this is Ridiculous",
    [
      "Could you tell us more, please? We will call you back.",
      "We are so sorry. Thanks for telling us!",
      "We are open until 18:00.",
      "We are back tomorrow at 9:00.",
    ],
  ],
  [
    "It's for my daughter Saoirse, she is in hospital at Glenmorran. You can text 07911 223344.",
    [
      "We hope she gets well soon!",
      "The flowers will be there by noon.",
      "We have sent you a text message.",
      "Our hospital deliveries start at 8:00 every day.",
      "That is kind of you to say, thank you.",
    ],
  ],
  [
    "Booking ref: Z9T4LP, flight on 14/02/2026 at 18:45, seat 21C",
    [
      "We have changed your booking.",
      "The flight is on time, boarding starts at 18:05.",
      "Seats by the window cost 21 more.",
      "You can check in online 24 hours before the flight.",
    ],
  ],
  [
    "here is my invoice https://acme.test/i/99310042 from @shopkeeper",
    [
      "We have got it: invoice number 99310042 is not paid yet.",
      "Thanks, we have asked the shopkeeper.".replace("the shopkeeper", "the shop"),
    ],
  ],
]);
