import { all } from "./all.js";
import { outcome } from "./report.js";

outcome(all).then((found) => postMessage(found));
