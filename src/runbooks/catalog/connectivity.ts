import { z } from "zod";
import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { attention, type ReportTable } from "../../reports/model.ts";
import { namespaceName } from "../../tenants/change.ts";
import { type Proof, prove, type Way } from "../connectivity/prove.ts";
import { defineRunbook } from "../define.ts";
import { finding } from "../instance/findings.ts";
import { instanceParameter, resolveInstance } from "../instance/target.ts";
import { plural } from "../instance/units.ts";
import { compareWithLast, readLast } from "../last-result.ts";

const params = z
  .strictObject({
    namespace: namespaceName.optional().describe("the namespace to try it from"),
    instance: instanceParameter,
    cluster: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be the name of a cluster in dfbot.yaml")
      .optional()
      .describe("only from this cluster; every one that has the namespace when left out"),
    matrix: z.boolean().default(false).describe("every namespace of dfbot.yaml: those let in, and those shut out"),
  })
  .refine(({ namespace, matrix }) => (namespace === undefined) === matrix, {
    message: "either a namespace to try it from, or matrix for all that dfbot.yaml lists",
  });

/** Whether a namespace reaches an instance, and whether it should: tried by a throwaway pod, compared with the policies. */
export const connectivity = defineRunbook({
  id: "connectivity",
  title: "Connectivity from a namespace",
  description:
    "Whether a namespace reaches an instance, tried by a throwaway pod there, and whether the policies agree",
  params,
  positional: ["namespace", "instance"],
  effect: "read",
  async run(context) {
    const { config } = context;
    const instance = await resolveInstance(context.params.instance, context);
    const [proofs, last] = await Promise.all([
      prove(context, waysOf(context.params, instance, config)),
      readLast({ runbook: "connectivity", params: context.params }, context),
    ]);
    const there = proofs.filter(({ actual }) => actual.kind !== "no-namespace");
    const findings = [...there.flatMap((proof) => proof.findings), ...nowhere(proofs)];
    const [worst, ...more] = attention({ findings });
    const good = `${plural(there.length, "way")} to ${instance.name} tried, all as they should be`;
    const summary =
      worst === undefined
        ? good
        : worst.title + (more.length === 0 ? "" : ` (and ${plural(more.length, "more finding")})`);
    const compared = compareWithLast(last, findings);
    return {
      summary: `${summary}${compared.words}`,
      findings,
      tables: [...compared.tables, ...(there.length === 0 ? [] : [table(there)])],
    };
  },
});

function waysOf(
  { namespace, cluster, matrix }: z.infer<typeof params>,
  instance: InstanceConfig,
  config: Config,
): readonly Way[] {
  const { allowed, denied } = config.namespaces;
  const names = matrix ? [...new Set([...allowed, ...denied])] : namespace === undefined ? [] : [namespace];
  const known = config.clusters.map(({ name }) => name);
  if (cluster !== undefined && !known.includes(cluster)) {
    const they = `It has: ${known.join(", ")}`;
    throw new BotError("config.unknown-cluster", `dfbot.yaml has no cluster "${cluster}"`, they);
  }
  // The lists are about the shared instance. Of others only the policies say who should get through.
  const wanted = (name: string): Way["wanted"] => {
    if (instance !== config.shared) return undefined;
    if (allowed.includes(name)) return "allowed";
    return denied.includes(name) ? "denied" : undefined;
  };
  const clusters = cluster === undefined ? known : [cluster];
  return names.flatMap((name) =>
    clusters.map((one): Way => ({ cluster: one, namespace: name, instance, wanted: wanted(name) })),
  );
}

/** Namespaces that no cluster has. */
function nowhere(proofs: readonly Proof[]) {
  const names = [...new Set(proofs.map(({ way }) => way.namespace))];
  return names
    .map((name) => proofs.filter(({ way }) => way.namespace === name))
    .filter((ofOne) => ofOne.every(({ actual }) => actual.kind === "no-namespace"))
    .map((ofOne) => {
      const { namespace } = ofOne[0]?.way ?? { namespace: "" };
      const clusters = ofOne.map(({ way }) => way.cluster).join(" and ");
      return finding({
        id: `connectivity.${namespace}`,
        section: "Connectivity",
        verdict: "unknown",
        title: `There is no namespace ${namespace} in ${clusters}`,
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
  "not-tried": "not tried",
} as const;

function table(proofs: readonly Proof[]): ReportTable {
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
    ],
    rows: proofs.map(({ way, expected, actual, comparison }) => [
      way.namespace,
      comparison.verdict,
      does[actual.kind],
      way.wanted ?? expected.decision,
      expected.decision,
      way.cluster,
      latencyOf(actual),
    ]),
  };
}

function latencyOf(actual: Proof["actual"]): string {
  const measured = "result" in actual ? actual.result.addresses.flatMap(({ latency }) => latency ?? []) : [];
  return measured.length === 0 ? "" : String(Math.max(...measured.map(({ p50Ms }) => p50Ms)));
}
