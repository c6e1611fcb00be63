/// <reference lib="esnext.disposable" preserve="true" />

/** `Symbol.dispose`, which `using` calls; where the runtime has none, a symbol that nobody calls. */
export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
