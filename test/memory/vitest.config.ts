import { join } from "node:path";
import { defineConfig } from "vitest/config";
import usual from "../../vitest.config.js";

/** The tests that need gigabytes, as all others else; `npm run test:memory`. */
export default defineConfig({
  ...usual,
  root: join(import.meta.dirname, "../.."),
  test: { server: usual.test?.server ?? {}, include: ["test/memory/full.ts"], testTimeout: 600_000 },
});
