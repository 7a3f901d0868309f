import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { startVictoriaMetrics, type VictoriaMetrics } from "../../../sandbox/metrics/victoria-metrics.ts";
import { claimNetwork } from "../../../sandbox/world/loopback.ts";
import { alertRules, ruleGroups } from "../../alerts/rules.ts";

/**
 * The shipped rules in the real vmalert, over a real VictoriaMetrics that holds an hour of what a real Dragonfly's /metrics
 * answered: as it was recorded, and with one thing wrong in each of several instances.
 */

const run = promisify(execFile);
const fixtures = join(import.meta.dirname, "../../fixtures/dragonfly-1.40.1");
const recorded = (role: "primary" | "replica") => readFileSync(join(fixtures, `metrics-${role}.prom.txt`), "utf8");

/** The page of a pod at a minute of the hour; undefined: it does not answer. */
type Page = (minute: number) => string | undefined;
interface Trio {
  readonly pages: readonly Page[];
  /** Further series of that minute, in the same text format. */
  readonly more?: (minute: number) => string;
}

const set = (page: string, name: string, value: number | string) =>
  page.replace(new RegExp(`^(${name}(?:\\{[^}]*\\})?) .*$`, "gm"), `$1 ${value}`);
const running = (page: string, minute: number) => set(page, "dragonfly_uptime_in_seconds", 10_000 + minute * 60);
const primary: Page = (minute) => {
  const [lag = ""] = /^dragonfly_connected_replica_lag_records.*$/m.exec(recorded("primary")) ?? [];
  const second = lag.replace("127.0.0.1", "127.0.0.2");
  return running(recorded("primary").replace(lag, `${lag}\n${second}`), minute);
};
const replica: Page = (minute) => running(recorded("replica"), minute);
const changed =
  (page: Page, name: string, value: number | string): Page =>
  (minute) =>
    set(page(minute) ?? "", name, value);

const trios: Readonly<Record<string, Trio>> = {
  "dragonfly-system": { pages: [primary, replica, replica] },
  "no-primary": { pages: [replica, replica, replica] },
  "two-primaries": { pages: [primary, primary, replica] },
  "link-down": { pages: [primary, replica, changed(replica, "dragonfly_master_link_status", 0)] },
  "memory-full": { pages: [changed(primary, "dragonfly_memory_used_bytes", 1_040_000_000), replica, replica] },
  "pod-gone": { pages: [primary, replica, () => undefined] },
  failover: {
    pages: [
      (minute) => (minute < 40 ? primary(minute) : replica(minute)),
      (minute) => (minute < 40 ? replica(minute) : primary(minute)),
      replica,
    ],
  },
  restart: {
    pages: [
      primary,
      replica,
      (minute) =>
        set(recorded("replica"), "dragonfly_uptime_in_seconds", minute < 50 ? 9_000 + minute * 60 : (minute - 50) * 60),
    ],
  },
  "volume-full": {
    pages: [primary, replica, replica],
    more: () =>
      'kubelet_volume_stats_available_bytes{persistentvolumeclaim="df-dragonfly-0"} 1\nkubelet_volume_stats_capacity_bytes{persistentvolumeclaim="df-dragonfly-0"} 100\n',
  },
  evicting: {
    pages: [(minute) => `${primary(minute)}\ndragonfly_evicted_keys_total{db="db0"} ${minute}\n`, replica, replica],
  },
};

const minutes = 60;
const end = Math.floor(Date.parse("2026-06-01T12:00:00Z") / 60_000) * 60_000;
const at = (minute: number) => end - (minutes - minute) * 60_000;

let network: Awaited<ReturnType<typeof claimNetwork>>;
let folder: string;
let database: VictoriaMetrics | undefined;
let fired: ReadonlyMap<string, ReadonlySet<string>>;
let said: string;

beforeAll(async () => {
  network = await claimNetwork();
  folder = mkdtempSync(join(tmpdir(), "dfbot-vmalert-"));
  const notices: string[] = [];
  database = startVictoriaMetrics({
    directory: join(folder, "data"),
    address: network.metricsAddress,
    flags: ["-retentionPeriod=100y"],
    onNotice: (text) => notices.push(text),
  });
  if (database === undefined) throw new Error(notices.join());
  const { url } = database;
  await vi.waitFor(async () => expect((await fetch(`${url}/health`)).ok).toBe(true));
  for (let minute = 0; minute <= minutes; minute++) await importMinute(url, minute);
  await fetch(`${url}/internal/force_flush`);
  said = await replay(url);
  await fetch(`${url}/internal/force_flush`);
  fired = await firing(url);
});
afterAll(async () => {
  await database?.stop();
  await network.release();
  rmSync(folder, { recursive: true, force: true });
});

/** One page a pod with the labels that the PodMonitor gives, and `up` as the scraper writes it. */
async function importMinute(url: string, minute: number): Promise<void> {
  const send = async (labels: Readonly<Record<string, string>>, text: string) => {
    const query = new URLSearchParams({ timestamp: String(at(minute)) });
    for (const [name, value] of Object.entries(labels)) query.append("extra_label", `${name}=${value}`);
    const answer = await fetch(`${url}/api/v1/import/prometheus?${query}`, { method: "POST", body: text });
    if (!answer.ok) throw new Error(`import: HTTP ${answer.status}`);
  };
  for (const [namespace, { pages, more }] of Object.entries(trios)) {
    for (const [ordinal, page] of pages.entries()) {
      const text = page(minute);
      const target = {
        container: "dragonfly",
        endpoint: "admin",
        job: `${namespace}/dragonfly`,
        instance: `10.0.0.${ordinal}:9999`,
      };
      const labels = { namespace, app: "dragonfly", pod: `dragonfly-${ordinal}`, ...target };
      await send(labels, `${text ?? ""}\nup ${text === undefined ? 0 : 1}\n`);
    }
    if (more !== undefined) await send({ namespace }, more(minute));
  }
  await send({ namespace: "dragonfly-operator-system", job: "dragonfly-operator", pod: "a" }, "up 1\n");
  for (const pod of ["dfbot-0", "dfbot-1"]) {
    await send({ namespace: "dragonfly-bot", job: "dfbot", pod }, 'up 1\ndfbot_dependency_up{dependency="store"} 1\n');
  }
}

