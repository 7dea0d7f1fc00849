/**
 * All that the author of a channel or a CRM needs: the words, the contracts, the one error, and the makers of keys.
 *
 * @module
 */
export { BridgeError, type BridgeErrorAbout } from "./core/contracts/errors.ts";
export { givenUp, orGivenUp } from "./core/contracts/give-up.ts";
export { isSecret, revealed, revealedAll, type Secret } from "./core/contracts/secret.ts";
export type * from "./core/contracts/channel.ts";
export type * from "./core/contracts/crm.ts";
export type * from "./core/contracts/kit.ts";
export type * from "./core/contracts/outside.ts";
export type * from "./core/contracts/past.ts";
export type * from "./core/words/conversation.ts";
export type * from "./core/words/effect.ts";
export type * from "./core/words/entry.ts";
export type * from "./core/words/event.ts";
export type * from "./core/words/ref.ts";
export { accountName, clue, door, keyOf, personaName, sameAccount, samePersona, samePlace } from "./core/words/ref.ts";
export { explainWhy } from "./core/rules/explain.ts";
export { findToken } from "./core/rules/token.ts";
export { faultOfBounds, type OwnBounds } from "./core/rules/bounds.ts";
export { addressAt } from "./core/rules/hosts.ts";
export { parseJson } from "./core/rules/json.ts";
export { isLoopback } from "./core/rules/loopback.ts";
export { partsOf } from "./core/rules/parts.ts";
export { sameWords } from "./core/rules/echo.ts";
export { askWebhook, compareClocks } from "./outside.ts";
export { seal, type Sealing, unseal } from "./seal.ts";
