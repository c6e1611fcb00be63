import { all } from "./all.js";
import { outcome } from "./report.js";

export default { fetch: async () => Response.json(await outcome(all)) };