/**
 * Evaluates the rules over the hour, every minute, as vmalert would have done then. Without their `for`: in a replay Debian's
 * vmalert (1.79) never gets from pending to firing. So silence here is silence without waiting; the waiting is in promtool's
 * tests.
 */
async function replay(url: string): Promise<string> {
  const rules = join(folder, "rules.yaml");
  writeFileSync(
    rules,
    stringify({
      groups: ruleGroups.map(({ name, rules: all }) => ({
        name,
        interval: "1m",
        rules: all.map(({ for: _, ...rule }) => rule),
      })),
    }),
  );
  const { stdout, stderr } = await run("vmalert", [
    `-rule=${rules}`,
    `-datasource.url=${url}`,
    `-remoteWrite.url=${url}`,
    `-replay.timeFrom=${new Date(at(0)).toISOString()}`,
    `-replay.timeTo=${new Date(at(minutes)).toISOString()}`,
    "-replay.rulesDelay=0s",
    "-replay.disableProgressBar",
    "-remoteWrite.flushInterval=100ms",
  ]);
  return `${stdout}${stderr}`;
}

const exported = z.object({ metric: z.record(z.string(), z.string()) });

/** Names of the alerts that fired during the hour, by namespace. */
async function firing(url: string): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const query = new URLSearchParams({
    "match[]": 'ALERTS{alertstate="firing"}',
    start: String(at(0) / 1000),
    end: String(at(minutes) / 1000),
  });
  const lines = (await (await fetch(`${url}/api/v1/export?${query}`)).text()).trim().split("\n");
  const found = new Map<string, Set<string>>();
  for (const line of lines.filter((text) => text !== "")) {
    const { namespace = "", alertname = "" } = exported.parse(JSON.parse(line)).metric;
    found.set(namespace, (found.get(namespace) ?? new Set()).add(alertname));
  }
  return found;
}

describe("vmalert, over an hour of recorded metrics", () => {
  it("evaluates every rule without an error", () => {
    expect(said).not.toMatch(/\t(?:error|fatal|panic)\t/);
    for (const { name } of ruleGroups) expect(said).toContain(name);
  });

  it.each<[string, readonly string[]]>([
    ["dragonfly-system", []],
    ["no-primary", ["DragonflyNoPrimary", "DragonflyTooFewReplicas"]],
    ["two-primaries", ["DragonflySeveralPrimaries"]],
    ["link-down", ["DragonflyReplicaLinkDown"]],
    ["memory-full", ["DragonflyMemoryCritical", "DragonflyMemoryHigh"]],
    ["pod-gone", ["DragonflyPodDown"]],
    ["failover", ["DragonflyRoleChanged"]],
    ["restart", ["DragonflyRestarted"]],
    ["volume-full", ["DragonflyDiskFilling", "DragonflyDiskFull"]],
    ["evicting", ["DragonflyEvictions"]],
  ])("%s: %j", (namespace, alerts) => {
    expect([...(fired.get(namespace) ?? [])].toSorted()).toEqual(alerts);
  });

  it("says nothing about the operator and the bot, which are well", () => {
    const others = [...fired.keys()].filter((namespace) => !(namespace in trios));
    // The one that always fires is of no namespace.
    expect(others).toEqual([""]);
    expect([...(fired.get("") ?? [])]).toEqual(["Watchdog"]);
  });

  it("knows every metric that the rules ask for, or says why it cannot be in a recording of a healthy server", () => {
    const pages = recorded("primary") + recorded("replica");
    const elsewhere: Readonly<Record<string, string>> = {
      up: "the scraper's own",
      kube_pod_container_resource_limits: "kube-state-metrics",
      kube_pod_container_status_last_terminated_reason: "kube-state-metrics",
      kube_pod_container_status_restarts_total: "kube-state-metrics",
      kube_statefulset_replicas: "kube-state-metrics",
      kube_statefulset_status_replicas_updated: "kube-state-metrics",
      kubelet_volume_stats_available_bytes: "the kubelet",
      kubelet_volume_stats_capacity_bytes: "the kubelet",
      dragonfly_evicted_keys_total: "not there until a key was evicted",
      dragonfly_oom_errors_total: "not there until a write was refused",
      dfbot_dependency_up: "the bot's own (src/meters.ts)",
      dfbot_nodejs_eventloop_lag_p99_seconds: "the bot's own (prom-client)",
      dfbot_schedule_last_run_timestamp_seconds: "the bot's own (src/meters.ts)",
      dfbot_slack_ack_seconds_bucket: "the bot's own (src/meters.ts)",
    };
    const names = new Set(
      alertRules.flatMap(({ expr }) =>
        [...expr.replaceAll(/"[^"]*"/g, "").matchAll(/\b(up|(?:dragonfly|dfbot|kube|kubelet)_\w+)\b/g)].map(
          ([name]) => name,
        ),
      ),
    );
    expect(names.size).toBeGreaterThan(20);
    const unknown = [...names].filter((name) => !(name in elsewhere) && !new RegExp(`^${name}[ {]`, "m").test(pages));
    expect(unknown).toEqual([]);
  });
});
