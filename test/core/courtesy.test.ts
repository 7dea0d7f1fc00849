import { describe, expect, it } from "vitest";
import { courtesy } from "../../src/core/rules/courtesy.ts";
import { minute, post, publicly, seen, t0 } from "./make.ts";
import { createStory } from "./story.ts";

const pictured = (kind: string) => [{ kind, url: "https://net.test/file" }];

describe("only thanks, a nod or a smile: the case stays closed", () => {
  it.for([
    // English
    "Thanks!",
    "thank you so much 🙏",
    "@acme great, thanks for the quick help",
    "ok",
    "Cheers guys!",
    "ty!!",
    "Thx :)",
    "all good now, it works",
    "That's great, thank you",
    "Perfect, sorted!",
    "you are the best",
    "Thank you both, have a nice day!",
    "awesome support 👏👏",
    "lovely, much appreciated",
    "thanks a million",
    // German
    "Vielen Dank!",
    "Danke euch, klappt jetzt",
    "Super, dankeschön 😊",
    "Alles gut, danke",
    "Herzlichen Dank für die schnelle Hilfe",
    "prima, es funktioniert wieder",
    "Top, danke".replace("Top", "Toll"),
    // French
    "Merci beaucoup !",
    "merci pour votre aide",
    "Parfait, merci bien",
    "C'est réglé, merci",
    "Super, bonne journée",
    "Génial, tout marche",
    // Spanish
    "muchas gracias",
    "Mil gracias por la ayuda",
    "Perfecto, ya está solucionado",
    "genial, todo bien",
    "Gracias, muy amable",
    "Vale, gracias",
    // Portuguese
    "Muito obrigado!",
    "obrigada pela ajuda",
    "Ótimo, tudo certo agora",
    "valeu!",
    "Já está resolvido, obrigado",
    "Perfeito, bom dia",
    // Italian
    "Grazie mille",
    "Ottimo, tutto a posto",
    "grazie per l'aiuto".replace("l'aiuto", "il vostro aiuto"),
    "Perfetto, risolto",
    "Gentilissimi, grazie davvero",
    "funziona, bravi",
    // Dutch
    "Dank je wel!",
    "Bedankt voor de snelle reactie",
    "Top, opgelost".replace("Top", "Topper"),
    "Het werkt nu, dank",
    "fijn, heel erg bedankt",
    // Others, signs
    "ありがとう",
    "どうもありがとうございます",
    "谢谢",
    "спасибо",
    "👍",
    "❤️❤️",
    "🎉🙌🏽",
    "🇩🇪 👍",
    "<3",
    ":-)",
    "",
    "@acme",
    "😂",
  ])("%s", (text) => {
    expect(courtesy(text)).toBe(true);
  });

  it("a sticker, and no other picture", () => {
    expect(courtesy("", pictured("sticker"))).toBe(true);
    expect(courtesy("thanks", pictured("sticker"))).toBe(true);
    expect(courtesy("thanks", pictured("photo"))).toBe(false);
    expect(courtesy("", pictured("video"))).toBe(false);
  });
});

describe("more than that: the case is opened again", () => {
  it.for([
    "thanks, but it is broken again",
    "thanks?",
    "Help!",
    "help now",
    "again",
    "reply now!",
    "fast",
    "order 5",
    "no",
    "!!!",
    `thanks ${"so ".repeat(40)}much`,
    "Thanks for nothing",
    "thanks a lot for losing my parcel",
    "great, just great",
    "Thank you. It broke again.",
    "Thanks! When will it be here?",
    "ok, and my refund",
    "perfect timing as always, three days late",
    "👎",
    "😡",
    "thanks 🙄",
    "ok :(",
    "🤬🤬",
    "danke, geht aber immer noch nicht",
    "Danke. Und die Rechnung",
    "merci mais rien ne marche",
    "merci, et mon colis ?",
    "gracias pero sigue igual",
    "gracias, el pedido 4471",
    "obrigado, mas não funciona",
    "grazie, ma il pacco non c'è",
    "dank je, maar het werkt niet",
    "bedankt voor niets",
    "ok I will sue you",
    "thanks, my number is four four eight",
    "ありがとう、でもまだ届きません",
    "？",
    "thanks i want to die",
  ])("%s", (text) => {
    expect(courtesy(text)).toBe(false);
  });
});

describe("after it was resolved", () => {
  const closed = (said: string, media?: string) => {
    const story = createStory();
    const { talk } = story.tell(publicly("maria", "1"));
    story.perform(story.last("open"));
    story.tell(seen(story.talk(talk.key), { closed: true, at: t0 + minute }));
    const more = media === undefined ? {} : { media: pictured(media) };
    return story.tell(publicly("maria", "2", { at: t0 + 2 * minute, text: said, under: "1", ...more }));
  };

  it.for<[string, string | undefined]>([
    ["Thank you!", undefined],
    ["👍", undefined],
    ["", "sticker"],
  ])("%j is entered, and the case stays closed (%s)", ([text, media]) => {
    const { talk, why, effects } = closed(text, media);
    expect(why).toContain("courtesy-after-resolved");
    expect(talk).toMatchObject({ case: { stage: "closed" }, awaiting: "nobody", public: { latest: post("2") } });
    expect(effects.map(({ act }) => act.do)).toContain("entry");
  });

  it.for(["Thanks? It is still broken", "thanks, order 5", "Thank you. It broke again.", "👎"])(
    "%j opens it again",
    (text) => {
      const { talk, why } = closed(text);
      expect(why).toContain("reopened");
      expect(talk).toMatchObject({ case: { stage: "reopening" }, awaiting: "us" });
    },
  );
});
