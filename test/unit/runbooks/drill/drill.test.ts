import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BotError } from "../../../../src/errors.ts";
import type { Deployment, PodDisruptionBudget } from "../../../../src/platform/kubernetes.ts";
import type { MetricSample, Platform, SeenIncident } from "../../../../src/platform/ports.ts";
import { conclusionSchema } from "../../../../src/reports/model.ts";
import { drillFailover } from "../../../../src/runbooks/changes/drill-failover.ts";
import { expectedAlerts, possibleAlerts } from "../../../../src/runbooks/drill/expected-alerts.ts";
import type { RunRecord } from "../../../../src/runbooks/durable/record.ts";
import { alertRules } from "../../../alerts/rules.ts";
import { fakePlatform, healthyCluster, primaryState, replicaState } from "../../../fakes/platform.ts";
import { type Make, made, type World, world } from "../changes/world.ts";

const make: Make = (deps) => made(drillFailover(deps));
const stepName = "evict the primary's pod, and measure";
const disruptionSchema = z.looseObject({
  whyNot: z.string(),
  measurement: z.looseObject({ lost: z.number(), writes: z.looseObject({ errorToOkMs: z.number() }) }).nullable(),
});
const disruptionOf = ({ checkpoints }: RunRecord) => {
  const step = checkpoints.find(({ name }) => name === stepName);
  return disruptionSchema.parse(step?.kind === "step" ? step.result : undefined);
};
const verdictsOf = (record: RunRecord) =>
  Object.fromEntries(conclusionSchema.parse(record.conclusion).findings.map(({ id, verdict }) => [id, verdict]));

describe("a drill that is carried out", () => {
  it("measures the gap that there was and the writes that are lost, with a canary that it ends", async () => {
    const { state, kit } = world(make, (one) => {
      one.outageMs = 2_000;
      one.missing = [80, 81];
    });
    const { record } = await kit.run();
    expect(record.state).toBe("succeeded");
    const { measurement } = disruptionOf(record);
    // The first try of the outage is sent 24 ms after its beginning.
    expect(measurement).toMatchObject({ lost: 2, writes: { errorToOkMs: 1_976 } });
    expect(verdictsOf(record)).toMatchObject({
      "drill.write-gap": "ok",
      "drill.read-gap": "ok",
      "drill.lost-writes": "fail",
      "drill.elected": "ok",
      "drill.synced": "ok",
      "drill.alert.DragonflyRoleChanged": "unknown",
    });
    expect(state.canaries.map((canary) => canary.ended())).toEqual([true]);
  });

  it("killed at any boundary evicts once, and never says that it measured what a dead process did", async () => {
    const { boundaries } = await world(make).kit.run();
    const after = boundaries.indexOf("after evict dragonfly-0");
    const kept = boundaries.findIndex((name, index) => index > after && name.startsWith("after "));
    expect(after).toBeGreaterThan(0);
    for (const index of boundaries.keys()) {
      const { state, kit } = world(make, () => {}, { crashAt: [index] });
      const { record } = await kit.run();
      expect([boundaries[index], record.state, state.did]).toEqual([
        boundaries[index],
        "succeeded",
        ["evict dragonfly-0"],
      ]);
      const { measurement, whyNot } = disruptionOf(record);
      const dead = index >= after && index < kept;
      expect([boundaries[index], measurement === null]).toEqual([boundaries[index], dead]);
      if (!dead) continue;
      expect(whyNot).toMatch(/The process that measured was gone from 2026-\S+ to 2026-\S+ at the latest/);
      expect(verdictsOf(record)).toMatchObject({
        "drill.write-gap": "unknown",
        "drill.read-gap": "unknown",
        "drill.lost-writes": "unknown",
        "drill.elected": "ok",
      });
    }
  });

  it("evicts nothing when the canary fails before that, and ends it", async () => {
    const { state, kit } = world(make, (one) => {
      one.dirty = "OOM";
    });
    const { record } = await kit.run();
    expect(record.failure).toMatchObject({
      code: "drill.not-clean",
      message: "Nothing was evicted: the canary's write failed before that (OOM)",
    });
    expect(state.did).toEqual([]);
    expect(state.canaries.map((canary) => canary.ended())).toEqual([true]);
  });

  it("gives up on an instance that does not come back, and says since when", async () => {
    const { kit } = world(make, (one) => {
      one.outageMs = Number.POSITIVE_INFINITY;
    });
    const { record } = await kit.run();
    const { findings } = conclusionSchema.parse(record.conclusion);
    expect(findings[0]).toMatchObject({ verdict: "fail", title: expect.stringMatching(/^Writes back: at least 2m/) });
  });
});

