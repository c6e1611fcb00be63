import wasm from "lstm-wasm/lstm.wasm";
import * as slim from "lstm-wasm/slim";
import { checkCore } from "./check.js";
import { outcome } from "./report.js";

export default {
  fetch: async () =>
    Response.json(
      await outcome(async () => {
        await slim.init(wasm);
        return { core: checkCore(slim) };
      }),
    ),
};
