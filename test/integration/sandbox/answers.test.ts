import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createFaultPanel, type FaultPanel, faultCatalog } from "../../../sandbox/faults/faults.ts";
import { startWorld, type World } from "../../../sandbox/world/world.ts";
import { composePlatform } from "../../../src/compose.ts";
import { loadSettings } from "../../../src/config/load.ts";
import type { Report } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner, type Runner } from "../../../src/runbooks/runner.ts";

let world: World;
let faults: FaultPanel;
let runner: Runner;

beforeAll(async () => {
  world = await startWorld();
  faults = createFaultPanel(world);
  const loaded = loadSettings(world.env(), "cli");
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  const { settings } = loaded;
  const config = { ...settings.config, readTimeoutMs: 2_000 };
  runner = createRunner({
    runbooks: catalog,
    config,
    platform: composePlatform({ ...settings, config }),
    scrub: (text) => text,
    now: () => new Date(),
  });
  // Until VictoriaMetrics has scraped once, how full the volumes are is unknown.
  await vi.waitFor(async () => expect((await ask("status")).verdict).toBe("ok"), { interval: 300 });
});
afterAll(() => world?.stop());

const ask = (runbook: string): Promise<Report> =>
  runner.run({ runbook, params: {}, requester: { surface: "cli", id: "test" } });
const troubles = (report: Report) =>
  report.findings
    .filter(({ verdict }) => verdict !== "ok")
    .map(({ id, verdict, title }) => `${verdict} ${id}: ${title}`);

/** What each fault must make `status` and `role` say: every line has to be among the findings that are not ok. */
const expected: Readonly<Record<string, { readonly status: readonly RegExp[]; readonly role: readonly RegExp[] }>> = {
  "stop-primary": { status: [/^fail pod\.dragonfly-\d: .*(CrashLoopBackOff|not ready|is Running)/], role: [] },
  "break-replica-link": {
    status: [/^fail replication\.dragonfly-\d: .*has lost its primary/],
    role: [/^fail replication\.dragonfly-\d: .*has lost its primary/],
  },
  "two-primaries": {
    status: [/^fail replication\.primary: Two servers say they are primary/],
    role: [/^fail replication\.primary: Two/, /^fail replication\.labels: /],
  },
  "no-primary-operator-down": {
    status: [/^fail replication\.primary: No server is primary/, /^fail operator\.replicas: /],
    role: [/^fail replication\.primary: No server is primary/, /leads nowhere/],
  },
  "stuck-replica": { status: [/is stuck: its primary restarted/], role: [/is stuck: its primary restarted/] },
  "oom-killed": { status: [/^(warn|fail) pod\.dragonfly-\d: .*/], role: [] },
  "pod-hangs": {
    status: [/^unknown server\.dragonfly-\d: .*could not be read/],
    role: [/^unknown replication\.primary: .*could not be read/],
  },
  "fill-memory": { status: [/^(fail|warn) server\.dragonfly-\d\.memory: .*9\d(\.\d)? % used/], role: [] },
  "failed-snapshot": {
    status: [/^fail server\.dragonfly-\d\.snapshot: The last snapshot of dragonfly-\d failed/],
    role: [],
  },
  "disk-full": { status: [/^fail pvc\.df-dragonfly-\d\.used: .*9\d(\.\d)? % full/], role: [] },
  "delete-pdb": { status: [/^fail pdb\.data: No PodDisruptionBudget/], role: [] },
  "cluster-policy-missing": { status: [/^fail networkpolicy\.data: /], role: [] },
  "service-at-replica": {
    status: [
      /^fail service\.dragonfly: .*does not select only the primary/,
      /^fail replication\.endpoints\.dragonfly: .*leads to/,
    ],
    role: [/^fail replication\.endpoints\.dragonfly: .*leads to/],
  },
  "label-mismatch": {
    status: [/^fail replication\.labels: /],
    role: [/^fail replication\.labels: Labels and servers disagree/],
  },
  "operator-down": { status: [/^fail operator\.replicas: Operator: 0 of 2/], role: [] },
  "wrong-image": { status: [/^warn (pod\.dragonfly-\d|resource\.image): .*pinned is/], role: [] },
  "api-slow": { status: [/^unknown .*could not be read/], role: [/^unknown .*/] },
  "api-forbidden": { status: [/^unknown .*could not be read/], role: [/^unknown .*/] },
  "node-drained": { status: [/^fail pod\.dragonfly-\d: .*is Pending/], role: [] },
  "node-lost": { status: [/^unknown server\.dragonfly-\d: .*could not be read/], role: [] },
  "image-pull": { status: [/^fail pod\.dragonfly-\d: .*waits: ImagePullBackOff/], role: [] },
  "crash-loop": { status: [/^fail pod\.dragonfly-\d: .*waits: CrashLoopBackOff/], role: [] },
  // Only a triage looks for these; see test/integration/world/diagnosis.test.ts.
  "client-storm": { status: [], role: [] },
  "hot-command": { status: [], role: [] },
  "scraper-blocked": { status: [], role: [] },
  "recent-change": { status: [], role: [] },
  "flux-failing": { status: [], role: [] },
  // These hold up what is merged, and nothing that runs; see test/integration/world/gitops.test.ts.
  "flux-suspended": { status: [], role: [] },
  "git-unreachable": { status: [], role: [] },
  "secrets-away": { status: [], role: [] },
  "apps-unreachable": { status: [/^unknown service\.apps: The Services in cluster apps could not be read/], role: [] },
};

