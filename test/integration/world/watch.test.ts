import { spawn } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFaultPanel } from "../../../sandbox/faults/faults.ts";
import { until } from "../../../sandbox/faults/wait.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";
import { places } from "../../../sandbox/world/places.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";

const main = join(import.meta.dirname, "../../../src/main.ts");
const argv = [main, "status", "--watch", "--every", "2s"];

type Started = ReturnType<typeof started>;

let world: World;
let piped: Started;
let drawn: Started;

/** Two who watch the same: a link breaks, then the API server goes away and comes back, and the link is mended. */
beforeAll(async () => {
  world = await startWorld();
  const panel = createFaultPanel(world);
  piped = started(process.execPath, argv);
  drawn = onTerminal({ NO_COLOR: "1" });
  const both = (words: RegExp) => Promise.all([piped.says(words), drawn.says(words)]);
  await both(/ is healthy/);
  await panel.set("break-replica-link", true);
  await both(/FAIL {4}replication\.dragonfly-\d: /);
  for (const { api } of world.clusters) api.faults.unreachable = true;
  await both(/UNKNOWN pods\.count: /);
  for (const { api } of world.clusters) api.faults.unreachable = false;
  await both(/ok {6}pods\.count: .*\(was unknown\)/);
  piped.child.kill("SIGINT");
  await panel.set("break-replica-link", false);
  await drawn.says(/ok {6}replication\.dragonfly-\d: .*\(was fail\)/);
  drawn.child.stdin?.write("\u0003");
});
afterAll(async () => {
  for (const { child } of [piped, drawn]) child.kill("SIGKILL");
  await world?.stop();
});

/** The command as a process, what it wrote so far, and how it ends. */
function started(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const path = { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "" };
  const child = spawn(command, args, { env: { ...path, ...world.env(), ...env }, stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const says = (words: RegExp) => until(`it says ${words}`, () => words.test(output));
  return { child, output: () => output, says, ended };
}

/** util-linux's `script` gives a process a terminal of its own; what it is sent is typed there. */
function onTerminal(env: Readonly<Record<string, string>>): Started {
  const command = `stty rows 60 cols 150; exec ${[process.execPath, ...argv].join(" ")}`;
  return started("script", ["--quiet", "--return", "--command", command, "/dev/null"], { TERM: "xterm", ...env });
}

describe("status --watch of a server that breaks and heals", () => {
  it("ends on SIGINT and on Ctrl-C with the code of the last round", async () => {
    expect(await piped.ended).toBe(1);
    expect(await drawn.ended).toBe(0);
  });

  it("writes a line for each change to a pipe, and no control characters", () => {
    const lines = piped.output().split("\n");
    expect(lines.pop()).toBe("");
    for (const line of lines)
      expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z {2}(ok|WARN|UNKNOWN|FAIL|gone) +\P{Cc}+$/u);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it("draws over a terminal, and leaves what happened there", () => {
    const [before = "", during = "", left = ""] = drawn.output().split(/.\[\?1049[hl]/u);
    expect(before).not.toContain("healthy");
    expect(during).toMatch(/as of [01] s ago, next in [12] s, Ctrl-C ends/);
    expect(during).toContain("Needs attention");
    expect(left).toMatch(
      /ok {6}dragonfly .* is healthy.*FAIL {4}replication.*UNKNOWN pods.*ok {6}replication.*\(was fail\)/s,
    );
    expect(stripVTControlCharacters(left)).toBe(left);
  });
});

it("connectivity leaves no pod of a probe behind on Ctrl-C", async () => {
  const isProbe = ({ metadata }: KubeObject) => metadata.labels?.["app.kubernetes.io/name"] === "dfbot-probe";
  const probes = () => world.infra.objects.list(places.pods).filter(isProbe);
  const { child, ended } = started(process.execPath, [main, "connectivity", "harbor", "--cluster", "infra", "--watch"]);
  await until("a probe is there", () => probes().length > 0);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(probes()).toEqual([]);
});
