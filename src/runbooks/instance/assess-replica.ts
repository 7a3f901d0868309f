import type { Thresholds } from "../../config/file.ts";
import type { PrimaryLink, ServerState } from "../../platform/server.ts";
import type { Finding, Verdict } from "../../reports/model.ts";
import { evidence, finding } from "./findings.ts";
import { type ReadableServer, type Roster, seenByPrimary } from "./roster.ts";
import { duration } from "./units.ts";

interface Diagnosis {
  readonly verdict: Verdict;
  readonly title: string;
  readonly detail: string;
}

/** Whether one replica follows the primary, and if not, the likeliest reason and what repairs it. */
export function assessReplica(replica: ReadableServer, roster: Roster, thresholds: Thresholds): Finding {
  const { role } = replica.state.value;
  const connected = roster.primary === undefined ? undefined : seenByPrimary(roster.primary, replica);
  const lag = connected?.lagRecords;
  const link = role.kind === "replica" ? role.link : undefined;
  const diagnosis = link === undefined ? healthy(replica.name, lag) : diagnose(replica, link, roster, lag, thresholds);
  const output =
    link === undefined
      ? "role:master"
      : `master_host:${link.host} master_link_status:${link.up ? "up" : "down"} master_last_io_seconds_ago:${link.lastIoSecondsAgo} master_sync_in_progress:${link.syncInProgress ? 1 : 0}`;
  const fromPrimary =
    roster.primary === undefined
      ? []
      : [
          evidence(
            roster.primary.state,
            connected === undefined
              ? "no slaveN line for this replica"
              : `state=${connected.state},lag=${connected.lagRecords}`,
          ),
        ];
  return finding({
    id: `replication.${replica.name}`,
    section: "Replication",
    ...diagnosis,
    evidence: [evidence(replica.state, output), ...fromPrimary],
  });
}

function diagnose(
  replica: ReadableServer,
  link: PrimaryLink,
  roster: Roster,
  lag: number | undefined,
  thresholds: Thresholds,
): Diagnosis {
  const { name } = replica;
  const { primary } = roster;
  if (primary !== undefined && primary.pod?.ip !== undefined && link.host !== primary.pod.ip) {
    return {
      verdict: "fail",
      title: `Replica ${name} follows ${link.host}, which is not the primary`,
      detail: `The primary is ${primary.name} at ${primary.pod.ip}. Its data is not what clients write now.`,
    };
  }
  if (!link.up) return brokenLink(replica, link, primary);
  if (link.syncInProgress) {
    return {
      verdict: "warn",
      title: `Replica ${name} is in a full sync`,
      detail: "It refuses clients with LOADING until that is done; a sync that takes over 30 minutes is stuck.",
    };
  }
  if (link.lastIoSecondsAgo > thresholds.linkStaleSeconds) {
    return {
      verdict: "warn",
      title: `Replica ${name} has heard nothing from its primary for ${duration(link.lastIoSecondsAgo)}`,
      detail: "The connection is open but silent: the primary may hang.",
    };
  }
  if (lag !== undefined && lag >= thresholds.lagWarnRecords) {
    return {
      verdict: "warn",
      title: `Replica ${name} is ${lag.toLocaleString("en")} records behind`,
      detail: "A failover now would lose them.",
    };
  }
  return healthy(name, lag);
}

function healthy(name: string, lag: number | undefined): Diagnosis {
  return {
    verdict: "ok",
    title: `Replica ${name} is in sync${lag === undefined ? "" : `, lag ${lag} records`}`,
    detail: "",
  };
}

/**
 * Facts, operator section 3, "stuck replica gap": a primary whose container restarts at the same address, unnoticed by
 * the operator, never gets its replicas back by itself.
 */
function brokenLink(replica: ReadableServer, link: PrimaryLink, primary: ReadableServer | undefined): Diagnosis {
  const { name } = replica;
  const title = `Replica ${name} has lost its primary`;
  if (primary === undefined) {
    return {
      verdict: "fail",
      title,
      detail: `It follows ${link.host} and serves stale data; no server says it is primary.`,
    };
  }
  if (restartedUnder(primary.state.value, replica.state.value, link)) {
    return {
      verdict: "fail",
      title: `Replica ${name} is stuck: its primary restarted ${duration(primary.state.value.uptimeSeconds)} ago and nothing re-attached it`,
      detail: `Check that ${primary.name} has its data, then delete pod ${name}, or send it: REPLICAOF ${link.host} ${link.port} (admin port).`,
    };
  }
  return {
    verdict: "fail",
    title,
    detail: `${primary.name} at ${link.host}:${link.port} runs, but the link is down: network, policy between the pods, or a primary that refuses it. ${name} serves stale data.`,
  };
}

function restartedUnder(primary: ServerState, replica: ServerState, link: PrimaryLink): boolean {
  return primary.uptimeSeconds < replica.uptimeSeconds && link.lastIoSecondsAgo >= primary.uptimeSeconds - 1;
}
