import { defineConfig } from "vitest/config";

/** In CI a test on real processes gets a second try, shown as such: the machine may be busy with somebody else's work. */
const retry = process.env["CI"] === "true" ? 1 : 0;

const project = (name: string, include: string[], timeoutMs: number, retries = 0) => ({
  test: {
    name,
    include,
    setupFiles: ["test/patience.ts"],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    retry: retries,
  },
});

export default defineConfig({
  test: {
    // One more than the cores of CI: most files wait for processes, timers and Slack's pace (two workers used less than half of two cores).
    maxWorkers: 3,
    reporters: ["default", "./script/second-tries.ts"],
    projects: [
      project("unit", ["test/unit/**/*.test.ts"], 60_000),
      project("conformance", ["test/conformance/**/*.test.ts"], 60_000),
      project("integration", ["test/integration/**/*.test.ts"], 120_000, retry),
      project("chaos", ["test/chaos/**/*.test.ts"], 180_000, retry),
      project("e2e", ["test/e2e/**/*.test.ts"], 180_000, retry),
    ],
  },
});
