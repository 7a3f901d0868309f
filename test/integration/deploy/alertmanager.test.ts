import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { testAlert } from "../../../src/alerts/test-alert.ts";

const file = join(import.meta.dirname, "../../../deploy/bot/alertmanager/receiver.yaml");

it("amtool accepts the shipped piece of Alertmanager's configuration", () => {
  const said = execFileSync("amtool", ["check-config", file], { encoding: "utf8" });
  expect(said).toMatch(/SUCCESS/);
  expect(said).toMatch(/1 receivers/);
});

it("the shipped piece sends the test alert of verify to the bot, and to nobody else", () => {
  const labels = [`alertname=${testAlert}`, "severity=none", "nonce=0123456789abcdef"];
  const args = ["config", "routes", "test", `--config.file=${file}`, "--tree", "--verify.receivers=dfbot", ...labels];
  const said = execFileSync("amtool", args, { encoding: "utf8" });
  expect(said).toContain(`alertname="${testAlert}"`);
});
