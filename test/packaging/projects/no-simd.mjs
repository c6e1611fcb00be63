import { all } from "./all.js";
import { outcome } from "./report.js";

console.log(JSON.stringify(await outcome(all)));
