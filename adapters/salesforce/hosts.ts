import { addressAt } from "casethread/adapter";

/** Where Salesforce keeps orgs, their pages and their files: https://help.salesforce.com/s/articleView?id=sf.domain_name_url_formats.htm */
const hosts = ["salesforce.com", "force.com", "documentforce.com", "salesforce.mil", "sfcrmproducts.cn"];

/** An address that the org has told, where it leads to the org or to Salesforce. `origin`: where the org is, by its owner's word. */
export const theirs = (told: string, origin: string): URL | undefined => {
  const own = URL.parse(origin);
  const url = URL.parse(told);
  if (own !== null && url?.origin === own.origin && url.username === "") return url;
  return addressAt(told, own === null ? hosts : [...hosts, own.hostname]);
};
