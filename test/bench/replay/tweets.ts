import { createChance } from "casethread/sandbox";

const asked = [
  "my parcel has been lost for a week and nobody answers",
  "the app logs me out every time I open it, since the update",
  "is the shop in the station open on Sunday?",
  "I was charged twice for the same order & want my money back",
];
const said = [
  "Sorry to hear that! Which order is it?",
  "Thanks, we have found it. A new one is on its way.",
  "Please restart it once and tell us whether that helped.",
  "We are looking into it and come back to you shortly.",
];
const brands = ["AcmeHelp", "NordicAir", "TeleFirst"];

/**
 * A file in the columns of Kaggle's "Customer Support on Twitter", made up by seed: a quarter of its tweets begin a
 * thread, the rest go on in turn, customer and brand, two to a dozen deep.
 */
export const madeUpTweets = (count: number, seed: number): string => {
  const chance = createChance(seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(chance() * list.length)];
  const lines = ["tweet_id,author_id,inbound,text,in_response_to_tweet_id"];
  let id = 0;
  while (id < count) {
    const author = 900_000 + Math.floor((chance() * count) / 5);
    const brand = pick(brands) ?? "";
    const length = Math.min(count - id, 2 + Math.floor(10 * chance() ** 3));
    for (let n = 0; n < length; n++) {
      id++;
      const parent = n === 0 ? "" : String(id - 1);
      lines.push(
        n % 2 === 0
          ? `${id},${author},True,"@${brand} ${pick(asked)}, ${id}",${parent}`
          : `${id},${brand},False,"@${author} ${pick(said)} (${id}) ^AB",${parent}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
};
