/** A problem to tell the user in one line. `exitCode` 2 is for a wrong command line, 1 for everything else. */
export class Complaint extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
