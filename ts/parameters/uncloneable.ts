/**
 * A value that `structuredClone` and `postMessage` refuse, and name in their error. An object with private members
 * or memory inside WebAssembly has it as its first field; without it a copy would come out empty.
 */
export const UNCLONEABLE = /* @__PURE__ */ Symbol("an object of lstm-wasm (send its stateDict() or state instead)");
