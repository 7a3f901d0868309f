import { createHash } from "node:crypto";
import type { Config, InstanceConfig } from "../../config/file.ts";
import type { ObjectMeta } from "../../platform/kubernetes.ts";
import { type Reading, read } from "../../platform/reading.ts";
import { type Finding, verdicts, worstVerdict } from "../../reports/model.ts";
import { evidence, finding, fromReading } from "../instance/findings.ts";
import { contextOf, type ObserveContext } from "../instance/observe.ts";
import { plural } from "../instance/units.ts";
import type { Proof, Way } from "./prove.ts";

/** The sample of one cluster. */
interface Sample {
  readonly cluster: string;
  /** All the namespaces that it is of. */
  readonly names: Reading<readonly string[]>;
  readonly ways: readonly Way[];
}

const section = "Connectivity";

/**
 * A sample of the namespaces that a cluster really has and that are on no list, each of which must be blocked: `probes.sample` of
 * each cluster, the same ones for a whole day (UTC) and others on the next. Of an instance that is not the shared one nobody has
 * decided who may come in, so there are none.
 */
export function sampleOthers(
  { config, platform, signal, now }: ObserveContext,
  instance: InstanceConfig,
  clusters: readonly string[],
): Promise<readonly Sample[]> {
  const { sample } = config.probes;
  if (instance !== config.shared || sample === 0) return Promise.resolve([]);
  const day = now().toISOString().slice(0, 10);
  return Promise.all(
    clusters.map(async (cluster): Promise<Sample> => {
      const command = `kubectl --context=${contextOf(config, cluster)} get namespaces --show-labels`;
      const names = await read({ command, timeoutMs: config.readTimeoutMs, signal }, async (inner) =>
        (await platform.cluster(cluster).namespaces(inner))
          .filter((one) => isOther(one, instance, config))
          .map(({ name }) => name),
      );
      const ways = pick(names.ok ? names.value : [], sample, `${day} ${cluster}`).map(
        (namespace): Way => ({ cluster, namespace, instance, wanted: "denied", sampled: true }),
      );
      return { cluster, names, ways };
    }),
  );
}

/**
 * What is to be said of those on no list as a whole, for each cluster: who is in the sample changes from day to day, this does not, so
 * two runs can be compared by it.
 */
export function othersFindings(samples: readonly Sample[], proofs: readonly Proof[]): readonly Finding[] {
  return samples.flatMap(({ cluster, names, ways }) => {
    const place = { id: `connectivity.${cluster}.others`, section, what: `The namespaces of ${cluster}` };
    return fromReading(place, names, (all) => {
      const tried = proofs.filter(({ way, actual }) => ways.includes(way) && actual.kind !== "no-namespace");
      if (tried.length === 0) return [];
      const bad = tried.filter(({ comparison }) => comparison.verdict !== "ok");
      const [first] = bad.toSorted((a, b) => rank(b) - rank(a));
      const which = `${tried.length} of ${plural(all.length, "namespace")} on no list`;
      return [
        finding({
          id: place.id,
          section,
          verdict: worstVerdict(tried.map(({ comparison }) => comparison.verdict)),
          title:
            first === undefined
              ? `${which} tried in ${cluster}: blocked, as they should be`
              : `${which} tried in ${cluster}: ${first.way.namespace} ${first.comparison.title}`,
          detail: `Tried today: ${tried.map(({ way }) => way.namespace).join(", ")}.`,
          evidence: [evidence(names, all.join("\n"))],
        }),
      ];
    });
  });
}

/**
 * The same way, known as `unlisted` where its namespace is one that nobody has let in. Not where the policies alone decide, as for a
 * certain pod, which they may select by label, and not where the namespace could not be read.
 */
export async function markUnlisted(way: Way, { config, platform, signal }: ObserveContext): Promise<Way> {
  if (way.wanted !== undefined || way.pod !== undefined || way.instance !== config.shared) return way;
  const command = `kubectl --context=${contextOf(config, way.cluster)} get namespace ${way.namespace} --show-labels`;
  const found = await read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.cluster(way.cluster).namespace(way.namespace, inner),
  );
  return found.ok && isOther(found.value, way.instance, config) ? { ...way, wanted: "unlisted" } : way;
}

function rank({ comparison }: Proof): number {
  return verdicts.indexOf(comparison.verdict);
}

/** On no list, let in by no label, and not one that the platform itself lives in, where no pod of a test belongs. */
function isOther({ name, labels, deletedAt }: ObjectMeta, instance: InstanceConfig, config: Config): boolean {
  const { allowed, denied, allowedLabels } = config.namespaces;
  const platform = [instance.namespace, config.home.namespace, config.operator.namespace, config.flux.namespace];
  return (
    !name.startsWith("kube-") &&
    ![...allowed, ...denied, ...platform].includes(name) &&
    !Object.entries(allowedLabels).some(([key, value]) => labels[key] === value) &&
    deletedAt === undefined
  );
}

/** So many of them, in an order that only the seed and their names decide: one more namespace moves at most one out. */
export function pick(names: readonly string[], count: number, seed: string): readonly string[] {
  const rank = (name: string) => createHash("sha256").update(`${seed} ${name}`).digest("hex");
  return names
    .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .slice(0, count)
    .toSorted();
}
