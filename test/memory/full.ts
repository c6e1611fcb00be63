/** Full memory: 4 GiB, which take as much of the machine's and some minutes. `npm run test:memory` runs this. */
import { testsOfFullMemory } from "./fill.js";

testsOfFullMemory(1024, 2 ** 32);
