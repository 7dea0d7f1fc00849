/**
 * The API names of what must exist in the org. Every one can be renamed, for orgs with a naming rule or a namespace.
 * Standard fields (Subject, Status, OwnerId, …) keep the vendor's names and are not listed.
 */
export type SalesforceNames = Readonly<Record<ObjectName | FieldName, string>>;

/** The custom objects. Case is the vendor's. */
export type ObjectName = "conversation" | "entry" | "persona";

/** What a field holds. What the org's metadata says of it follows from this; `metadata/` holds the same, to be deployed. */
export interface FieldShape {
  readonly on: "case" | ObjectName;
  readonly name: string;
  readonly type: "key" | "text" | "number" | "checkbox" | "datetime" | "url" | "longtext" | "picklist" | "lookup";
  /** What a picklist offers. */
  readonly values?: readonly string[];
  /** Where a lookup leads. Its relationship is the same name with `__r`. */
  readonly to?: "case" | "contact" | ObjectName;
  /** Agents write it. All else is the integration's: read-only for them. */
  readonly agents?: true;
}

const on =
  (object: FieldShape["on"]) =>
  (name: string, type: FieldShape["type"], more: Omit<FieldShape, "on" | "name" | "type"> = {}): FieldShape => ({
    on: object,
    name,
    type,
    ...more,
  });
const [onCase, onTalk, onEntry, onPersona] = [on("case"), on("conversation"), on("entry"), on("persona")];

/** What the adapter calls the custom fields. */
export type FieldName =
  | "caseKey"
  | "caseRevision"
  | "caseAwaiting"
  | "caseAwaitingSince"
  | "caseAnswerBy"
  | "casePostUrl"
  | "caseUnsent"
  | "caseTopic"
  | "talkKey"
  | "talkRevision"
  | "talkCase"
  | "talkPersona"
  | "talkTopic"
  | "talkNetwork"
  | "talkAccount"
  | "talkBegan"
  | "talkPostUrl"
  | "talkClaims"
  | "talkMergedInto"
  | "entryKey"
  | "entryRevision"
  | "entryCase"
  | "entryTalk"
  | "direction"
  | "side"
  | "network"
  | "author"
  | "writtenBy"
  | "text"
  | "permalink"
  | "sentAt"
  | "state"
  | "reason"
  | "automatic"
  | "version"
  | "turn"
  | "answers"
  | "personaKey"
  | "personaRevision"
  | "personaNetwork"
  | "handle"
  | "personaName"
  | "followers"
  | "verified"
  | "muted"
  | "role"
  | "suggested"
  | "suggestedBasis"
  | "contact"
  | "contactBasis";

