import { changingLaws } from "./crm/changing.ts";
import type { CrmLaw } from "./crm/subject.ts";
import { writingLaws } from "./crm/writing.ts";

export type { CrmLaw, CrmLook, CrmSubject } from "./crm/subject.ts";

/** The laws of a CRM. They order trouble from the subject: one subject runs one law at a time. */
export const crmLaws: readonly CrmLaw[] = [...writingLaws, ...changingLaws];
