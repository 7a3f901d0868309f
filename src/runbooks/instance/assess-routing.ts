import type { InstanceConfig, Thresholds } from "../../config/file.ts";
import type { Finding } from "../../reports/model.ts";
import { assessReplica } from "./assess-replica.ts";
import { evidence, finding, firstVerdict, fromReading } from "./findings.ts";
import type { RoutingObservation } from "./observe.ts";
import type { ObservedServer } from "./observe-servers.ts";
import { type Roster, takeRoster } from "./roster.ts";

const section = "Replication";

/** Whether servers, pod labels and the Services' endpoints agree on one primary, and whether every replica follows it. */
export function assessRouting(
  seen: RoutingObservation,
  instance: InstanceConfig,
  thresholds: Thresholds,
): readonly Finding[] {
  const roster = takeRoster(seen.servers);
  return [
    primaryFinding(seen, roster),
    ...roster.replicas.map((replica) => assessReplica(replica, roster, thresholds)),
    ...labelFindings(seen),
    ...endpointFindings(seen, roster, instance),
  ];
}

function names(servers: readonly ObservedServer[]): string {
  return servers.map(({ name }) => name).join(", ");
}

function primaryFinding(seen: RoutingObservation, roster: Roster): Finding {
  const id = "replication.primary";
  const proof = seen.servers.map((server) =>
    evidence(server.state, server.state.ok ? `role:${server.state.value.role.kind}` : ""),
  );
  const { primaries, primary, unseen } = roster;
  if (seen.servers.length === 0) {
    const verdict = seen.pods.ok ? "fail" : "unknown";
    const title = seen.pods.ok ? "There is no primary: the instance has no pods" : "Who is primary could not be read";
    return finding({
      id,
      section,
      verdict,
      title,
      detail: seen.pods.ok ? "" : seen.pods.reason,
      evidence: [evidence(seen.pods, "No resources found")],
    });
  }
  if (primaries.length > 1) {
    return finding({
      id,
      section,
      verdict: "fail",
      title: `${primaries.length === 2 ? "Two" : primaries.length} servers say they are primary: ${names(primaries)}`,
      detail:
        "Clients may write to either, and one side's writes will be lost. Stop writes, find the one that the Service leads to, and re-attach the others to it.",
      evidence: proof,
    });
  }
  const blind = unseen.length > 0;
  if (primary === undefined) {
    return finding({
      id,
      section,
      verdict: blind ? "unknown" : "fail",
      title: blind
        ? `No readable server is primary; ${names(unseen)} could not be read`
        : "No server is primary: every write fails",
      detail:
        "The operator promotes a replica within seconds when it runs; when this stays, look at the operator first.",
      evidence: proof,
    });
  }
  return finding({
    id,
    section,
    verdict: blind ? "unknown" : "ok",
    title: blind
      ? `${primary.name} is primary; whether ${names(unseen)} also says so could not be read`
      : `${primary.name} is the primary`,
    evidence: proof,
  });
}

/** The operator's labels decide where the Services lead, so a label that contradicts its server sends writes astray. */
function labelFindings(seen: RoutingObservation): readonly Finding[] {
  const id = "replication.labels";
  const wrong = seen.servers.flatMap(({ name, pod, state }) => {
    if (pod === undefined || !state.ok) return [];
    const says = state.value.role.kind;
    const label = pod.roleLabel === "master" ? "primary" : pod.roleLabel;
    return label === says ? [] : [`${name} is labelled ${pod.roleLabel ?? "with no role"}, its server says ${says}`];
  });
  if (!seen.pods.ok) return [];
  const comparable = seen.servers.some(({ state }) => state.ok);
  return [
    finding({
      id,
      section,
      verdict: firstVerdict([wrong.length > 0, "fail"], [!comparable, "unknown"]),
      title:
        wrong.length > 0
          ? `Labels and servers disagree: ${wrong.join("; ")}`
          : comparable
            ? "Pod labels agree with the servers"
            : "No server could be compared with its label",
      detail: wrong.length > 0 ? "The Services select by label, so clients may be sent to the wrong server." : "",
      evidence: [
        {
          ...evidence(
            seen.pods,
            seen.servers.map(({ name, pod }) => `${name} role=${pod?.roleLabel ?? "<none>"}`).join(", "),
          ),
          command: `${seen.pods.command} -L role`,
        },
      ],
    }),
  ];
}

function endpointFindings(seen: RoutingObservation, roster: Roster, instance: InstanceConfig): readonly Finding[] {
  const services = [instance.name, ...(instance.globalService === undefined ? [] : [instance.globalService])];
  const what = "The Services' endpoints";
  return fromReading({ id: "replication.endpoints", section, what }, seen.endpoints, (endpoints) =>
    services.map((service) => {
      const behind = endpoints.filter((endpoint) => endpoint.service === service && endpoint.ready);
      const podOf = (address: string) => seen.servers.find(({ pod }) => pod?.ip === address)?.name ?? address;
      const targets = behind.map(({ address }) => podOf(address));
      const astray = targets.filter((target) => target !== roster.primary?.name);
      const verdict = firstVerdict(
        [behind.length === 0, "fail"],
        [roster.primaries.length === 0 && roster.unseen.length > 0, "unknown"],
        [astray.length > 0, "fail"],
      );
      return finding({
        id: `replication.endpoints.${service}`,
        section,
        verdict,
        title:
          behind.length === 0
            ? `Service ${service} leads nowhere: it has no ready endpoint`
            : verdict === "unknown"
              ? `Service ${service} leads to ${targets.join(", ")}; whether that is the primary could not be read`
              : astray.length > 0
                ? `Service ${service} leads to ${astray.join(", ")}, ${roster.primary === undefined ? "and there is no single primary" : `but the primary is ${roster.primary.name}`}`
                : `Service ${service} leads to the primary, ${targets.join(", ")}`,
        detail:
          behind.length === 0
            ? "Clients get connection refused or a time-out."
            : astray.length > 0
              ? "Writes through it fail with READONLY or go to the wrong copy."
              : "",
        evidence: [
          evidence(seen.endpoints, `${service}: ${behind.map(({ address }) => address).join(", ") || "<none>"}`),
        ],
      });
    }),
  );
}