/** Every custom field that is read or written, by the name that the adapter knows it by. */
export const fields: Readonly<Record<FieldName, FieldShape>> = {
  caseKey: onCase("Casethread_Key__c", "key"),
  /** A validation rule refuses a lower value with a message that begins with {@link olderMark}; so on each object. */
  caseRevision: onCase("Casethread_Revision__c", "number"),
  caseAwaiting: onCase("Casethread_Awaiting__c", "picklist", { values: ["us", "customer", "nobody"] }),
  caseAwaitingSince: onCase("Casethread_Awaiting_Since__c", "datetime"),
  caseAnswerBy: onCase("Casethread_Answer_By__c", "datetime"),
  casePostUrl: onCase("Casethread_Post_URL__c", "url"),
  /** The newest answer of a person could not be sent. */
  caseUnsent: onCase("Casethread_Unsent__c", "checkbox"),
  caseTopic: onCase("Casethread_Topic__c", "text"),

  talkKey: onTalk("Casethread_Key__c", "key"),
  talkRevision: onTalk("Casethread_Revision__c", "number"),
  talkCase: onTalk("Case__c", "lookup", { to: "case" }),
  talkPersona: onTalk("Persona__c", "lookup", { to: "persona" }),
  talkTopic: onTalk("Topic__c", "text"),
  talkNetwork: onTalk("Network__c", "text"),
  /** The brand's account that was spoken to, by the network's id. */
  talkAccount: onTalk("Account_Id__c", "text"),
  talkBegan: onTalk("Began_At__c", "datetime"),
  talkPostUrl: onTalk("Post_URL__c", "url"),
  /** The case's number, or key, that the customer says this one belongs to: not confirmed. */
  talkClaims: onTalk("Claims__c", "text"),
  talkMergedInto: onTalk("Merged_Into__c", "lookup", { to: "conversation" }),

  entryKey: onEntry("Casethread_Key__c", "key"),
  entryRevision: onEntry("Casethread_Revision__c", "number"),
  entryCase: onEntry("Case__c", "lookup", { to: "case", agents: true }),
  entryTalk: onEntry("Conversation__c", "lookup", { to: "conversation" }),
  direction: onEntry("Direction__c", "picklist", { values: ["inbound", "outbound"], agents: true }),
  side: onEntry("Side__c", "picklist", { values: ["public", "private"], agents: true }),
  network: onEntry("Network__c", "text"),
  author: onEntry("Author__c", "text"),
  /** Who wrote what the brand said: an agent's id, or the automation. */
  writtenBy: onEntry("Written_By__c", "text"),
  text: onEntry("Text__c", "longtext", { agents: true }),
  permalink: onEntry("Permalink__c", "url"),
  sentAt: onEntry("Sent_At__c", "datetime"),
  state: onEntry("State__c", "picklist", {
    values: [
      "writing",
      "draft",
      "queued",
      "held",
      "release",
      "sent",
      "failed",
      "said",
      "withdrawn",
      "gone",
      "in-doubt",
    ],
    agents: true,
  }),
  reason: onEntry("Reason__c", "text"),
  automatic: onEntry("Automatic__c", "checkbox"),
  version: onEntry("Version__c", "number"),
  turn: onEntry("Turn__c", "number"),
  /** The entry that an agent's answer answers. */
  answers: onEntry("Answers__c", "lookup", { to: "entry", agents: true }),

  personaKey: onPersona("Casethread_Key__c", "key"),
  personaRevision: onPersona("Casethread_Revision__c", "number"),
  personaNetwork: onPersona("Network__c", "text"),
  handle: onPersona("Handle__c", "text"),
  personaName: onPersona("Display_Name__c", "text"),
  followers: onPersona("Followers__c", "number"),
  verified: onPersona("Verified__c", "checkbox"),
  /** Opted out, or muted for a while: no automatic word goes to them. */
  muted: onPersona("Muted__c", "checkbox"),
  role: onPersona("Role__c", "text"),
  /** Who the persona may be, by what they told us in private: for an agent to confirm. */
  suggested: onPersona("Suggested_Contact__c", "lookup", { to: "contact" }),
  suggestedBasis: onPersona("Suggestion_Basis__c", "text"),
  /** The person behind the persona. Agents confirm it; nobody is made from a handle. */
  contact: onPersona("Contact__c", "lookup", { to: "contact", agents: true }),
  contactBasis: onPersona("Contact_Basis__c", "text", { agents: true }),
};

/** The names that `metadata/` creates. */
export const defaultNames: SalesforceNames = {
  conversation: "Casethread_Conversation__c",
  entry: "Casethread_Entry__c",
  persona: "Casethread_Persona__c",
  ...(Object.fromEntries(Object.entries(fields).map(([key, { name }]) => [key, name])) as Record<FieldName, string>),
};

/** The relationship behind a custom lookup field: a record is referred to through it by external id. */
export const relationOf = (lookup: string): string => lookup.replace(/__c$/, "__r");

/** How the validation rule that refuses older writes begins its message. */
export const olderMark = "casethread-older";
/** How the one begins that refuses changes of a case that was deleted or merged, which a write by key would make anew. */
export const missingMark = "casethread-missing";
