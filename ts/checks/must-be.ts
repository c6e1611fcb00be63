import { describe } from "./describe.js";
import { LSTMError, type LSTMErrorCode } from "./errors.js";

/** The error of an argument that is not what it must be. */
export function mustBe(code: LSTMErrorCode, argument: string, expected: string, got: unknown): LSTMError {
  return new LSTMError(code, `${argument} must be ${expected}, got ${describe(got)}`);
}
