/** Runs Vitest and closes with one plain line, `N passed, N failed, N skipped`, whatever the reporter printed before. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startVitest } from "vitest/node";
import { callRecordVariable } from "../sandbox/kubernetes/call-record.ts";
import { platformObjects } from "../sandbox/world/platform/platform.ts";
import { grantsOf, readCalls, roleUse, sentences, withTenantsFolded } from "./role-use.ts";

const filters = process.argv.slice(2);
const output = join(import.meta.dirname, "..", "test-output");
const record = join(output, "api-calls.jsonl");
mkdirSync(output, { recursive: true });
rmSync(record, { force: true });
process.env[callRecordVariable] = record;

const vitest = await startVitest("test", filters, { run: true, watch: false });
const tests = [...vitest.state.getTestModules()].flatMap((module) => [...module.children.allTests()]);
const count = (state: string) => tests.filter((test) => test.result().state === state).length;
const errors = vitest.state.getUnhandledErrors().length;
const brokenFiles = [...vitest.state.getTestModules()].filter((module) => module.errors().length > 0).length;
await vitest.close();

// Only the whole suite makes every call that the bot knows.
const differences = filters.length === 0 ? differencesOfRoles() : [];
for (const difference of differences) console.error(`RBAC: ${difference}`);
if (filters.length === 0) {
  console.log(
    `\nRBAC: the bot's calls over the whole suite and its shipped roles differ in ${differences.length} places`,
  );
}
const passed = count("passed");
const failed = count("failed") + errors + brokenFiles + differences.length;
console.log(`\n${passed} passed, ${failed} failed, ${count("skipped")} skipped`);
process.exit(differences.length > 0 ? 1 : (process.exitCode ?? 0));

function differencesOfRoles(): readonly string[] {
  const clusters = (["infra", "apps"] as const).map((cluster) => ({
    cluster,
    objects: platformObjects(cluster).flatMap((applied) => applied.objects),
  }));
  const grants = clusters.flatMap(({ cluster, objects }) => grantsOf(cluster, objects, "dragonfly-bot/dfbot"));
  const shipped = clusters
    .flatMap(({ objects }) => objects)
    .flatMap(({ kind, metadata }) => (kind === "Namespace" ? [metadata.name] : []));
  return sentences(roleUse(withTenantsFolded(readCalls(record), shipped, "dragonfly-system"), grants));
}
