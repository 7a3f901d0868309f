import { relative } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/**
 * A Vitest reporter that says why the first try failed of each test that passed on its second: one line each, after the summary,
 * so that `.ci/run` can repeat them as its last words. Nothing is printed when no test needed a second try.
 */
export default class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) => [...module.children.allTests("passed")]).flatMap(secondTry);
    if (lines.length > 0) process.stdout.write(`\n${lines.join("\n")}\n`);
  }
}

function secondTry(test: TestCase): readonly string[] {
  if (test.diagnostic()?.flaky !== true) return [];
  const [first] = test.attempts();
  const reasons = (first?.errors ?? []).map(({ message, stacks = [] }) => {
    const at = stacks.find(({ file }) => file === test.module.moduleId) ?? stacks[0];
    const where = at === undefined ? "" : ` (${relative(process.cwd(), at.file)}:${at.line})`;
    return `${message.replace(/\s+/g, " ").slice(0, 400)}${where}`;
  });
  const after = `${((first?.duration ?? 0) / 1_000).toFixed(1)} s`;
  const file = relative(process.cwd(), test.module.moduleId);
  return [
    `Second try: ${file} > ${test.fullName}: the first failed after ${after}: ${reasons.join("; ") || "no error"}`,
  ];
}
