/** Where the examples' programs read from: as the package's own command does. */
export { fileSource, type Source, standardInput } from "../ts/cli/source.js";
