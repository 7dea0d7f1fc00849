import { createSalesforceSandbox } from "casethread/salesforce/sandbox";
import type { XOptions } from "casethread/x";
import { createXSandbox, type XHostility } from "casethread/x/sandbox";
import { answerParent } from "./processes.ts";

/** What the ground is to be like. */
export interface GroundSettings {
  readonly seed: number;
  readonly accounts: readonly {
    readonly id: string;
    readonly handle: string;
    readonly tier: "self-serve" | "enterprise";
  }[];
  readonly hostile?: XHostility;
}

/** Where the ground is, and what the bridge needs to reach it. */
export interface GroundOrigins {
  readonly x: string;
  readonly salesforce: string;
  readonly xOptions: XOptions;
  readonly login: { readonly clientId: string; readonly clientSecret: string };
}

const start = async ({ seed, accounts, hostile }: GroundSettings): Promise<GroundOrigins> => {
  const x = await createXSandbox({ seed, accounts, ...(hostile === undefined ? {} : { hostile }) });
  const salesforce = await createSalesforceSandbox({ seed });
  return { x: x.origin, salesforce: salesforce.origin, xOptions: x.options(), login: salesforce.login };
};

answerParent({ start });
