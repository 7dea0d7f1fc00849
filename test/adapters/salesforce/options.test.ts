import { salesforce } from "casethread/salesforce";
import { describe, expect, it } from "vitest";

const origin = "https://acme.my.salesforce.com";
const login = { accessToken: "token" };

describe("what is missing or wrong is named at once", () => {
  it("nothing given", () => {
    expect(() => salesforce({})).toThrow(
      /login is missing.*SALESFORCE_CLIENT_ID.*origin is missing.*SALESFORCE_ORIGIN/,
    );
  });

  it("an empty environment names every variable", () => {
    expect(() => salesforce.fromEnv({})).toThrow(/SALESFORCE_CLIENT_ID.*SALESFORCE_CLIENT_SECRET.*SALESFORCE_ORIGIN/);
  });

  it("all at once, each by its path", () => {
    const wrong = { origin: "http://acme.example", login, version: "62", batch: 1_001, fields: { text: "no name" } };
    expect(() => salesforce(wrong)).toThrow(
      /origin must be an https address.*version must look like.*fields.text must be an API name.*batch/,
    );
  });

  it("an option that does not exist", () => {
    expect(() => salesforce({ origin, login, quues: {} } as never)).toThrow(
      "salesforce() cannot start: quues: there is no such option, leave it out.",
    );
  });

  it("never tells a secret", () => {
    const told = (): unknown => {
      try {
        return salesforce({ origin: "nowhere", login: { clientId: "", clientSecret: "s3cret" } });
      } catch (thrown) {
        return String(thrown);
      }
    };
    expect(told()).toMatch(/consumer key/);
    expect(told()).not.toContain("s3cret");
  });
});

describe("an environment is enough", () => {
  it("with a token, and with a connected app", () => {
    const env = { SALESFORCE_ORIGIN: origin, SALESFORCE_ACCESS_TOKEN: "token", SALESFORCE_VERSION: "61.0" };
    expect(salesforce.fromEnv(env)).toMatchObject({ name: "salesforce", can: { batch: 600 } });
    const app = { SALESFORCE_ORIGIN: origin, SALESFORCE_CLIENT_ID: "key", SALESFORCE_CLIENT_SECRET: "secret" };
    expect(salesforce.fromEnv(app, { batch: 5 })).toMatchObject({ can: { batch: 5 } });
  });
});

describe("links", () => {
  const crm = salesforce({ origin, login });
  const id = "5005e00000AbCdEAAZ";

  it.for([
    [`${origin}/lightning/r/Case/${id}/view`, id],
    [`https://acme.lightning.force.com/lightning/r/Case/${id}/view`, id],
    [`https://acme.lightning.force.com/lightning/r/${id}/view`, id],
    [`${origin}/${id}`, id],
    [`https://other.my.salesforce.com/lightning/r/Case/${id}/view`, undefined],
    [`${origin}/lightning/r/Account/0015e00000AbCdEAAZ/view`, undefined],
    [`${origin}/lightning/r/Case/500/view`, undefined],
  ] as const)("%s", ([link, found]) => {
    expect(crm.parse?.(new URL(link))?.id).toBe(found);
  });

  it("lead to the case's page", () => {
    expect(crm.url({ crm: "salesforce", id }).href).toBe(`${origin}/lightning/r/Case/${id}/view`);
  });
});
