import type { ObjectStore } from "../kubernetes/object-store.ts";
import { reconcileBudgets } from "./controllers/budgets.ts";
import { bindClaims } from "./controllers/claims.ts";
import { reconcileDeployments } from "./controllers/deployment.ts";
import { reconcileEndpointSlices } from "./controllers/endpoint-slices.ts";
import { reconcileQuotas } from "./controllers/quota.ts";
import { publishRootCa } from "./controllers/root-ca.ts";
import { schedulePods } from "./controllers/scheduler.ts";
import { assignServiceAddresses } from "./controllers/service-addresses.ts";
import { reconcileStatefulSets } from "./controllers/statefulset.ts";
import type { Kubelet } from "./kubelet/kubelet.ts";
import { createLoop } from "./loop.ts";
import type { Operator } from "./operator/operator.ts";
import { reconcileExternalSecrets, type Vault } from "./platform/external-secrets.ts";
import { reconcileHelmReleases } from "./platform/operator-chart.ts";
import { provideSecrets } from "./platform/secret-keeper.ts";
import type { createSecretStore } from "./platform/vault.ts";
import type { createServiceProxies } from "./service-proxies.ts";

const everyMs = 250;

interface ControlPlaneOptions {
  readonly stores: { readonly infra: ObjectStore; readonly apps: ObjectStore };
  readonly kubelets: readonly Kubelet[];
  readonly operator: Operator;
  readonly proxies: ReturnType<typeof createServiceProxies>;
  readonly vault: Vault;
  readonly secrets: ReturnType<typeof createSecretStore>;
  readonly secretsOnDemand: boolean;
  /** The next address for a Service. */
  readonly serviceAddress: () => string;
  /** Lets a snapshot be saved that is due now. */
  readonly saveOnSchedule: (now: Date) => void;
  readonly onError: (error: unknown) => void;
}

export interface ControlPlane {
  /** Something has changed: everybody looks soon. */
  poke(): void;
  /** See `World.freeze`. */
  freeze(but?: "pods"): () => void;
  stop(): void;
}

/** By what name each writes, as in `metadata.managedFields`. What the API server does by itself has none. */
const names = { controllers: "kube-controller-manager", helm: "helm-controller", secrets: "external-secrets" };

/** All that makes the objects of both clusters true, one after the other, whenever one of them has changed. */
export function startControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { stores, kubelets, operator, proxies, vault, secrets } = options;
  const { infra } = stores;
  let frozen: "all" | "all but pods" | undefined;
  const runPods = () => {
    for (const objects of Object.values(stores)) schedulePods(objects);
    for (const kubelet of kubelets) kubelet.sync();
  };
  const reconcile = () => {
    if (frozen === "all") return;
    if (frozen === "all but pods") {
      runPods();
      proxies.sync();
      return;
    }
    reconcileHelmReleases(infra.as(names.helm));
    if (options.secretsOnDemand) provideSecrets(infra, vault);
    reconcileExternalSecrets(infra.as(names.secrets), secrets.readable());
    const controllers = infra.as(names.controllers);
    reconcileStatefulSets(controllers);
    reconcileDeployments(controllers);
    bindClaims(controllers);
    runPods();
    for (const objects of Object.values(stores)) {
      assignServiceAddresses(objects, options.serviceAddress);
      const ofCluster = objects.as(names.controllers);
      publishRootCa(ofCluster);
      reconcileEndpointSlices(ofCluster);
      reconcileBudgets(ofCluster);
      reconcileQuotas(ofCluster);
    }
    proxies.sync();
    void operator.reconcile();
    options.saveOnSchedule(new Date());
  };
  const loop = createLoop(reconcile, everyMs, options.onError);
  for (const objects of Object.values(stores)) objects.onChange(loop.poke);
  loop.poke();
  return {
    poke: loop.poke,
    freeze: (but) => {
      frozen = but === undefined ? "all" : "all but pods";
      return () => {
        frozen = undefined;
        loop.poke();
      };
    },
    stop: loop.stop,
  };
}
