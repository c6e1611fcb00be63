/** Throws unless a runtime that cannot run us said so in one clear error whose message has `hint`. */
export function saysWhyNot(found: unknown, hint: string): void {
  const { name, code, message } = (found as { error?: Record<string, string> }).error ?? {};
  if (name === "LSTMError" && code === "WASM_UNAVAILABLE" && message?.includes(hint)) return;
  throw new Error(`expected WASM_UNAVAILABLE with "${hint}", found ${JSON.stringify(found)}`);
}

/** The least versions of engines that have SIMD. */
export const MINIMUM = "Chrome or Edge 91, Firefox 89, Safari 16.4, Node 20.19";

/** What makes V8 act as on a processor without SSE4.1, and so refuse WebAssembly SIMD. There is no such flag on ARM. */
export const WITHOUT_SIMD = "--no-enable-sse4-1";
export const simdIsOptional = process.arch === "x64";
