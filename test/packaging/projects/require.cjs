const core = require("lstm-wasm");
const safetensors = require("lstm-wasm/safetensors");
const train = { ...require("lstm-wasm/nn"), ...require("lstm-wasm/train") };
const { checkCore, checkTraining } = require("./check.js");

console.log(JSON.stringify({ core: checkCore(core), training: checkTraining({ ...core, ...safetensors, ...train }) }));
