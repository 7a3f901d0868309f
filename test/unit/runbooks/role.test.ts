import { describe, expect, it } from "vitest";
import { BotError } from "../../../src/errors.ts";
import type { Report } from "../../../src/reports/model.ts";
import { catalog } from "../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../src/runbooks/runner.ts";
import { config, type FakeWorld, fakePlatform, pod, primaryState, replicaState } from "../../fakes/platform.ts";

async function role(world: FakeWorld = {}): Promise<Report> {
  const runner = createRunner({
    runbooks: catalog,
    config,
    platform: fakePlatform(world),
    scrub: (text) => text,
    now: () => new Date("2026-01-02T12:00:00Z"),
  });
  return runner.run({ runbook: "role", params: {}, requester: { surface: "cli", id: "test" } });
}

const troubles = (report: Report) =>
  report.findings.filter(({ verdict }) => verdict !== "ok").map(({ id, verdict }) => `${id}: ${verdict}`);
const titleOf = (report: Report, id: string) => report.findings.find((finding) => finding.id === id)?.title;

const timeout = new BotError("timeout", "no answer within 5 s", "Try again");
const refused = new BotError("server.unreachable", "connection refused", "Look at the pod");

describe("role", () => {
  it("is one line when all agree, with a row a pod", async () => {
    const report = await role();
    expect(troubles(report)).toEqual([]);
    expect(report.summary).toBe(
      "dragonfly (infra/dragonfly-system) is healthy: dragonfly-0 is primary, 2 replicas in sync, labels and Services agree",
    );
    expect(report.tables[0]?.rows).toEqual([
      ["dragonfly-0", "master", "primary", "–", "–", "dragonfly, dragonfly-global"],
      ["dragonfly-1", "replica", "replica", "up", "0", "–"],
      ["dragonfly-2", "replica", "replica", "up", "0", "–"],
    ]);
  });

  it("finds two primaries, the label that lies, and where the Service leads", async () => {
    const report = await role({
      servers: { "dragonfly-1": primaryState({ role: { kind: "primary", replicas: [] } }) },
    });
    expect(titleOf(report, "replication.primary")).toBe("Two servers say they are primary: dragonfly-0, dragonfly-1");
    expect(titleOf(report, "replication.labels")).toBe(
      "Labels and servers disagree: dragonfly-1 is labelled replica, its server says primary",
    );
    expect(titleOf(report, "replication.endpoints.dragonfly")).toBe(
      "Service dragonfly leads to dragonfly-0, and there is no single primary",
    );
  });

  it("finds that there is none, when the primary's pod is gone and nobody took over", async () => {
    const down = replicaState({}, { up: false, lastIoSecondsAgo: 9 });
    const report = await role({
      infra: { pods: [pod(0, { ready: false, phase: "Pending", ip: undefined }), pod(1), pod(2)], endpoints: [] },
      servers: { "dragonfly-0": refused, "dragonfly-1": down, "dragonfly-2": down },
    });
    expect(troubles(report)).toEqual([
      "replication.primary: fail",
      "replication.dragonfly-1: fail",
      "replication.dragonfly-2: fail",
      "replication.endpoints.dragonfly: fail",
      "replication.endpoints.dragonfly-global: fail",
    ]);
    expect(titleOf(report, "replication.endpoints.dragonfly")).toBe(
      "Service dragonfly leads nowhere: it has no ready endpoint",
    );
  });

  it("does not claim that there is none while a ready pod could not be asked", async () => {
    const report = await role({ servers: { "dragonfly-0": timeout } });
    expect(titleOf(report, "replication.primary")).toBe("No readable server is primary; dragonfly-0 could not be read");
    expect(report.findings.find(({ id }) => id === "replication.primary")?.verdict).toBe("unknown");
    expect(titleOf(report, "replication.endpoints.dragonfly")).toMatch(/whether that is the primary could not be read/);
  });

  it("does not claim one primary as certain while another ready pod could not be asked", async () => {
    expect(troubles(await role({ servers: { "dragonfly-2": timeout } }))).toContain("replication.primary: unknown");
  });

  it("names a replica that is stuck since its primary restarted at the same address", async () => {
    const report = await role({
      servers: {
        "dragonfly-0": primaryState({ uptimeSeconds: 300, role: { kind: "primary", replicas: [] } }),
        "dragonfly-1": replicaState({ uptimeSeconds: 86_400 }, { up: false, lastIoSecondsAgo: 301 }),
        "dragonfly-2": replicaState({ uptimeSeconds: 86_400 }, { up: false, lastIoSecondsAgo: 301 }),
      },
    });
    expect(titleOf(report, "replication.dragonfly-1")).toBe(
      "Replica dragonfly-1 is stuck: its primary restarted 5m ago and nothing re-attached it",
    );
  });

  it("does not call it stuck when the link broke long after the primary started", async () => {
    const report = await role({ servers: { "dragonfly-1": replicaState({}, { up: false, lastIoSecondsAgo: 40 }) } });
    expect(titleOf(report, "replication.dragonfly-1")).toBe("Replica dragonfly-1 has lost its primary");
  });

  it("tells a replica of somebody else from a replica of the primary", async () => {
    const report = await role({ servers: { "dragonfly-2": replicaState({}, { host: "10.9.9.9" }) } });
    expect(titleOf(report, "replication.dragonfly-2")).toBe(
      "Replica dragonfly-2 follows 10.9.9.9, which is not the primary",
    );
  });

  it("warns of a full sync, of silence on the link and of a long lag, though the link is up", async () => {
    const syncing = await role({ servers: { "dragonfly-1": replicaState({}, { syncInProgress: true }) } });
    expect(troubles(syncing)).toEqual(["replication.dragonfly-1: warn"]);
    const silent = await role({ servers: { "dragonfly-1": replicaState({}, { lastIoSecondsAgo: 31 }) } });
    expect(troubles(silent)).toEqual(["replication.dragonfly-1: warn"]);
    const behind = primaryState({
      role: { kind: "primary", replicas: [{ ip: "10.0.0.11", port: 9999, state: "online", lagRecords: 250_000 }] },
    });
    expect(titleOf(await role({ servers: { "dragonfly-0": behind } }), "replication.dragonfly-1")).toBe(
      "Replica dragonfly-1 is 250,000 records behind",
    );
  });

  it("finds a Service that leads to a replica", async () => {
    const report = await role({
      infra: { endpoints: [{ service: "dragonfly", address: "10.0.0.12", ready: true, port: 6379 }] },
    });
    expect(titleOf(report, "replication.endpoints.dragonfly")).toBe(
      "Service dragonfly leads to dragonfly-2, but the primary is dragonfly-0",
    );
    expect(report.verdict).toBe("fail");
  });

  it("an endpoint that is not ready does not count as one", async () => {
    const report = await role({
      infra: { endpoints: [{ service: "dragonfly", address: "10.0.0.10", ready: false, port: 6379 }] },
    });
    expect(titleOf(report, "replication.endpoints.dragonfly")).toMatch(/leads nowhere/);
  });
});
