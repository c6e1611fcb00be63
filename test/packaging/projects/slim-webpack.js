import * as slim from "lstm-wasm/slim";
import { checkCore } from "./check.js";
import { report } from "./report.js";

report(async () => {
  await slim.init(fetch(new URL("lstm-wasm/lstm.wasm", import.meta.url)));
  return { core: checkCore(slim) };
});
