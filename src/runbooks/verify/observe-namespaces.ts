import type { Config } from "../../config/file.ts";
import type { ObjectMeta } from "../../platform/kubernetes.ts";
import type { LiveObject } from "../../platform/live-object.ts";
import { type Reading, read } from "../../platform/reading.ts";
import { contextOf, type ObserveContext } from "../instance/observe.ts";

/** A namespace that carries a label by which the policies let it in. */
export interface LabelledNamespace {
  readonly name: string;
  readonly label: string;
  /** With who wrote the label. */
  readonly object: Reading<LiveObject | undefined>;
}

/** The namespaces of a cluster. */
export interface NamespacesObservation {
  readonly cluster: string;
  readonly found: Reading<readonly ObjectMeta[]>;
  readonly labelled: readonly LabelledNamespace[];
}

const kind = { apiVersion: "v1", kind: "Namespace", plural: "namespaces" } as const;

/** All namespaces of every cluster, and of those with the label that lets them in who gave it to them. */
export function observeNamespaces({
  config,
  platform,
  signal,
}: ObserveContext): Promise<readonly NamespacesObservation[]> {
  return Promise.all(
    config.clusters.map(async ({ name: cluster }) => {
      const ask = <T>(what: string, fn: (inner: AbortSignal) => Promise<T>) =>
        read(
          {
            command: `kubectl --context=${contextOf(config, cluster)} ${what}`,
            timeoutMs: config.readTimeoutMs,
            signal,
          },
          fn,
        );
      const found = await ask("get namespaces --show-labels", (inner) => platform.cluster(cluster).namespaces(inner));
      const labelled = (found.ok ? found.value : []).flatMap((one) => {
        const label = admittingLabel(one, config);
        return label === undefined ? [] : [{ name: one.name, label }];
      });
      return {
        cluster,
        found,
        labelled: await Promise.all(
          labelled.map(async (one) => ({
            ...one,
            object: await ask(`get namespace ${one.name} -o yaml --show-managed-fields`, (inner) =>
              platform.cluster(cluster).object(kind, undefined, one.name, inner),
            ),
          })),
        ),
      };
    }),
  );
}

/** The label by which the policies let this namespace in; undefined: none, or it is on the list as well. */
export function admittingLabel({ name, labels }: ObjectMeta, { namespaces }: Config): string | undefined {
  if (namespaces.allowed.includes(name)) return undefined;
  return Object.entries(namespaces.allowedLabels).find(([key, value]) => labels[key] === value)?.[0];
}
