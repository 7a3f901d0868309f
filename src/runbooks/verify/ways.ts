import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Evidence, Finding } from "../../reports/model.ts";
import type { Proof } from "../connectivity/prove.ts";
import { check, criteria, type Named } from "./check.ts";
import type { TriedWay } from "./observe-ways.ts";
import type { ShownVerification } from "./shown.ts";

/** What became of one way, in the terms of the check that asks. */
interface Said {
  readonly holds: boolean | undefined;
  readonly found: string;
  /** In the words of whoever was in the way. */
  readonly reason?: string;
}

/** From every other cluster: a connection through the name that clients use is answered. */
export function verifyConnects(seen: ShownVerification, instance: InstanceConfig): readonly Finding[] {
  const address = instance.clientDns ?? instance.name;
  return seen.remotes.map(({ cluster }) =>
    tried(
      {
        id: `ac3.${cluster}.connects`,
        criterion: criteria.mesh,
        what: `A connection from ${cluster}`,
        expected: `a server answers at ${address}`,
      },
      seen.ways?.approved.filter((way) => way.cluster === cluster),
      address,
      connected,
      seen.services.at,
    ),
  );
}

/** GitLab finds the shared instance by the name that it has, from where it runs, and is answered. */
export function verifyGitLab(seen: ShownVerification, config: Config): readonly Finding[] {
  const { gitlab } = config.verify;
  if (gitlab === null) return [];
  const { namespace, address } = gitlab;
  return [
    tried(
      {
        id: "ac3.gitlab.connects",
        criterion: criteria.mesh,
        what: "GitLab's connection",
        expected: `from ${namespace} the address that GitLab has, ${address}, resolves and a server answers`,
      },
      // One cluster runs GitLab; which, is said by who has its namespace.
      seen.ways === undefined ? undefined : whereTheNamespaceIs(seen.ways.gitlab),
      address,
      connected,
      seen.services.at,
    ),
  ];
}

/** The network does with the policies what they are there for. */
export function verifyEnforcement(seen: ShownVerification, instance: InstanceConfig, isShared: boolean): Finding {
  const approved = "a connection from an approved namespace is answered, and one ";
  return tried(
    {
      id: "ac4.enforced",
      criterion: criteria.policy,
      what: "Enforcement by the network",
      expected: `${isShared ? approved : "a connection "}from a namespace on no list is dropped, from every cluster`,
    },
    seen.ways === undefined ? undefined : [...seen.ways.approved, ...seen.ways.strangers],
    instance.clientDns ?? instance.name,
    enforced,
    seen.policies.at,
    `${isShared ? "approved namespaces get through, " : ""}others are dropped`,
  );
}

function whereTheNamespaceIs(ways: readonly TriedWay[]): readonly TriedWay[] {
  const there = ways.filter(({ proof }) => proof !== undefined);
  return there.length === 0 ? ways : there;
}

function tried(
  named: Named,
  ways: readonly TriedWay[] | undefined,
  address: string,
  judge: (proof: Proof) => Said,
  at: string,
  allHold?: string,
): Finding {
  if (ways === undefined || ways.length === 0) {
    const [host = "", port = "6379"] = address.split(":");
    const found = ways === undefined ? "not tried: this run makes no probes" : "no namespace is known that may connect";
    const evidence = [{ command: `nc -vz ${host} ${port}`, output: "from a pod there; not run here", at }];
    return check({ ...named, found, holds: undefined, evidence });
  }
  const said = ways.map(({ cluster, candidates, proof }): Said & { readonly proof?: Proof } => {
    if (proof !== undefined) {
      const judged = judge(proof);
      return { ...judged, found: `${proof.way.namespace} in ${cluster} ${judged.found}`, proof };
    }
    const all = candidates.length > 1 ? "none of the namespaces" : "no namespace";
    return { holds: undefined, found: `${cluster} has ${all} ${candidates.join(", ")}` };
  });
  const wrong = said.filter(({ holds }) => holds !== true);
  const all = wrong.length > 0 ? wrong.toSorted(failedFirst) : said;
  const failed = said.some(({ holds }) => holds === false);
  return check({
    ...named,
    found: wrong.length === 0 && allHold !== undefined ? allHold : all.map(({ found }) => found).join(", "),
    reason: [...new Set(wrong.flatMap(({ reason = [] }) => reason))].join(" ") || undefined,
    holds: failed ? false : wrong.length > 0 ? undefined : true,
    evidence: all.flatMap(({ proof }) => (proof === undefined ? [] : probeEvidence(proof))),
  });
}

function failedFirst(a: Said, b: Said): number {
  return Number(a.holds !== false) - Number(b.holds !== false);
}

/** The pod that was made, and what it found at each stage that it tried. */
function probeEvidence({ actual, findings: [whole] }: Proof): readonly Evidence[] {
  const said = whole?.evidence.slice(-1) ?? [];
  if (!("result" in actual)) return said;
  const { dns, addresses, reached } = actual.result;
  const stages = [dns, ...addresses.flatMap((one) => one.stages)].filter(({ verdict }) => verdict !== "skipped");
  const output = [`reached: ${reached}`, ...stages.map(({ code, detail }) => `${code}: ${detail}`)].join("\n");
  return said.map((one) => ({ ...one, output }));
}

function connected({ actual }: Proof): Said {
  switch (actual.kind) {
    case "reached":
      return actual.by === "server"
        ? { holds: true, found: "is answered" }
        : { holds: false, found: "reaches a port where no server answers" };
    case "dropped":
      return { holds: false, found: "gets no answer to its connection request" };
    case "not-reached":
      return { holds: false, found: `does not get there: ${actual.code}` };
    default:
      return notTried(actual);
  }
}

function enforced({ way, actual, comparison }: Proof): Said {
  // That there is nothing to reach says nothing of the policies.
  if (actual.kind === "not-reached" && way.wanted === "allowed")
    return { holds: undefined, found: `does not get as far as the policies: ${actual.code}` };
  if (actual.kind === "not-tried") return notTried(actual);
  const { verdict, title } = comparison;
  return { holds: verdict === "unknown" ? undefined : verdict === "ok", found: title };
}

function notTried(actual: Proof["actual"]): Said {
  if (actual.kind !== "not-tried") return { holds: undefined, found: "was not tried: it is not there" };
  return { holds: undefined, found: `was not tried: ${actual.why}`, reason: actual.detail };
}
