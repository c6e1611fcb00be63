import { all } from "../../../all.js";
import { outcome } from "../../../report.js";

export const runtime = "edge";
export const dynamic = "force-dynamic"; // computed when asked, not when built
export const GET = async () => Response.json(await outcome(all));
