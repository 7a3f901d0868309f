import type { Sandbox } from "../../../sandbox/sandbox.ts";
import { places } from "../../../sandbox/world/places.ts";
import { getView, listViews, podView, statefulSetView } from "../../../sandbox/world/views.ts";
import type { Tenant } from "../../../src/tenants/change.ts";
import { instanceNameOf } from "../../../src/tenants/places.ts";

/** What is not as it must be in the cluster with a tenant's own instance after it was changed. */
export type Look = (sandbox: Sandbox) => readonly string[];

export function instanceOf(tenant: Tenant): { readonly namespace: string; readonly name: string } {
  return { namespace: instanceNameOf(tenant), name: instanceNameOf(tenant) };
}

/** It went, and its data stayed. */
export function gone(tenant: Tenant): Look {
  const { namespace, name } = instanceOf(tenant);
  return ({ world: { infra } }) => {
    const claims = infra.objects.list(places.claims, namespace).length;
    return [
      ...(infra.objects.get(places.dragonflies, namespace, name) === undefined ? [] : [`${name} is still there`]),
      ...(claims === tenant.replicas ? [] : [`${claims} claims of ${name} are left`]),
    ];
  };
}

/** Every pod has this in its container, and is of the newest revision: none was left behind. */
export function rolled(tenant: Tenant, wanted: string): Look {
  const { namespace, name } = instanceOf(tenant);
  return ({ world: { infra } }) => {
    const pods = listViews(infra.objects, places.pods, podView, namespace);
    const set = getView(infra.objects, places.statefulSets, statefulSetView, namespace, name);
    const without = pods.filter(({ spec }) => !JSON.stringify(spec.containers).includes(wanted));
    return [
      ...(pods.length === tenant.replicas ? [] : [`${pods.length} pods of ${name}`]),
      ...without.map(({ metadata }) => `${metadata.name} has no ${wanted}`),
      ...(set?.status.currentRevision === set?.status.updateRevision ? [] : [`the rollout of ${name} is not over`]),
    ];
  };
}