describe("the answers of status and role on a real replicated world", () => {
  it("are ok while nothing is wrong", async () => {
    expect(troubles(await ask("status"))).toEqual([]);
    expect(troubles(await ask("role"))).toEqual([]);
  });

  it("are expected here for every fault that the sandbox has", () => {
    expect(Object.keys(expected).toSorted()).toEqual(faultCatalog.map(({ name }) => name).toSorted());
  });

  it.each(faultCatalog.map(({ name }) => name).filter((name) => name !== "git-unreachable"))(
    "name the fault %s, and are ok again when it is healed",
    async (name) => {
      const { status = [], role = [] } = expected[name] ?? {};
      await faults.set(name, true);
      try {
        for (const [runbook, patterns] of [
          ["status", status],
          ["role", role],
        ] as const) {
          await expect.poll(async () => missing(troubles(await ask(runbook)), patterns), { interval: 200 }).toEqual([]);
        }
      } finally {
        await faults.set(name, false);
      }
      // A restart a minute ago stays worth a warning; nothing else may be left.
      await expect
        .poll(async () => troubles(await ask("status")).filter((line) => !/restarted recently/.test(line)), {
          timeout: 20_000,
          interval: 200,
        })
        .toEqual([]);
    },
  );
});

/** The patterns that no line matches, and for the reader of a failure, the lines. */
function missing(lines: readonly string[], patterns: readonly RegExp[]): readonly string[] {
  const left = patterns.filter((pattern) => !lines.some((line) => pattern.test(line))).map(String);
  return left.length === 0 ? [] : [...left, ...lines];
}

describe("the command line on the same world", () => {
  const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const options = { env: { PATH: process.env["PATH"] ?? "", ...world.env(), ...env } };
      execFile(process.execPath, ["src/main.ts", ...args], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it("prints one JSON document and exits 0 when all is ok", async () => {
    const { code, stdout } = await cli(["role", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ runbook: "role", verdict: "ok", findings: expect.any(Array) });
    expect(code).toBe(0);
  });

  it("exits 1 when a finding failed, 3 when something could not be checked, 2 for an instance that does not exist", async () => {
    await faults.set("delete-pdb", true);
    expect((await cli(["status"])).code).toBe(1);
    await faults.set("delete-pdb", false);
    await faults.set("apps-unreachable", true);
    expect((await cli(["status"])).code).toBe(3);
    await faults.set("apps-unreachable", false);
    const unknown = await cli(["status", "nobody"]);
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no Dragonfly instance "nobody"'),
    });
    expect(unknown.stderr).not.toMatch(/\n\s+at /);
  });

  it("says what to do when the kubeconfig's token has expired", async () => {
    const { code, stdout } = await cli(["role"], {
      KUBECONFIG: world.kubeconfigPath.replace(/kubeconfig$/, "no-such-file"),
    });
    expect(code).toBe(3);
    expect(stdout).toContain("Check KUBECONFIG");
  });
});