const incident: SeenIncident = {
  ...{ id: "i-1", alert: "DragonflyMemoryHigh", labels: { namespace: "dragonfly-system", app: "dragonfly" } },
  ...{ openedAt: "2026-01-02T11:00:00.000Z", createdAt: "2026-01-02T11:00:00.000Z", resolvedAt: undefined },
};
const alertingWith = (more: Partial<Platform["alerting"]>): Partial<Platform> => ({
  alerting: { ...fakePlatform().alerting, ...more },
});
const clusterWith = (more: Parameters<typeof fakePlatform>[0]): Partial<Platform> => ({
  cluster: fakePlatform(more).cluster,
});

const healthy = healthyCluster();
const tight = (healthy.podDisruptionBudgets as readonly PodDisruptionBudget[]).map((one) => ({
  ...one,
  disruptionsAllowed: 0,
}));
const noOperator = { ...(healthy.deployment as Deployment), readyReplicas: 0 };

describe("a drill is refused before anybody is asked", () => {
  it.each<[string, (world: World) => void, Partial<Platform>, RegExp]>([
    [
      "when the bot is a client of another instance",
      (one) => {
        one.reached = { role: "primary", replicationId: "5678" };
      },
      {},
      /The bot is no client of dragonfly-system\/dragonfly/,
    ],
    [
      "when the bot's address leads to a replica",
      (one) => {
        one.reached = { role: "replica", replicationId: "1234" };
      },
      {},
      /leads to a replica of it/,
    ],
    [
      "when nobody can say whether the bot is a client",
      () => {},
      { canary: fakePlatform().canary },
      /Whether the bot is a client of dragonfly-system\/dragonfly could not be read/,
    ],
    [
      "when a replica is not in sync",
      ({ servers }) => {
        servers["dragonfly-2"] = replicaState({}, { syncInProgress: true });
      },
      {},
      /Not in sync: dragonfly-2/,
    ],
    [
      "when a replica is missing",
      ({ servers, pods }) => {
        pods.splice(2, 1);
        delete servers["dragonfly-2"];
      },
      {},
      /1 replica in sync, 2 expected/,
    ],
    [
      "when the last snapshot is old",
      ({ servers }) => {
        const { snapshot } = primaryState();
        servers["dragonfly-0"] = primaryState({ snapshot: { ...snapshot, lastSuccessAt: "2026-01-02T04:59:00Z" } });
      },
      {},
      /The last snapshot is 7h 1m old, at most 7 h allowed/,
    ],
    [
      "when there was no snapshot",
      ({ servers }) => {
        servers["dragonfly-0"] = primaryState({ snapshot: { saving: false } });
      },
      {},
      /has saved no snapshot/,
    ],
    [
      "when an incident is open on it",
      () => {},
      alertingWith({ incidents: async () => [incident] }),
      /An incident is open on it: DragonflyMemoryHigh/,
    ],
    [
      "when the disruption budget allows nothing now",
      () => {},
      clusterWith({
        infra: {
          podDisruptionBudgets: tight,
        },
      }),
      /Budget dragonfly allows 0 evictions now/,
    ],
    [
      "when no operator is there",
      () => {},
      clusterWith({ infra: { deployment: noOperator } }),
      /0 of 2 operator pods ready/,
    ],
    [
      "when the operator cannot be looked at",
      () => {},
      clusterWith({ infra: { deployment: new BotError("kubernetes.forbidden", "not allowed", "") } }),
      /The operator could not be read/,
    ],
    [
      "when its alert fires already",
      () => {},
      alertingWith({
        activeAlerts: async () => [
          {
            name: "DragonflyRoleChanged",
            labels: { ...incident.labels, alertname: "DragonflyRoleChanged" },
            startsAt: "2026-01-02T11:50:00.000Z",
          },
        ],
      }),
      /DragonflyRoleChanged fires already/,
    ],
  ])("%s", async (_, prepare, platform, words) => {
    const { state, kit } = world(make, prepare, { platform });
    const { record } = await kit.run();
    expect(record.failure).toMatchObject({ code: "change.refused", message: expect.stringMatching(words) });
    expect(record.checkpoints.some(({ kind }) => kind === "approval")).toBe(false);
    expect(state.did).toEqual([]);
  });

  it("but not by what is about another instance, or over", async () => {
    const others = [
      { ...incident, labels: { namespace: "payments", app: "dragonfly" } },
      { ...incident, labels: { namespace: "dragonfly-system", app: "another" } },
      { ...incident, resolvedAt: "2026-01-02T11:30:00.000Z" },
    ];
    const { kit } = world(make, () => {}, {
      platform: alertingWith({ incidents: async () => others, activeAlerts: unreachable }),
    });
    expect((await kit.run()).record.state).toBe("succeeded");
  });
});

