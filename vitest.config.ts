import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], timeoutMs: number) => ({
  test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project("unit", ["test/unit/**/*.test.ts"], 10_000),
      project("conformance", ["test/conformance/**/*.test.ts"], 30_000),
      project("integration", ["test/integration/**/*.test.ts"], 60_000),
      project("e2e", ["test/e2e/**/*.test.ts"], 90_000),
    ],
  },
});
