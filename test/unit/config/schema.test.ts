import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("the published JSON Schema is the one that the code generates", () => {
  const generated = execFileSync(process.execPath, ["script/config-schema.ts"], { encoding: "utf8" });
  expect(readFileSync("deploy/dfbot.schema.json", "utf8")).toBe(generated);
});
