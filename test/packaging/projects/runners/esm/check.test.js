import { writeFileSync } from "node:fs";
import { all } from "../../all.js";

test("the package runs", () => {
  writeFileSync("found.json", JSON.stringify(all()));
});
