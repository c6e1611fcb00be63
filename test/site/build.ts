import { buildSite } from "../../scripts/site.mjs";

/** Before the tests of the site: they open what visitors get. */
export default (): void => buildSite();
