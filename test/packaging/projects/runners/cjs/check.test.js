const { writeFileSync } = require("node:fs");
const core = require("lstm-wasm");
const safetensors = require("lstm-wasm/safetensors");
const train = { ...require("lstm-wasm/nn"), ...require("lstm-wasm/train") };
const { checkCore, checkTraining } = require("../../check.js");

test("the package runs", () => {
  const found = { core: checkCore(core), training: checkTraining({ ...core, ...safetensors, ...train }) };
  writeFileSync("found.json", JSON.stringify(found));
});
