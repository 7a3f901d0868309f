import { describe, expect, it } from "vitest";
import { type DragonflyManifest, dragonflySchema } from "../../../src/manifests/dragonfly.ts";

const least: DragonflyManifest = {
  apiVersion: "dragonflydb.io/v1alpha1",
  kind: "Dragonfly",
  metadata: { name: "cache", namespace: "one" },
  spec: { replicas: 3, image: "docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1" },
};
const problems = (spec: object, metadata: object = {}) =>
  dragonflySchema
    .safeParse({ ...least, metadata: { ...least.metadata, ...metadata }, spec: { ...least.spec, ...spec } })
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("what the operator or the server would stumble over is refused:", () => {
  it.each<[string, object, string]>([
    [
      "a label that the operator keeps for itself",
      { podMetadata: { labels: { app: "x" } } },
      "spec.podMetadata.labels: the operator refuses",
    ],
    [
      "the same on other objects",
      { ownedObjectsMetadata: { labels: { "app.kubernetes.io/part-of": "x" } } },
      "the operator refuses",
    ],
    ["the same on the Service", { serviceSpec: { labels: { "app.kubernetes.io/name": "x" } } }, "the operator refuses"],
    [
      "a Service whose variables the server takes as flags",
      { serviceSpec: { name: "dfly-main" } },
      "spec.serviceSpec.name: Services named dfly*",
    ],
    ["such a variable itself", { env: [{ name: "DFLY_foo", value: "1" }] }, "the server takes DFLY_* as flags"],
    ["a flag that the operator sets", { args: ["--admin_port=1"] }, "spec.args.0: the operator sets this flag"],
    ["an image that moves", { image: "dragonfly:latest" }, "spec.image: pinned"],
    ["an image without a tag", { image: "registry:5000/dragonfly" }, "spec.image: pinned"],
    ["both halves of a budget", { pdb: { minAvailable: 1, maxUnavailable: 1 } }, "spec.pdb"],
    ["a budget that lets no pod go", { pdb: { minAvailable: 3 } }, "spec.pdb.minAvailable: must be below replicas"],
    ["a field that the CRD does not have", { terminationGracePeriodSeconds: 5 }, "Unrecognized key"],
    ["a quantity with a wrong unit", { resources: { limits: { memory: "4GB" } } }, "spec.resources.limits.memory"],
    [
      "two places for one snapshot",
      {
        snapshot: {
          existingPersistentVolumeClaimName: "x",
          persistentVolumeClaimSpec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: "s",
            resources: { requests: { storage: "1Gi" } },
          },
        },
      },
      "not both",
    ],
  ])("%s", (_, spec, message) => {
    expect(problems(spec).join("\n")).toContain(message);
  });

  it("a name whose Service would do the same", () => {
    expect(problems({}, { name: "dfly" }).join()).toContain("metadata.name: Services named dfly*");
  });
});

it.each<[string, object]>([
  ["labels of one's own", { podMetadata: { labels: { team: "x" } } }],
  ["a digest", { image: `dragonfly@sha256:${"a".repeat(64)}` }],
  ["the other half of a budget", { pdb: { maxUnavailable: 1 } }],
  ["nothing more than it needs", {}],
])("takes %s", (_, spec) => {
  expect(problems(spec)).toEqual([]);
});
