import type { Org, Saved } from "./org.ts";

const kept = (saved: Saved): string => {
  if ("refused" in saved) throw new Error(`${saved.refused.statusCode}: ${saved.refused.message}`);
  return saved.id;
};

/** Hangs a file on a record, as an upload does: a document, its first version, and the link. The version's id comes back. */
export const attach = (
  org: Org,
  file: { readonly to: string; readonly name: string; readonly bytes: number },
  by: string,
): string => {
  const how = { by, autoAssign: false };
  const document = { Title: file.name, FileExtension: file.name.split(".").at(-1) ?? "", ContentSize: file.bytes };
  const ContentDocumentId = kept(org.insert("ContentDocument", document, how));
  const content = { Title: file.name, PathOnClient: file.name, ContentDocumentId };
  const version = kept(org.insert("ContentVersion", content, how));
  kept(org.update("ContentDocument", ContentDocumentId, { LatestPublishedVersionId: version }, how));
  kept(org.insert("ContentDocumentLink", { LinkedEntityId: file.to, ContentDocumentId }, how));
  return version;
};
