import type { Instant, Kit, Media } from "casethread/adapter";
import { z } from "zod";
import type { Client } from "./client.ts";
import { fromThrown } from "./faults.ts";
import { theirs } from "./hosts.ts";
import { inPortions, queryPath, quote } from "./soql.ts";

/** A file that hangs on an answer: its newest version. */
interface Attached {
  readonly version: string;
  readonly extension: string;
  readonly bytes: number;
}

const link = z.object({
  ContentDocument: z.object({
    LatestPublishedVersionId: z.string(),
    FileExtension: z.string().nullish(),
    ContentSize: z.number().default(0),
  }),
});

/** Reads the files of a row: none where nothing hangs on it. */
export const attached: z.ZodType<readonly Attached[]> = z
  .object({ records: z.array(link) })
  .nullish()
  .transform((found) =>
    (found?.records ?? [])
      .map(({ ContentDocument: { LatestPublishedVersionId: version, FileExtension, ContentSize: bytes } }) => ({
        version,
        extension: (FileExtension ?? "").toLowerCase(),
        bytes,
      }))
      // The org tells them in no order.
      .sort((a, b) => (a.version < b.version ? -1 : 1)),
  );

/** The part of a query that asks for them, along with the record that they hang on. */
export const filesOf =
  "(SELECT ContentDocument.LatestPublishedVersionId, ContentDocument.FileExtension, ContentDocument.ContentSize FROM ContentDocumentLinks)";

/** Where a network can fetch a version of a file. */
export type Links = ReadonlyMap<string, string>;

// The org knows a file by its ending; networks want a type.
const types: Readonly<Record<string, string>> = {
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  m4a: "audio/mp4",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  webp: "image/webp",
};

/** The file as it goes along with an answer. Without a link it has no address, and the answer says so. */
export const mediaOf = ({ version, extension, bytes }: Attached, links: Links): Media => {
  const type = types[extension] ?? "application/octet-stream";
  const [kind = ""] = type.split("/");
  const known = ["image", "video", "audio"].includes(kind);
  return { kind: known ? kind : "file", url: links.get(version) ?? `urn:salesforce:${version}`, type, bytes };
};

const distributions = z.object({
  records: z.array(z.object({ ContentVersionId: z.string(), ContentDownloadUrl: z.string().nullish() })),
});

/** A public link ends by itself: held answers may wait for a while. */
const goodForMs = 30 * 86_400_000;

/**
 * Finds, or makes, public links of files: a network fetches what goes along with an answer, and cannot sign in. A link is
 * a Content Delivery of one version. Where the org makes none (sforce_api_objects_contentdistribution.htm), there is none.
 */
export const createFiles = (client: Client) => {
  const known = new Map<string, { readonly url: string; readonly until: Instant }>();

  const find = async (versions: readonly string[], kit: Kit): Promise<void> => {
    const until = kit.now() + goodForMs / 2;
    for (const some of inPortions(versions)) {
      const soql =
        "SELECT ContentVersionId, ContentDownloadUrl FROM ContentDistribution" +
        ` WHERE Name LIKE 'casethread%' AND ExpiryDate > ${new Date(until).toISOString().slice(0, 19)}Z` +
        ` AND ContentVersionId IN (${some.map(quote).join(", ")})`;
      const { records } = await client.read({ method: "GET", path: queryPath(soql) }, distributions, kit);
      for (const { ContentVersionId: version, ContentDownloadUrl: url } of records)
        // A network is sent there: a link that leads elsewhere is none.
        if (typeof url === "string" && theirs(url, client.origin()) !== undefined) known.set(version, { url, until });
    }
  };
  const missing = (versions: readonly string[], now: Instant): readonly string[] =>
    versions.filter((version) => (known.get(version)?.until ?? 0) <= now);

  const make = async (versions: readonly string[], kit: Kit): Promise<void> => {
    const records = versions.map((ContentVersionId) => ({
      attributes: { type: "ContentDistribution" },
      Name: `casethread ${ContentVersionId}`,
      ContentVersionId,
      PreferencesAllowOriginalDownload: true,
      PreferencesAllowViewInBrowser: false,
      PreferencesLinkLatestVersion: false,
      PreferencesNotifyOnVisit: false,
      PreferencesExpires: true,
      ExpiryDate: new Date(kit.now() + goodForMs).toISOString(),
    }));
    const body = { allOrNone: false, records };
    await client.write({ method: "POST", path: "/composite/sobjects", body }, z.array(z.unknown()), kit);
  };

  return async (versions: readonly string[], kit: Kit): Promise<Links> => {
    try {
      const unknown = missing(versions, kit.now());
      if (unknown.length > 0) await find(unknown, kit);
      const unmade = missing(unknown, kit.now());
      if (unmade.length > 0) {
        await make(unmade, kit);
        await find(unmade, kit);
      }
    } catch (thrown) {
      const error = fromThrown(thrown, kit.now());
      // An org that knows no public links, or lets the bridge make none, will not tomorrow: the answer says so. What passes is asked again.
      if (!["invalid", "forbidden", "missing"].includes(error.fault)) throw error;
    }
    return new Map(
      versions.flatMap((version) => {
        const one = known.get(version);
        return one === undefined ? [] : [[version, one.url] as const];
      }),
    );
  };
};
