import { all } from "./all.js";
import { report } from "./report.js";

report(all);
