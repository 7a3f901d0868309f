import { type Stage, stages } from "../../probe/codes.ts";
import type { Outcome, ProbeResult } from "../../probe/result.ts";
import type { Evidence, Finding, Verdict } from "../../reports/model.ts";
import { finding } from "../instance/findings.ts";

const words: Readonly<Record<Stage, { readonly ok: string; readonly fail: string }>> = {
  dns: { ok: "finds the name", fail: "does not find the name" },
  tcp: { ok: "connects to the port", fail: "does not connect to the port" },
  tls: { ok: "agrees on TLS", fail: "does not agree on TLS" },
  auth: { ok: "logs in", fail: "does not log in" },
  ping: { ok: "gets an answer to PING", fail: "gets no good answer to PING" },
  role: { ok: "learns the role", fail: "does not learn the role" },
  "write-read": { ok: "writes and reads back", fail: "does not write and read back" },
  latency: { ok: "has a good latency", fail: "has a poor latency" },
};

export interface Place {
  /** `connectivity.<cluster>.<namespace>` */
  readonly id: string;
  readonly section: string;
  /** `harbor in infra` */
  readonly where: string;
  /** `dragonfly-system/dragonfly` */
  readonly instance: string;
  readonly evidence: Evidence;
}

/** What a server says that is not the primary. */
const ofReplica = /^(?:role\.replica|[a-z-]+\.(?:readonly|masterdown))$/;

/**
 * Each stage that was tried as its own finding, since they fail for different reasons. `blockedRightly`: that the connection
 * request is dropped is as it should be, and so good.
 */
export function stageFindings(place: Place, result: ProbeResult, blockedRightly: boolean): readonly Finding[] {
  return stages.flatMap((stage) => {
    const tried = outcomesOf(result, stage).filter(({ outcome }) => outcome.verdict !== "skipped");
    if (tried.length === 0) return [];
    const failed = tried.filter(({ outcome }) => outcome.verdict === "fail");
    const shown = failed.length > 0 ? failed : tried;
    const code = shown[0]?.outcome.code ?? "";
    const verdict = verdictOf(code, failed.length > 0, blockedRightly);
    const { ok, fail } = words[stage];
    return [
      finding({
        id: `${place.id}.${stage}`,
        section: place.section,
        verdict,
        title: `${place.where} ${titleOf(code, failed.length === 0 ? ok : `${fail} (${code})`)}`,
        detail: shown
          .map(({ address, outcome }) => (address === undefined ? "" : `${address}: `) + outcome.detail)
          .join(" "),
        evidence: [place.evidence],
        next: ofReplica.test(code)
          ? [{ runbook: "role", params: { instance: place.instance }, label: "Who is primary" }]
          : [],
      }),
    ];
  });
}

/** That the role is learnt is no good news where it is the wrong one. */
function titleOf(code: string, otherwise: string): string {
  return code === "role.replica" ? "is led to a replica, not to the primary (role.replica)" : otherwise;
}

/** What was not tried, although nobody left it out. */
export function untried(result: ProbeResult): readonly Stage[] {
  return stages.filter((stage) =>
    outcomesOf(result, stage).every(({ outcome }) => outcome.verdict === "skipped" && outcome.code !== "tls.not-asked"),
  );
}

function outcomesOf(
  result: ProbeResult,
  stage: Stage,
): readonly { readonly address?: string; readonly outcome: Outcome }[] {
  if (stage === "dns") return [{ outcome: result.dns }];
  return result.addresses.flatMap(({ address, stages: tried }) =>
    tried.filter((outcome) => outcome.stage === stage).map((outcome) => ({ address, outcome })),
  );
}

function verdictOf(code: string, failed: boolean, blockedRightly: boolean): Verdict {
  if (code === "role.replica") return "fail";
  if (!failed || (blockedRightly && code === "tcp.timeout")) return "ok";
  return code === "latency.slow" ? "warn" : "fail";
}
