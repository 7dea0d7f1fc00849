import * as fc from "fast-check";
import type { UnderFire } from "./channels.ts";

type Forger = (under: UnderFire, body: Uint8Array) => Headers;

const only =
  (value: (under: UnderFire, body: Uint8Array) => string | undefined): Forger =>
  (under, body) => {
    const said = value(under, body);
    return new Headers(said === undefined ? {} : { [under.header]: said });
  };
const right = ({ sign, secret }: UnderFire, body: Uint8Array): string => sign(body, secret);

/** Every way in which a delivery can lack the network's signature. */
export const forgers: Readonly<Record<string, Forger>> = {
  missing: only(() => undefined),
  empty: only(() => ""),
  short: only((under, body) => right(under, body).slice(0, -5)),
  long: only((under, body) => `${right(under, body)}A`),
  bare: only((under, body) => right(under, body).replace(/^\w+=/, "")),
  "prefix only": only((under, body) => right(under, body).replace(/=.*/s, "=")),
  "another algorithm": only((under, body) => right(under, body).replace(/^sha256/, "sha1")),
  "odd case": only((under, body) => right(under, body).replace(/^\w+/, (word) => word.toUpperCase())),
  "wrong secret": only(({ sign, secret }, body) => sign(body, `${secret}!`)),
  "empty secret": only(({ sign }, body) => sign(body, "")),
  "another body": only((under) => right(under, new TextEncoder().encode("another body"))),
  "one character off": only((under, body) =>
    right(under, body).replace(/=(.)/, (_, one: string) => `=${one === "0" ? "1" : "0"}`),
  ),
  "not ASCII": only((under, body) => `${right(under, body).slice(0, -4)}\u00e9\u00ff=`),
  "zeros for a signature": only((under, body) =>
    right(under, body).replace(/=.*/s, (rest) => `=${"0".repeat(rest.length - 1)}`),
  ),
  "the name of a property": only(() => "sha256=__proto__"),
  twice: (under, body) => {
    const headers = new Headers({ [under.header]: right(under, body) });
    headers.append(under.header, right(under, body));
    return headers;
  },
  "under another name": (under, body) => new Headers({ [`x-${under.header}`]: right(under, body) }),
};

/** Draws one of them. */
export const forgery: fc.Arbitrary<string> = fc.constantFrom(...Object.keys(forgers));
