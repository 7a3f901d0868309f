import { places } from "../../../../../sandbox/world/places.ts";
import { instance, type World } from "../../../../../sandbox/world/world.ts";
import { changed, gone, type Mutation, of, podsOf, put, tried } from "../mutation.ts";
import { appsCutOff, inApps } from "./where.ts";

const service = of(places.services, "dragonfly");
const globalService = of(places.services, "dragonfly-global");
const stub = of(places.services, "dragonfly", inApps);
const slices = (world: World, name: string) =>
  world.infra.objects
    .list(places.slices, instance.namespace)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);

function sliceChanged(
  name: string,
  edit: (slice: Record<string, unknown>, world: World) => void,
  of = "dragonfly-global",
): Mutation {
  return {
    name,
    red: ["ac3.endpoints.primary"],
    make: (world) => {
      for (const { metadata } of slices(world, of))
        world.infra.objects.patch(places.slices, instance.namespace, metadata.name, (slice) => edit(slice, world));
    },
  };
}

export const mesh: readonly Mutation[] = [
  changed(
    "a Service selects replicas too",
    service,
    ["spec", "selector", "role"],
    undefined,
    "ac3.services.primary-only",
  ),
  changed(
    "the global Service selects another instance",
    globalService,
    ["spec", "selector", "app"],
    "other",
    "ac3.services.primary-only",
  ),
  gone(
    "the global Service is gone",
    globalService,
    "ac3.services.primary-only",
    "ac3.endpoints.primary",
    "ac3.global.annotations",
  ),
  tried(
    changed(
      "a Service is not global",
      service,
      ["metadata", "annotations", "service.cilium.io/global"],
      undefined,
      "ac3.global.annotations",
    ),
    ...appsCutOff,
  ),
  changed(
    "the global Service is not shared",
    globalService,
    ["metadata", "annotations", "service.cilium.io/shared"],
    "false",
    "ac3.global.annotations",
  ),
  changed("a Service has another port", service, ["spec", "ports", 0, "port"], 6380, "ac3.global.dns"),
  sliceChanged("a Service leads to a replica", (slice, world) =>
    put(slice, ["endpoints", 0, "addresses"], [podsOf(world, "replica")[0]?.status.podIP]),
  ),
  sliceChanged("a Service leads to a replica as well", (slice, world) =>
    put(slice, ["endpoints", 1], {
      addresses: [podsOf(world, "replica")[0]?.status.podIP],
      conditions: { ready: true },
    }),
  ),
  tried(
    sliceChanged("the clients' Service leads nowhere", (slice) => put(slice, ["endpoints"], []), "dragonfly"),
    ...appsCutOff,
  ),
  sliceChanged("a Service leads nowhere", (slice) => put(slice, ["endpoints"], [])),
  tried(gone("the name is not in apps", stub, "ac3.apps.annotations", "ac3.global.dns"), ...appsCutOff),
  changed(
    "the name in apps is not global",
    stub,
    ["metadata", "annotations", "service.cilium.io/global"],
    "false",
    "ac3.apps.annotations",
  ),
  changed(
    "the name in apps is shared",
    stub,
    ["metadata", "annotations", "service.cilium.io/shared"],
    "true",
    "ac3.apps.annotations",
  ),
  changed("the name in apps has another port", stub, ["spec", "ports", 0, "port"], 6380, "ac3.global.dns"),
  changed("the stub in apps selects pods", stub, ["spec", "selector"], { app: "dragonfly" }, "ac3.apps.no-backends"),
  {
    name: "the stub in apps has a backend",
    red: ["ac3.apps.no-backends"],
    make: (world) => {
      world.apps.objects.create(places.slices, {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: {
          name: "dragonfly-stray",
          namespace: instance.namespace,
          labels: { "kubernetes.io/service-name": "dragonfly" },
        },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.9.9.9"], conditions: { ready: true } }],
        ports: [{ name: "redis", port: 6379, protocol: "TCP" }],
      });
    },
  },
];
