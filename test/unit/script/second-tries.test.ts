import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");

it("says of a test that passed on its second try why and where the first failed, and of no other", async () => {
  const reporter = join(root, "script", "second-tries.ts");
  const { stdout } = await promisify(execFile)(
    "vitest",
    ["run", "--root=test/fixtures/second-try", "--retry=1", `--reporter=${reporter}`],
    { cwd: root },
  );
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(
      /^Second try: test\/fixtures\/second-try\/flaky\.test\.ts > passes when it is tried again: the first failed after \d+\.\d s: the try: expected 1 to be 2 .*\(test\/fixtures\/second-try\/flaky\.test\.ts:8\)$/,
    ),
  ]);
});
