import { createHash, randomBytes } from "node:crypto";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { deploymentView, isReady, listViews, ownedBy, podView } from "../views.ts";
import { isAdmitted } from "./admission.ts";

/** The Deployment controller without ReplicaSets between it and its pods: nobody here looks at those. */
export function reconcileDeployments(store: ObjectStore): void {
  for (const deployment of listViews(store, places.deployments, deploymentView)) {
    const { namespace, name, uid, generation } = deployment.metadata;
    const { replicas, template } = deployment.spec;
    const hash = createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 10);
    const owned = () =>
      listViews(store, places.pods, podView, namespace).filter((pod) =>
        pod.metadata.ownerReferences.some((owner) => owner.uid === uid),
      );
    const current = owned().filter((pod) => pod.metadata.labels["pod-template-hash"] === hash);
    const surplus = [
      ...owned().filter((pod) => pod.metadata.labels["pod-template-hash"] !== hash),
      ...current.slice(replicas),
    ];
    for (const pod of surplus) store.remove(places.pods, namespace, pod.metadata.name);
    const admitted = current.length >= replicas || isAdmitted(store, deployment, template);
    for (let i = current.length; admitted && i < replicas; i++) {
      store.create(places.pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name: `${name}-${hash}-${randomBytes(3).toString("hex").slice(0, 5)}`,
          namespace,
          labels: { ...template.metadata.labels, "pod-template-hash": hash },
          ownerReferences: ownedBy({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, uid } }),
        },
        spec: template.spec,
        status: { phase: "Pending" },
      });
    }
    const ready = owned().filter(isReady).length;
    store.patch(places.deployments, namespace, name, (object) => {
      object["status"] = {
        observedGeneration: generation,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: ready,
        availableReplicas: ready,
        unavailableReplicas: replicas - ready,
        conditions: [
          {
            type: "Available",
            status: ready > 0 ? "True" : "False",
            reason: ready > 0 ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
          },
        ],
      };
    });
  }
}
