import type { FacebookOptions } from "casethread/facebook";
import { createFacebookSandbox } from "casethread/facebook/sandbox";
import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import type { XOptions } from "casethread/x";
import { createXSandbox, type XHostility } from "casethread/x/sandbox";
import { answerParent } from "./child.ts";

/** What the ground is to be like. */
export interface GroundSettings {
  readonly seed: number;
  readonly accounts: readonly {
    readonly id: string;
    readonly handle: string;
    readonly tier: "self-serve" | "enterprise";
  }[];
  readonly hostile?: XHostility;
  /** Pages, for a play on Facebook. */
  readonly pages?: readonly { readonly id: string; readonly name: string }[];
}

/** Where the ground is, and what the bridge needs to reach it. */
export interface GroundOrigins {
  readonly x: string;
  readonly salesforce: string;
  readonly xOptions: XOptions;
  readonly facebook?: { readonly origin: string; readonly options: FacebookOptions };
  readonly login: { readonly clientId: string; readonly clientSecret: string };
}

const facebookOf = async (seed: number, pages: GroundSettings["pages"]): Promise<Pick<GroundOrigins, "facebook">> => {
  if (pages === undefined) return {};
  const facebook = await createFacebookSandbox({ seed, pages, hostile: { indexLagMs: 500 } });
  return { facebook: { origin: facebook.origin, options: facebook.options() } };
};

const start = async ({ seed, accounts, hostile, pages }: GroundSettings): Promise<GroundOrigins> => {
  const x = await createXSandbox({ seed, accounts, ...(hostile === undefined ? {} : { hostile }) });
  const salesforce = await createSalesforceSandbox({ seed });
  return {
    x: x.origin,
    salesforce: salesforce.origin,
    xOptions: x.options(),
    login: salesforce.login,
    ...(await facebookOf(seed, pages)),
  };
};

answerParent({ start });
