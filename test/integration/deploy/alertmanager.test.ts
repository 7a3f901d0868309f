import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("amtool accepts the shipped piece of Alertmanager's configuration", () => {
  const file = join(import.meta.dirname, "../../../deploy/bot/alertmanager/receiver.yaml");
  const said = execFileSync("amtool", ["check-config", file], { encoding: "utf8" });
  expect(said).toMatch(/SUCCESS/);
  expect(said).toMatch(/1 receivers/);
});
