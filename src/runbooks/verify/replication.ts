import type { Config, InstanceConfig, Thresholds } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import type { ObservedServer } from "../instance/observe-servers.ts";
import { type ReadableServer, seenByPrimary, takeRoster } from "../instance/roster.ts";
import { ageSeconds, duration } from "../instance/units.ts";
import { type CheckParts, check, checkOf, criteria, listed } from "./check.ts";
import * as lines from "./lines.ts";
import { type ShownVerification, shown } from "./shown.ts";

const criterion = criteria.instance;

/** One primary and the replicas in sync, by the servers' own words, and a snapshot that was really written. */
export function verifyReplication(
  seen: ShownVerification,
  { replicas }: InstanceConfig,
  { thresholds }: Config,
  now: Date,
): readonly Finding[] {
  const roster = takeRoster(seen.servers);
  const proof = seen.servers.map(({ state }) => shown(state, lines.role).evidence);
  const unread = seen.servers.filter(({ state }) => !state.ok).map(({ name }) => name);
  const blind = unread.length > 0 || !seen.pods.ok;
  const why = blind ? unreadReason(seen) : undefined;
  const base = { criterion, reason: why, evidence: proof.length > 0 ? proof : [seen.pods.evidence] };
  const labelled = seen.servers.flatMap(labelledOtherwise);
  const out = roster.replicas.flatMap((replica) => outOfSync(replica, roster.primary, thresholds));
  return [
    check({
      ...base,
      id: "ac2.primary",
      what: "Primary",
      expected: "exactly one server says it is",
      found: blind
        ? `${listed(unread, "the pods")} could not be read`
        : listed(roster.primaries.map(({ name }) => name)),
      holds: roster.primaries.length > 1 ? false : blind ? undefined : roster.primaries.length === 1,
    }),
    check({
      ...base,
      id: "ac2.labels",
      what: "Role labels",
      expected: "each pod is labelled as its server says",
      found: listed(labelled, blind ? `${listed(unread, "the pods")} could not be read` : "as they say"),
      holds: labelled.length > 0 ? false : blind ? undefined : true,
      evidence: [seen.pods.evidence, ...proof],
    }),
    check({
      ...base,
      id: "ac2.replicas.in-sync",
      what: "Replicas in sync",
      expected: `${replicas - 1}: link up, no full sync, online at the primary`,
      found: listed(
        out,
        blind ? `${listed(unread, "the pods")} could not be read` : `${roster.replicas.length} in sync`,
      ),
      holds: out.length > 0 ? false : blind ? undefined : roster.replicas.length === replicas - 1,
    }),
    ...verifySnapshots(seen, thresholds.snapshotMaxAgeHours, now),
  ];
}

function labelledOtherwise({ name, pod, state }: ObservedServer): readonly string[] {
  if (pod === undefined || !state.ok) return [];
  const { kind } = state.value.role;
  const wanted = kind === "primary" ? "master" : "replica";
  return pod.roleLabel === wanted ? [] : [`${name} is ${kind}, labelled ${pod.roleLabel ?? "nothing"}`];
}

/** By its own word, then by the primary's. */
function outOfSync(
  replica: ReadableServer,
  primary: ReadableServer | undefined,
  { linkStaleSeconds, lagWarnRecords }: Thresholds,
): readonly string[] {
  const { name } = replica;
  const { role } = replica.state.value;
  if (role.kind !== "replica") return [];
  const seenAs = primary === undefined ? undefined : seenByPrimary(primary, replica);
  const online = seenAs?.state === "online" || seenAs?.state === "stable_sync";
  if (!role.link.up) return [`${name}: link down`];
  if (role.link.syncInProgress) return [`${name}: full sync in progress`];
  if (role.link.lastIoSecondsAgo > linkStaleSeconds) return [`${name}: link silent`];
  if (!online) return [`${name}: ${seenAs?.state ?? "unknown to the primary"}`];
  if (seenAs.lagRecords > lagWarnRecords) return [`${name}: ${seenAs.lagRecords} records behind`];
  return [];
}

function verifySnapshots(seen: ShownVerification, maxAgeHours: number, now: Date): readonly Finding[] {
  return [
    check({
      id: "ac2.snapshot",
      criterion,
      what: "Snapshot of the primary",
      expected: `succeeded, not older than ${maxAgeHours} h, and no failure since`,
      ...lastSnapshot(seen, maxAgeHours * 3_600, now),
    }),
    checkOf(
      {
        id: "ac2.snapshot.schedule",
        criterion,
        what: "Snapshot schedule",
        expected: "a schedule, and only the primary saves",
      },
      [seen.resource],
      ({ snapshotCron, snapshotEnableOnMasterOnly }) => ({
        holds: snapshotCron !== undefined && snapshotEnableOnMasterOnly,
        found: `${snapshotCron ?? "no schedule"}, ${snapshotEnableOnMasterOnly ? "only the primary" : "every pod saves"}`,
      }),
    ),
  ];
}

function lastSnapshot(
  seen: ShownVerification,
  maxAgeSeconds: number,
  now: Date,
): Pick<CheckParts, "found" | "reason" | "holds" | "evidence"> {
  const { primary } = takeRoster(seen.servers);
  if (primary === undefined)
    return {
      found: "who is primary is not known",
      reason: unreadReason(seen),
      holds: undefined,
      evidence: [seen.pods.evidence],
    };
  const { uptimeSeconds, snapshot } = primary.state.value;
  const { lastSuccessAt, lastFailureAt, lastError, lastFile } = snapshot;
  const output = `last_success_save ${lastSuccessAt ?? "never"}, last_failed_save ${lastFailureAt ?? "never"}, last_saved_file ${lastFile ?? "none"}`;
  const proof = [evidence(primary.state, output)];
  if (lastFailureAt !== undefined && (lastSuccessAt === undefined || lastFailureAt >= lastSuccessAt))
    return { found: `the last one failed: ${lastError ?? "no reason given"}`, holds: false, evidence: proof };
  if (lastSuccessAt === undefined) {
    // A server that has just started has not come to its first by the schedule.
    const holds = uptimeSeconds < maxAgeSeconds ? undefined : false;
    return { found: "none since this server started", holds, evidence: proof };
  }
  const age = ageSeconds(lastSuccessAt, now);
  return { found: `saved ${duration(Math.max(0, age))} ago`, holds: age <= maxAgeSeconds, evidence: proof };
}

/** Why not every server could be asked, in the words of the first that could not; undefined: all were. */
export function unreadReason({ pods, servers }: ShownVerification): string | undefined {
  if (!pods.ok) return pods.reason;
  const unread = servers.find(({ state }) => !state.ok);
  return unread?.state.ok === false ? unread.state.reason : undefined;
}
