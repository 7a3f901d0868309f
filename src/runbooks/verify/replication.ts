import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Finding, Verdict } from "../../reports/model.ts";
import { evidence } from "../instance/findings.ts";
import { seenByPrimary, takeRoster } from "../instance/roster.ts";
import { ageSeconds } from "../instance/units.ts";
import { type CheckParts, check, checkOf, criteria, listed } from "./check.ts";
import { ago } from "./instance.ts";
import type { VerifyObservation } from "./observe.ts";

const criterion = criteria.instance;

/** One primary and the replicas in sync, by the servers' own words, and a snapshot that was really written. */
export function verifyReplication(
  seen: VerifyObservation,
  { replicas }: InstanceConfig,
  { thresholds }: Config,
  now: Date,
): readonly Finding[] {
  const roster = takeRoster(seen.servers);
  const proof = seen.servers.map(({ state }) => evidence(state, state.ok ? `role:${state.value.role.kind}` : ""));
  const unread = seen.servers.filter(({ state }) => !state.ok).map(({ name }) => name);
  const blind = unread.length > 0 || !seen.pods.ok;
  const base = { criterion, evidence: proof.length > 0 ? proof : [evidence(seen.pods, "No resources found")] };
  const labelled = seen.servers.flatMap(({ name, pod, state }) => {
    if (pod === undefined || !state.ok) return [];
    const wanted = state.value.role.kind === "primary" ? "master" : "replica";
    return pod.roleLabel === wanted
      ? []
      : [`${name} is ${state.value.role.kind}, labelled ${pod.roleLabel ?? "nothing"}`];
  });
  const out = roster.replicas.flatMap((replica) => {
    const { role } = replica.state.value;
    if (role.kind !== "replica") return [];
    const seenAs = roster.primary === undefined ? undefined : seenByPrimary(roster.primary, replica);
    const online = seenAs?.state === "online" || seenAs?.state === "stable_sync";
    if (!role.link.up) return [`${replica.name}: link down`];
    if (role.link.syncInProgress) return [`${replica.name}: full sync in progress`];
    if (role.link.lastIoSecondsAgo > thresholds.linkStaleSeconds) return [`${replica.name}: link silent`];
    if (!online) return [`${replica.name}: ${seenAs?.state ?? "unknown to the primary"}`];
    if (seenAs.lagRecords > thresholds.lagWarnRecords) return [`${replica.name}: ${seenAs.lagRecords} records behind`];
    return [];
  });
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
      evidence: [
        { ...evidence(seen.pods, labelled.join("\n")), command: `${seen.pods.command} -L role` },
        ...base.evidence,
      ],
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

function verifySnapshots(seen: VerifyObservation, maxAgeHours: number, now: Date): readonly Finding[] {
  const { primary } = takeRoster(seen.servers);
  const named = { id: "ac2.snapshot", criterion, what: "Snapshot of the primary" };
  const expected = `succeeded, not older than ${maxAgeHours} h, and no failure since`;
  const last: Omit<CheckParts, keyof typeof named | "expected"> & { readonly verdict?: Verdict } =
    primary === undefined
      ? { found: "who is primary is not known", holds: undefined, evidence: [evidence(seen.pods, "")] }
      : (() => {
          const { lastSuccessAt, lastFailureAt, lastError, lastFile } = primary.state.value.snapshot;
          const failed = lastFailureAt !== undefined && (lastSuccessAt === undefined || lastFailureAt >= lastSuccessAt);
          const old = lastSuccessAt === undefined || ageSeconds(lastSuccessAt, now) > maxAgeHours * 3_600;
          const young = lastSuccessAt === undefined && primary.state.value.uptimeSeconds < maxAgeHours * 3_600;
          return {
            found: failed
              ? `the last one failed: ${lastError ?? "no reason given"}`
              : lastSuccessAt === undefined
                ? "none since this server started"
                : `saved ${ago(lastSuccessAt, now)}`,
            // A server that has just started has not come to its first by the schedule.
            holds: failed ? false : young ? undefined : !old,
            evidence: [
              evidence(
                primary.state,
                `last_success_save ${lastSuccessAt ?? "never"}, last_failed_save ${lastFailureAt ?? "never"}, last_saved_file ${lastFile ?? "none"}`,
              ),
            ],
          };
        })();
  return [
    check({ ...named, expected, ...last }),
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
