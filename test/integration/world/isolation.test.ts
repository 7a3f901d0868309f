import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { until } from "../../../sandbox/faults/wait.ts";
import { startWorld } from "../../../sandbox/world/world.ts";

/** Process ids of what runs for a world: everything that names one of its addresses or its folder. */
async function processesOf(marks: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid,stat,args"]);
  return stdout.split("\n").filter((line) => marks.some((mark) => line.includes(mark)) && !/^\s*\d+\s+Z/.test(line));
}

const networkOf = (serviceAddress: string) => serviceAddress.replace(/\d+:\d+$/, "");

it("several worlds run beside each other, each with its own data", async () => {
  const worlds = await Promise.all([1, 2, 3].map(() => startWorld({ metrics: false })));
  try {
    expect(new Set(worlds.map((world) => networkOf(world.serviceAddress))).size).toBe(3);
    expect(new Set(worlds.map((world) => world.infra.api.url)).size).toBe(3);
    await Promise.all(worlds.map((world) => world.whenHealthy()));
  } finally {
    await Promise.all(worlds.map((world) => world.stop()));
  }
});

it("nothing is left of a world that was stopped", async () => {
  const world = await startWorld();
  const marks = [networkOf(world.serviceAddress), world.directory];
  expect((await processesOf(marks)).length).toBeGreaterThanOrEqual(3);
  await world.stop();
  expect(await processesOf(marks)).toEqual([]);
  expect(existsSync(world.directory)).toBe(false);
  await world.stop();
});

it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("no store outlives a sandbox that ended by %s", async (signal) => {
  const script = `
    import { startWorld } from "./sandbox/world/world.ts";
    const world = await startWorld({ metrics: false });
    console.log("ready " + world.serviceAddress);
  `;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const marks = [networkOf(String(line).replace("ready ", ""))];
  expect((await processesOf(marks)).length).toBe(3);
  child.kill(signal);
  await once(child, "exit");
  await until("its stores are gone", async () => (await processesOf(marks)).length === 0);
});
