import { z } from "zod";
import { until } from "../../../sandbox/faults/wait.ts";
import type { KubeObject, Place } from "../../../sandbox/kubernetes/object-store.ts";
import { places } from "../../../sandbox/world/places.ts";
import type { World } from "../../../sandbox/world/world.ts";

/** What teams have in their namespaces: policies, Secrets, pods. `undo` gets what takes each away again. */
export function createTeams(world: () => World, undo: (() => unknown)[]) {
  /** Adds an object to a cluster for the rest of the test. */
  function add(place: Place, object: KubeObject, cluster: "infra" | "apps" = "infra"): void {
    const { objects } = world()[cluster];
    objects.create(place, object);
    const { namespace, name } = object.metadata;
    undo.push(() => objects.get(place, namespace, name) && objects.remove(place, namespace, name));
  }
  const networkPolicy = (namespace: string, name: string, spec: object, cluster: "infra" | "apps" = "infra") =>
    add(
      places.policies,
      { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { namespace, name }, spec },
      cluster,
    );
  /** A Secret as a team makes it of its password. */
  const secret = (name: string, values: Readonly<Record<string, string>>) =>
    add(places.secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "harbor", name },
      type: "kubernetes.io/basic-auth",
      data: Object.fromEntries(
        Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
      ),
    });

  /** Somebody's pod that runs, with an image that the sandbox has. */
  async function runningPod(
    at: {
      readonly namespace: string;
      readonly name: string;
      readonly cluster?: "infra" | "apps";
      readonly node?: string;
    },
    labels: Record<string, string>,
    image = "ghcr.io/dragonflydb/operator:v1.6.1",
  ): Promise<void> {
    const { namespace, name, cluster = "infra", node } = at;
    add(
      places.pods,
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { namespace, name, labels },
        spec: { containers: [{ name: "main", image }], ...(node === undefined ? {} : { nodeName: node }) },
      },
      cluster,
    );
    const { objects } = world()[cluster];
    await until(`${name} runs`, () => {
      const status = objects.get(places.pods, namespace, name)?.["status"];
      return z.looseObject({ phase: z.string() }).safeParse(status).data?.phase === "Running";
    });
  }
  const addedTo = (namespace: string, name: string, cluster: "infra" | "apps" = "infra") =>
    z
      .looseObject({ ephemeralContainers: z.array(z.looseObject({ name: z.string() })).default([]) })
      .parse(world()[cluster].objects.get(places.pods, namespace, name)?.["spec"]).ephemeralContainers;
  return { add, networkPolicy, secret, runningPod, addedTo };
}
