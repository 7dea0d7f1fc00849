/**
 * The API names of what must exist in the org. Every one can be renamed, for orgs with a naming rule or a namespace.
 * Standard fields (Subject, Status, OwnerId, …) keep the vendor's names and are not listed.
 */
export interface SalesforceNames {
  /** On Case: text 255, external id, unique, case-sensitive. */
  readonly caseKey: string;
  /** On Case: number; a validation rule refuses a lower value with a message that begins with "casethread-older". */
  readonly caseRevision: string;
  readonly caseAwaiting: string;
  readonly caseAwaitingSince: string;
  readonly casePostUrl: string;
  /** On Case: lookup to Case. */
  readonly caseFollows: string;
  /** On Case: text 255. The case's number, or key, that the customer says this one belongs to: not confirmed. */
  readonly caseClaims: string;
  /** The object that holds what was said. */
  readonly entry: string;
  /** On the entry: text 255, external id, unique, case-sensitive. */
  readonly entryKey: string;
  /** On the entry: number, guarded like {@link SalesforceNames.caseRevision}. */
  readonly entryRevision: string;
  /** On the entry: lookup to Case. Its relationship is the same name with `__r`. */
  readonly entryCase: string;
  readonly direction: string;
  readonly side: string;
  readonly author: string;
  readonly network: string;
  readonly text: string;
  readonly permalink: string;
  readonly sentAt: string;
  readonly state: string;
  readonly reason: string;
  readonly automatic: string;
  readonly version: string;
  readonly turn: string;
  /** On the entry: lookup to the entry that an agent's answer answers. Its relationship is the same name with `__r`. */
  readonly answers: string;
}

/** The names that the README asks to create. */
export const defaultNames: SalesforceNames = {
  caseKey: "Casethread_Key__c",
  caseRevision: "Casethread_Revision__c",
  caseAwaiting: "Casethread_Awaiting__c",
  caseAwaitingSince: "Casethread_Awaiting_Since__c",
  casePostUrl: "Casethread_Post_URL__c",
  caseFollows: "Casethread_Follows__c",
  caseClaims: "Casethread_Claims__c",
  entry: "Casethread_Entry__c",
  entryKey: "Casethread_Key__c",
  entryRevision: "Casethread_Revision__c",
  entryCase: "Case__c",
  direction: "Direction__c",
  side: "Side__c",
  author: "Author__c",
  network: "Network__c",
  text: "Text__c",
  permalink: "Permalink__c",
  sentAt: "Sent_At__c",
  state: "State__c",
  reason: "Reason__c",
  automatic: "Automatic__c",
  version: "Version__c",
  turn: "Turn__c",
  answers: "Answers__c",
};

/** The relationship behind a custom lookup field: a record is referred to through it by external id. */
export const relationOf = (lookup: string): string => lookup.replace(/__c$/, "__r");

/** How the validation rule that refuses older writes begins its message. */
export const olderMark = "casethread-older";
