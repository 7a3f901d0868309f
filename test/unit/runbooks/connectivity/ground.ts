import type { Platform } from "../../../../src/platform/ports.ts";
import type { ProbeOutcome } from "../../../../src/platform/probes.ts";
import { connectionStages } from "../../../../src/probe/codes.ts";
import type { ProbeResult } from "../../../../src/probe/result.ts";
import type { Report } from "../../../../src/reports/model.ts";
import { catalog } from "../../../../src/runbooks/catalog/index.ts";
import { createRunner } from "../../../../src/runbooks/runner.ts";
import { fakePlatform, config as plain } from "../../../fakes/platform.ts";

/** What probes print, and connectivity asked with them on plain data. */

export const image = "registry.example.com/dfbot:1";
export const config = {
  ...plain,
  probes: { ...plain.probes, image, parallel: 3 },
  namespaces: { ...plain.namespaces, allowed: ["gitlab-system", "harbor"], denied: ["default"] },
};

export type Codes = Readonly<Partial<Record<"dns" | (typeof connectionStages)[number], string>>>;

/** What a probe prints that came as far as these codes say; what is not named was skipped, or was good up to there. */
export function result(reached: ProbeResult["reached"], codes: Codes = {}): ProbeResult {
  const outcome = <S extends string>(stage: S, otherwise: "ok" | "skipped") => {
    const code = codes[stage as keyof Codes];
    const failed = code !== undefined && code !== "noauth" && code !== "replica";
    const verdict = code === undefined ? otherwise : failed ? ("fail" as const) : ("ok" as const);
    return {
      stage,
      verdict,
      code: `${stage}.${code ?? (otherwise === "ok" ? "ok" : "not-asked")}`,
      detail: "",
      durationMs: 1,
    };
  };
  const good = reached === "server" ? ["tcp", "ping", "latency"] : reached === "port" ? ["tcp"] : [];
  const noAddress = codes.dns !== undefined;
  return {
    version: 1,
    target: { host: "dragonfly", port: 6379, tls: false, credentials: false },
    startedAt: "2026-01-02T12:00:00.000Z",
    durationMs: 5,
    verdict: "ok",
    reached,
    dns: outcome("dns", "ok"),
    addresses: noAddress
      ? []
      : [
          {
            address: "10.1.2.3",
            reached,
            stages: connectionStages.map((stage) => outcome(stage, good.includes(stage) ? "ok" : "skipped")),
            ...(reached === "server" ? { latency: { pings: 3, p50Ms: 1.5, p90Ms: 2, p99Ms: 2, maxMs: 2 } } : {}),
          },
        ],
    addressesLeftOut: 0,
  };
}
export const through = result("server", { ping: "noauth" });
/** With somebody logged in; a stage that is not named was good. */
export function loggedIn(codes: Codes): ProbeResult {
  const found = result("server", codes);
  return {
    ...found,
    target: { ...found.target, credentials: true },
    addresses: found.addresses.map((one) => ({
      ...one,
      stages: one.stages.map((stage) => {
        const code = codes[stage.stage];
        if (code === undefined || !["ok", "primary"].includes(code)) return stage;
        return { ...stage, verdict: "ok" as const, code: `${stage.stage}.${code}` };
      }),
    })),
  };
}
export const dropped = result("nothing", { tcp: "timeout" });
export const ended = (what: ProbeResult): ProbeOutcome => ({
  kind: "ended",
  pod: "p",
  log: `${JSON.stringify(what)}\n`,
});

export const ask = (
  params: Readonly<Record<string, unknown>>,
  probe: Platform["probes"]["run"],
  world: Parameters<typeof fakePlatform>[0] = {},
  settings = config,
  at = "2026-01-02T12:00:00Z",
): Promise<Report> =>
  createRunner({
    runbooks: catalog,
    config: settings,
    platform: fakePlatform({ infra: { networkPolicies: [] }, ...world, probe }),
    scrub: (text) => text,
    now: () => new Date(at),
  }).run({ runbook: "connectivity", params, requester: { surface: "cli", id: "test" } });
export const says = (report: Report) => report.findings.map(({ id, verdict }) => `${verdict} ${id}`);
export const where = (prefix: string) => (one: string) => one.replace("*", prefix);
