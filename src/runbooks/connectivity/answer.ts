import type { InstanceConfig } from "../../config/file.ts";
import type { Finding, ReportTable } from "../../reports/model.ts";
import { finding } from "../instance/findings.ts";
import { plural } from "../instance/units.ts";
import { shouldBe } from "./compare.ts";
import { type Proof, whereOf } from "./prove.ts";
import { untried } from "./stage-findings.ts";

/** One line over the matrix: the worst of it, or that all is well. */
export function summaryOfMatrix(worst: readonly Finding[], ways: number, instance: InstanceConfig): string {
  return worstOf(worst) ?? `${plural(ways, "way")} to ${instance.name} tried, all as they should be`;
}

/** One line for whoever asked about one namespace: the worst, or what it does, in which clusters, and the rule that says so. */
export function summaryOfOne(worst: readonly Finding[], proofs: readonly Proof[]): string {
  const said = Map.groupBy(proofs, ({ comparison, expected }) => `${comparison.title}: ${expected.because}`);
  const all = [...said].map(([words, ofThese]) => {
    const clusters = ofThese.map(({ way }) => way.cluster).join(" and ");
    return ofThese[0] === undefined ? "" : `${whereOf({ ...ofThese[0].way, cluster: clusters })} ${words}`;
  });
  const through = proofs.flatMap(({ actual }) => (actual.kind === "reached" ? [actual.result] : []));
  const left = [...new Set(through.flatMap(untried))];
  const note = left.length === 0 ? "" : `. Not tried without credentials: ${left.join(", ")}`;
  return worstOf(worst) ?? `${all.join("; ")}${note}`;
}

function worstOf([worst, ...more]: readonly Finding[]): string | undefined {
  return worst && worst.title + (more.length === 0 ? "" : ` (and ${plural(more.length, "more finding")})`);
}

/** Namespaces that no cluster has, and pods that none of their namespaces has. */
export function nowhere(proofs: readonly Proof[]): readonly Finding[] {
  const names = [...new Set(proofs.map(({ way }) => way.namespace))];
  return names
    .map((name) => proofs.filter(({ way }) => way.namespace === name))
    .filter((ofOne) => ofOne.every(({ actual }) => actual.kind === "no-namespace" || actual.kind === "no-pod"))
    .map((ofOne) => {
      const { namespace, pod } = ofOne[0]?.way ?? { namespace: "", pod: undefined };
      const clusters = ofOne.map(({ way }) => way.cluster).join(" and ");
      const what = pod === undefined ? `namespace ${namespace}` : `pod ${pod} in namespace ${namespace}`;
      return finding({
        id: `connectivity.${namespace}`,
        section: "Connectivity",
        verdict: "unknown",
        title: pod === undefined ? `There is no ${what} in ${clusters}` : `There is no ${what} of ${clusters}`,
        detail: "Nothing can be tried from it. Look at its name.",
        evidence: ofOne.flatMap(({ findings }) => findings.flatMap((one) => one.evidence.slice(-1))),
      });
    });
}

const does = {
  reached: "gets through",
  dropped: "blocked",
  "not-reached": "not reached",
  "no-namespace": "not there",
  "no-pod": "not there",
  "not-tried": "not tried",
} as const;

/** A row for each way. */
export function tableOf(proofs: readonly Proof[]): ReportTable {
  return {
    title: "Ways",
    columns: [
      { title: "Namespace", align: "left" },
      { title: "Verdict", align: "left" },
      { title: "Does", align: "left" },
      { title: "Should", align: "left" },
      { title: "Policies", align: "left" },
      { title: "Cluster", align: "left" },
      { title: "p50 ms", align: "right" },
      { title: "p99 ms", align: "right" },
    ],
    rows: proofs.map(({ way, expected, actual, comparison }) => [
      way.pod === undefined ? way.namespace : `${way.namespace}/${way.pod}`,
      comparison.verdict,
      does[actual.kind],
      shouldBe(way.wanted, expected),
      expected.decision,
      way.cluster,
      slowest(actual, "p50Ms"),
      slowest(actual, "p99Ms"),
    ]),
  };
}

/** Of the addresses behind the name. */
function slowest(actual: Proof["actual"], percentile: "p50Ms" | "p99Ms"): string {
  const measured = "result" in actual ? actual.result.addresses.flatMap(({ latency }) => latency ?? []) : [];
  return measured.length === 0 ? "" : String(Math.max(...measured.map((one) => one[percentile])));
}
