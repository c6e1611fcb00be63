import type { en } from "./en.js";

/** What the page itself refuses; the words are in `en.ts` and `zh.ts`. */
export type ProblemName = keyof typeof en.problems;

/** Thrown in the worker for what the page refuses, before or after a reader of the package saw it. */
export class Problem extends Error {
  /** What the words mention: file names, row numbers. */
  readonly values: readonly string[];

  constructor(
    readonly problem: ProblemName,
    ...values: readonly (string | number)[]
  ) {
    super(problem);
    this.values = values.map(String);
  }
}

/** What the package threw, in its words. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Why there is no answer: the page's own reason, or the package's. */
export type Refusal = { readonly problem: ProblemName; readonly values: readonly string[] } | Fault;

/** An answer of the worker. */
export type Answer<T> = { readonly value: T } | { readonly refusal: Refusal };

/** Runs `work`; what it throws becomes a refusal. */
export async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof Problem) return { refusal: { problem: error.problem, values: error.values } };
    if (!(error instanceof Error)) throw error;
    return { refusal: faultOf(error) };
  }
}

/** A message to the page loses the class and the code of an error, so these are data. */
export function faultOf(error: Error): Fault {
  const { code = error.name } = error as { code?: string };
  return { code, message: error.message };
}
