import type { Config, InstanceConfig } from "../../config/file.ts";
import type { Monitor } from "../../platform/kubernetes.ts";
import { selects } from "../../platform/label-selector.ts";
import type { Finding } from "../../reports/model.ts";
import { duration } from "../instance/units.ts";
import { checkOf, criteria, listed } from "./check.ts";
import type { ShownVerification } from "./shown.ts";

const criterion = criteria.instance;

/** The resource and its pods, volumes and metrics, and how many of the pods may go at once. */
export function verifyInstance(
  seen: ShownVerification,
  instance: InstanceConfig,
  config: Config,
  now: Date,
): readonly Finding[] {
  return [
    ...verifyWorkload(seen, instance),
    ...verifyMetrics(seen, instance, config, now),
    ...verifyBudget(seen, instance),
  ];
}

function verifyWorkload(seen: ShownVerification, { replicas, name }: InstanceConfig): readonly Finding[] {
  return [
    checkOf(
      {
        id: "ac2.resource",
        criterion,
        what: "Dragonfly resource",
        expected: `${replicas} pods asked for, phase Ready`,
      },
      [seen.resource],
      (resource) => ({
        holds: resource.replicas === replicas && /^ready$/i.test(resource.phase ?? ""),
        found: `${resource.replicas} pods asked for, phase ${resource.phase ?? "not set"}`,
      }),
    ),
    checkOf({ id: "ac2.pods", criterion, what: "Pods", expected: `${replicas}, all ready` }, [seen.pods], (pods) => {
      const ready = pods.filter((pod) => pod.ready && pod.meta.deletedAt === undefined);
      return {
        holds: pods.length === replicas && ready.length === replicas,
        found: `${ready.length} of ${pods.length} ready`,
      };
    }),
    checkOf(
      {
        id: "ac2.statefulset",
        criterion,
        what: "StatefulSet",
        expected: `${replicas} pods of the newest revision, all ready`,
      },
      [seen.statefulSet],
      (set) => {
        const stale = set.currentRevision !== set.updateRevision && set.updatedReplicas < set.replicas;
        return {
          holds: set.replicas === replicas && set.readyReplicas === replicas && !stale,
          found: `${set.readyReplicas} of ${set.replicas} ready${stale ? `, ${set.updatedReplicas} of the newest revision` : ""}`,
        };
      },
    ),
    checkOf(
      { id: "ac2.pvc.bound", criterion, what: "Volume claims", expected: `one for each of ${replicas} pods, Bound` },
      [seen.claims],
      (all) => {
        const wanted = Array.from({ length: replicas }, (_, ordinal) => `df-${name}-${ordinal}`);
        const states = wanted.map((claim) => [claim, all.find(({ meta }) => meta.name === claim)?.phase ?? "missing"]);
        const wrong = states.filter(([, phase]) => phase !== "Bound");
        return {
          holds: wrong.length === 0,
          found: wrong.length === 0 ? "all Bound" : wrong.map(([claim, phase]) => `${claim} ${phase}`).join(", "),
        };
      },
    ),
  ];
}

function verifyBudget(seen: ShownVerification, { replicas }: InstanceConfig): readonly Finding[] {
  return [
    checkOf(
      {
        id: "ac2.pdb",
        criterion,
        what: "Disruption budget of the data pods",
        expected: `one budget selects every pod and keeps ${replicas - 1}`,
      },
      [seen.budgets, seen.pods],
      (budgets, pods) => {
        const own = budgets.filter(({ selector }) => pods.some(({ meta }) => selects(selector, meta.labels)));
        const [only] = own;
        const all = only !== undefined && pods.every(({ meta }) => selects(only.selector, meta.labels));
        return {
          holds: own.length === 1 && all && only?.minAvailable === String(replicas - 1),
          found: listed(
            own.map((one) => `${one.meta.name} minAvailable=${one.minAvailable ?? "<unset>"}`),
            "none selects a pod",
          ),
        };
      },
    ),
    checkOf(
      {
        id: "ac2.eviction.once",
        criterion,
        what: "Evictions possible now",
        expected: "exactly one: a drain gets on, and never takes two copies",
      },
      [seen.budgets, seen.pods],
      (budgets, pods) => {
        const own = budgets.filter(({ selector }) => pods.some(({ meta }) => selects(selector, meta.labels)));
        // Two budgets over a pod make every eviction fail (API server, Eviction).
        const allowed = own.length > 1 ? 0 : (own[0]?.disruptionsAllowed ?? pods.length);
        return {
          holds: allowed === 1,
          found: own.length > 1 ? `none, because ${own.length} budgets select the same pods` : String(allowed),
        };
      },
    ),
  ];
}

function verifyMetrics(
  seen: ShownVerification,
  { replicas }: InstanceConfig,
  config: Config,
  now: Date,
): readonly Finding[] {
  const minutes = config.verify.metricsMaxAgeMinutes;
  return [
    checkOf(
      {
        id: "ac2.metrics.monitor",
        criterion,
        what: "PodMonitor",
        expected: "one and no second selects every pod, by its port admin",
      },
      [seen.podMonitors, seen.pods],
      (monitors, pods) => {
        const selected = ({ selector }: Monitor) =>
          selector === undefined ? [] : pods.filter(({ meta }) => selects(selector, meta.labels));
        const own = monitors.filter((one) => one.ports.includes("admin") && selected(one).length > 0);
        const [only] = own;
        return {
          // With a second one every sample is there twice, and a rule that counts pods counts twice.
          holds: own.length === 1 && only !== undefined && selected(only).length === pods.length,
          found: listed(
            own.map((one) => `${one.meta.name} selects ${selected(one).length} of ${pods.length}`),
            "none does",
          ),
        };
      },
    ),
    checkOf(
      {
        id: "ac2.metrics.arrive",
        criterion,
        what: "Metrics of the pods",
        expected: `a sample of each of ${replicas} pods in the metrics store, not older than ${minutes} min`,
      },
      [seen.samples, seen.pods],
      (samples, pods) => {
        const ages = pods.map(({ meta }) => {
          const of = samples.filter(({ labels }) => labels["pod"] === meta.name).map(({ value }) => value);
          return { pod: meta.name, age: of.length === 0 ? undefined : now.getTime() / 1_000 - Math.max(...of) };
        });
        const wrong = ages.filter(({ age }) => age === undefined || age > minutes * 60);
        const words = (list: typeof ages) =>
          list.map(({ pod, age }) => `${pod} ${age === undefined ? "no sample" : `${duration(Math.max(0, age))} old`}`);
        return {
          holds: pods.length >= replicas && wrong.length === 0,
          found: wrong.length > 0 ? words(wrong).join(", ") : `of ${pods.length} pods, ${listed(words(ages))}`,
        };
      },
    ),
  ];
}
