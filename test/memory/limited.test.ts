/** Full memory on a small scale: WebAssembly's memory ends at 32 MiB. `npm run test:memory` does the same at 4 GiB. */
import { withMemoryLimit } from "../support/realm.js";
import { testsOfFullMemory } from "./fill.js";

const PAGES = 512;

WebAssembly.Module = new Proxy(WebAssembly.Module, {
  construct: (target, [bytes]) => Reflect.construct(target, [withMemoryLimit(bytes, PAGES)]),
});

testsOfFullMemory(128, PAGES * 65_536);
