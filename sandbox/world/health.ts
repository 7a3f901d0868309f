import type { ObjectStore } from "../kubernetes/object-store.ts";
import { follows, replicationOf } from "./operator/admin.ts";
import { places } from "./places.ts";
import { dragonflyView, getView, isReady, listViews, podView, sliceView } from "./views.ts";

interface HealthOptions {
  readonly objects: ObjectStore;
  readonly instance: { readonly namespace: string; readonly name: string };
}

/** The first thing that is wrong with the instance, asking the servers themselves; undefined when nothing is. */
export async function whyUnhealthy({ objects, instance }: HealthOptions): Promise<string | undefined> {
  const { namespace, name } = instance;
  const resource = getView(objects, places.dragonflies, dragonflyView, namespace, name);
  if (resource === undefined) return `Dragonfly ${name} does not exist`;
  if (resource.status.phase !== "Ready") return `phase is ${resource.status.phase}`;
  const pods = listViews(objects, places.pods, podView, namespace).filter((pod) => pod.metadata.labels["app"] === name);
  const ready = pods.filter(isReady);
  if (ready.length !== resource.spec.replicas || pods.length !== ready.length) {
    return `${ready.length} of ${resource.spec.replicas} pods are ready`;
  }
  const primaries = pods.filter((pod) => pod.metadata.labels["role"] === "master");
  const [primary] = primaries;
  if (primary === undefined || primaries.length !== 1) return `${primaries.length} pods are labelled as primary`;
  const primaryIp = primary.status.podIP ?? "";
  const said = await replicationOf(primaryIp).catch(() => undefined);
  if (said?.get("role") !== "master") return `${primary.metadata.name} does not say it is primary`;
  if (said.get("connected_slaves") !== String(pods.length - 1)) {
    return `the primary has ${said.get("connected_slaves")} replicas`;
  }
  for (const pod of pods) {
    if (pod === primary) continue;
    if (pod.metadata.labels["role"] !== "replica") return `${pod.metadata.name} is not labelled as replica`;
    if (!(await follows(pod.status.podIP ?? "", primaryIp))) return `${pod.metadata.name} is not in sync`;
  }
  const slices = listViews(objects, places.slices, sliceView, namespace);
  const astray = slices.find((slice) => {
    const addresses = slice.endpoints.filter(({ conditions }) => conditions.ready).flatMap((one) => one.addresses);
    return addresses.length !== 1 || addresses[0] !== primaryIp;
  });
  return astray === undefined ? undefined : `${astray.metadata.name} does not lead to the primary`;
}
