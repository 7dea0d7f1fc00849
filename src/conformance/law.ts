/** One law, as data: any test runner can run it, and so can the command line. */
export interface Law<Subject> {
  readonly name: string;
  /** Throws an error that says what was seen instead when the law is broken. */
  run(subject: Subject): Promise<void>;
}
