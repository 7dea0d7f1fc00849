// Thanks and farewells in the languages the library is first used in. A question or a number is never only a courtesy.
const polite =
  /^(?:(?:ok(?:ay)?|great|perfect|awesome|cool|nice|super|thank(?:s| you| u)?|thx|ty|cheers|very|so|a lot|much|again|for|your|the|quick|fast|help|reply|all|good|it|works?|now|solved|merci|beaucoup|danke(?:schön)?|vielen dank|dank|gracias|muchas|obrigad[oa]|grazie|mille|bedankt|dank je|arigato|ありがとう)[\s!.,…]*)+$/iu;

// "Help now!" is made of the same small words.
const pleased =
  /\b(?:ok(?:ay)?|great|perfect|awesome|cool|nice|super|thank(?:s| you| u)?|thx|ty|cheers|good|works?|solved|merci|danke(?:schön)?|dank|gracias|obrigad[oa]|grazie|bedankt|arigato)\b|ありがとう/iu;

/** Is this only thanks, a nod or a smile: words that ask for nothing? */
export const courtesy = (text: string): boolean => {
  const words = text
    .replace(/(^|\s)@\w+/gu, " ")
    .replace(/\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f/gu, " ")
    .trim();
  if (words === "") return true;
  return !/[?\d]/u.test(words) && words.length <= 80 && polite.test(words) && pleased.test(words);
};
