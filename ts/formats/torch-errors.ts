import { badFile } from "./bytes.js";

/** The error of bytes that do not hold together. */
export const invalid = (why: string, options?: { cause?: unknown }): Error =>
  badFile(`Not a valid file of torch.save: ${why}`, options);

/** The end of a message: the line of Python that saves something so that `load` reads it. */
export const saveAgain = (what: string): string => ` In Python: torch.save(${what}, "new.pt")`;
