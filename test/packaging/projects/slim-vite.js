import url from "lstm-wasm/lstm.wasm?url";
import * as slim from "lstm-wasm/slim";
import { checkCore } from "./check.js";
import { report } from "./report.js";

report(async () => {
  await slim.init(fetch(url));
  return { core: checkCore(slim) };
});
