import type { Why } from "../words/ref.ts";

type Param = NonNullable<Why["params"]>;
type Sentence = string | ((p: Param) => string);

/** What each code says to a person. A brand's own codes are shown as they are. */
const sentences: Readonly<Record<string, Sentence>> = {
  began: "nobody known: a new conversation begins",
  "began-after-closed": "the last matter is over: a new conversation follows it",
  "began-with-anothers-token":
    "brought an invite given to somebody else: a conversation of its own; an agent confirms whether it belongs",
  "joined-by-token": "joined by the invite's token",
  "joined-by-known-post": "an edit of a known post",
  "joined-by-branch": "the same person in the same thread",
  "joined-by-thread": "the private thread of this conversation",
  "joined-by-invite": "the person we invited wrote to us",
  "joined-by-persona": (p) =>
    `the same person, inside the window${p["others"] === undefined ? "" : ` (${p["others"]} more open: check whether it belongs here)`}`,
  "own-words-by-hand": "the brand spoke in the network's own app",
  "own-words-about-nothing-open": "our own words, about nothing that is open",
  "brand-spoke-by-hand": "entered what the brand said in the network's own app",
  helped: "somebody of the house helped",
  "help-entered": "entered as help; our clock goes on",
  "bare-share": "a bare share: nobody said anything to us",
  "unknown-conversation": "belongs to no conversation we know",
  "disposed-watch": "watched: entries are kept, no case yet",
  "disposed-ignore": "ignored by policy",
  "disposed-case": "made a case by policy",
  routed: (p) => `given to ${p["department"]}`,
  "case-promised": "a case is to be opened",
  "case-opened": (p) => `case ${p["number"] ?? ""} is open`.replace("  ", " "),
  "invite-carried": "the answer carries an invite into a private thread",
  "invite-answered": "the invite was answered: the talk is private now",
  "invite-opened": "the invite was opened",
  "private-side-opened": "she can be answered in private: what waited for it may go",
  "next-part": (p) => `part ${p["at"]} of ${p["of"]} is promised`,
  "part-said": (p) => `part ${p["at"]} of ${p["of"]} was said`,
  said: (p) => (p["proof"] === undefined ? "said" : `said; seen by ${p["proof"]}`),
  held: (p) => `held (${p["hold"]}: ${p["because"]})`,
  released: "released by a person",
  "asking-what-the-network-allows": "the network is asked what it allows here",
  "network-was-asked": "the network has said what it allows",
  "opened-by-somebody-unconfirmed":
    "opened by somebody who is not known to be the customer: links are passed on; an agent confirms by merging",
  "invite-expired": "an invite was brought that is too old to say anything",
  "invite-forged": "a token was brought that was not made here for this account: it says nothing",
  confirmed: "confirmed by a person: the same customer",
  parted: (p) => `parted by a person: somebody else after all (${p["moved"]} words moved)`,
  "parted-from": "parted by a person: a conversation of its own",
  "other-name-learned": "the network told by which id it knows her in private",
  "somebody-else-has-the-thread": "somebody else has the private thread now",
  "taken-back": "taken back by a person",
  "ordered-by-person": (p) => `${p["act"]}, by a person's order`,
  "channel-cannot": (p) => `the network offers no ${p["act"]}`,
  "asks-for-a-yes": "waited through a pause: leaves only with a person's yes",
  "was-paused": "waited through a pause, so it did not leave",
  paused: "paused",
  "private-data": (p) => `private data in public words: ${p["kinds"]}`,
  "made-harmless": (p) => `made harmless before it goes out: ${p["kinds"]}`,
  "guard-would-block": (p) => `the guard would have blocked it: ${p["kinds"]}`,
  "customer-has-not-written-privately":
    "the customer has not written to us in private, and the network lets us not write first",
  "private-window-closed": "the network's window for private words has closed",
  overheard: "the author spoke to nobody at the brand: answer in the network's own app, if at all",
  "not-summoned": "the author did not call on this account: the network lets us not answer in public",
  "answers-no-post-of-this-conversation":
    "what the answer was to go under is no public post of this conversation: choose another, or none",
  "no-public-post": "there is no public post to answer",
  "channel-takes-no-files": "no file can go along here: give its link in the words",
  "too-many-files": (p) => `more files than the network takes at once: ${p["most"]} at most`,
  "file-goes-by-itself": "the network takes a file only by itself: send the words, then the file without words",
  "file-has-no-address": "a file needs an https address that the network can fetch it from, without a password in it",
  "file-is-not-described": "a file needs its type and its size in bytes",
  "file-type-refused": (p) => `the network takes no ${p["type"]} here: it takes ${p["takes"]}`,
  "file-too-large": (p) => `the file has ${p["bytes"]} bytes, and the network takes ${p["most"]} at most`,
  parked: (p) => `waits for a person (${p["act"]}: ${p["because"]})`,
  "may-have-gone-out":
    'may have gone out and cannot be seen: look at the network, then say "it is there", "send again" or drop',
  "said-twice": "stands on the network twice: consider taking one back",
  rehearsed: (p) => `rehearsed, not performed: ${p["act"]} at ${p["door"]}`,
  "rule-threw": (p) => `the policy's "${p["rule"]}" threw and had no say`,
  resolved: "the case was closed",
  reopened: "the customer spoke after it was closed: opened again",
  "reopened-in-crm": "opened again in the CRM",
  "courtesy-after-resolved": "thanks after it was closed: entered, the case stays closed",
  "closing-word": "a closing word is promised",
  "no-closing-word": (p) => `no closing word: ${p["because"]}`,
  "a-person-said-the-last-word": "a person has said the last word",
  "already-said": "was said already",
  "older-version-was-said": "the newer version came too late: the one before it was on its way and stands there",
  "network-refused": (p) => `the network refused: ${p["fault"]}`,
  "gave-up": (p) => `gave up after ${p["tries"]} tries: ${p["fault"]}`,
  "crm-refused": (p) => `the CRM refused it: ${p["fault"]}`,
  danger: (p) =>
    `danger to life, or a threat (seen by ${p["by"]}): a person is called at once, and no machine speaks here`,
  "more-urgent": (p) => `more urgent: ${p["urgency"]} (seen by ${p["by"]})`,
  "danger-is-never-bundled": "danger is nobody's bundle: it stays a matter of its own",
  "showed-private-data": (p) => `showed private data to everybody: ${p["kinds"]}`,
  "warned-in-private": "told so in private",
  "not-warned-in-private": "could not be told so in private",
  "private-data-stays-hidden": "holds private data: it is not shown again",
  "words-blanked": "taken back by its author: its words are kept no more",
  "words-kept-under-hold": "taken back by its author: its words are kept, for the conversation is on hold",
  "put-on-hold": "put on hold by a person: nothing of it is erased",
  "hold-lifted": "no longer on hold",
  "kept-under-hold": "not erased: the conversation is on hold",
  erased: "erased: nothing is kept of what was said here",
  "hint-erased": "somebody who brought this conversation's invite was erased",
  merged: "merged by a person",
  "split-off": "split off by a person",
};

/** A why as a person would say it. */
export const explainWhy = (why: Why): string => {
  const sentence = sentences[why.code];
  if (typeof sentence === "string") return sentence;
  if (sentence !== undefined) return sentence(why.params ?? {});
  const params = Object.entries(why.params ?? {}).map(([name, value]) => `${name} ${value}`);
  return why.code.replaceAll("-", " ") + (params.length === 0 ? "" : ` (${params.join(", ")})`);
};
