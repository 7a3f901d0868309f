import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";

const name = "kube-root-ca.crt";

/**
 * Puts the certificate by which pods know the API server into every namespace. It has no owner.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
export function publishRootCa(store: ObjectStore): void {
  for (const { metadata } of store.list(places.namespaces)) {
    if (metadata.deletionTimestamp !== undefined || store.get(places.configMaps, metadata.name, name) !== undefined)
      continue;
    store.create(places.configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: metadata.name,
        annotations: {
          "kubernetes.io/description":
            "The certificate by which pods know the API server; nobody in the sandbox asks for it.",
        },
      },
      data: { "ca.crt": "" },
    });
  }
}
