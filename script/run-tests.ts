/** Runs Vitest and closes with one plain line, `N passed, N failed, N skipped`, whatever the reporter printed before. */
import { startVitest } from "vitest/node";

const vitest = await startVitest("test", process.argv.slice(2), { run: true, watch: false });
const tests = [...vitest.state.getTestModules()].flatMap((module) => [...module.children.allTests()]);
const count = (state: string) => tests.filter((test) => test.result().state === state).length;
const errors = vitest.state.getUnhandledErrors().length;
const brokenFiles = [...vitest.state.getTestModules()].filter((module) => module.errors().length > 0).length;
await vitest.close();
console.log(
  `\n${count("passed")} passed, ${count("failed") + errors + brokenFiles} failed, ${count("skipped")} skipped`,
);
process.exit(process.exitCode ?? 0);
