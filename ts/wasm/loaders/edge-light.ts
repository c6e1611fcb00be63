import module from "../lstm.wasm?module";

/** Edge functions as Vercel and Next.js build them: `?module` imports a compiled module. */
export function loadModule(): WebAssembly.Module {
  return module;
}
