import type { PhoneBook } from "../core/rules/guard.ts";

// Numbers that belong to houses and services, and to no person.
const ofServices: ReadonlySet<string | undefined> = new Set([
  "TOLL_FREE",
  "PREMIUM_RATE",
  "SHARED_COST",
  "UAN",
  "VOICEMAIL",
]);

/** The numbering plans of all countries, loaded when a bridge begins to work: they are large. */
export const loadPhones = async (): Promise<PhoneBook> => {
  const { isSupportedCountry, parsePhoneNumberFromString } = await import("libphonenumber-js/max");
  return (number, country) => {
    if (country !== undefined && !isSupportedCountry(country)) return undefined;
    const parsed = parsePhoneNumberFromString(number, country);
    if (parsed?.isValid() !== true) return undefined;
    return ofServices.has(parsed.getType()) ? "service" : "person";
  };
};