const unreachable = async (): Promise<never> => {
  throw new BotError("alertmanager.not-configured", "No Alertmanager is configured", "");
};

describe("the alerts of a drill", () => {
  /** Fires and ends by the kit's clock, as the rule does. */
  it("are waited for, parked, until they have come and are over", async () => {
    const name = "DragonflyRoleChanged";
    const labels = { ...incident.labels, alertname: name, severity: "info" };
    const times = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    let now = () => 0;
    const fires = () => now() >= times.from && now() < times.to;
    const sample = (): MetricSample => ({ labels, value: 1, at: new Date(now()).toISOString() });
    const iso = (ms: number) => new Date(ms).toISOString();
    const platform: Partial<Platform> = {
      metrics: {
        query: async () => (fires() ? [sample()] : []),
        range: async () => (now() >= times.from ? [{ labels, points: [[times.from, 1]] }] : []),
        rules: async () => [],
      },
      alerting: {
        ...fakePlatform().alerting,
        activeAlerts: async () => (fires() ? [{ name, labels, startsAt: iso(times.from) }] : []),
        incidents: async () =>
          now() < times.from + 15_000
            ? []
            : [
                {
                  ...incident,
                  alert: name,
                  createdAt: iso(times.from + 15_000),
                  resolvedAt: fires() ? undefined : iso(times.to),
                },
              ],
      },
    };
    const { kit } = world(make, () => {}, {
      platform,
      decide: () => {
        times.from = now() + 30_000;
        times.to = now() + 15 * 60_000;
        return { state: "approved", by: ["U2"] };
      },
    });
    now = () => kit.now().getTime();
    const { record } = await kit.run();
    const rows = conclusionSchema.parse(record.conclusion).tables[0]?.rows;
    expect(rows?.slice(-3)).toEqual([
      ["held", "30s", "2m", `${name} fires`],
      ["held", "45s", "2m", `${name} comes to the bot`],
      ["held", expect.stringMatching(/^15m/), "20m", `${name} is over`],
    ]);
    expect(record.checkpoints.filter(({ kind }) => kind === "sleep").length).toBeLessThan(60);
  });

  it("are those that the shipped rules raise: their names, and how long they look back", () => {
    for (const { alert, lastsMs } of expectedAlerts) {
      const rule = alertRules.find((one) => one.alert === alert);
      const windows = [...(rule?.expr ?? "").matchAll(/\[(\d+)m\]/g)].map(([, minutes]) => Number(minutes) * 60_000);
      expect(new Set(windows)).toEqual(new Set([lastsMs]));
      expect(rule?.for).toBeUndefined();
    }
    for (const alert of possibleAlerts) expect(alertRules.map((one) => one.alert)).toContain(alert);
  });
});
