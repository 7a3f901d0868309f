import { describe, expect, it } from "vitest";
import { addedByStrangers, lastStranger, writerOf } from "../../../src/manifests/compare/managers.ts";
import type { FieldManager } from "../../../src/platform/live-object.ts";

const manager = (name: string, at: string, fields: FieldManager["fields"], subresource = ""): FieldManager => ({
  name,
  at,
  subresource,
  fields,
});
const port = { port: 6379, protocol: "TCP", targetPort: "redis", nodePort: 30000 };
const live = {
  metadata: { labels: { a: "b", c: "d" }, annotations: { "service.cilium.io/affinity": "none", "x.io/y": "z" } },
  spec: { ports: [port], type: "NodePort", selector: { app: "x" } },
};
const git = {
  metadata: { labels: { a: "b" } },
  spec: { ports: [{ port: 6379, targetPort: "redis" }], selector: { app: "x" } },
};
const item = 'k:{"port":6379,"protocol":"TCP"}';
const flux = manager("kustomize-controller", "2026-01-01T00:00:00Z", {
  "f:metadata": { "f:labels": { "f:a": {} } },
  "f:spec": { "f:ports": { [item]: { ".": {}, "f:port": {}, "f:targetPort": {} } }, "f:selector": {} },
});
const person = manager("kubectl-edit", "2026-01-02T00:00:00Z", {
  "f:metadata": { "f:labels": { "f:c": {} }, "f:annotations": { "f:service.cilium.io/affinity": {} } },
  "f:spec": { "f:type": {}, "f:ports": { [item]: { "f:nodePort": {} } }, "f:sessionAffinity": {} },
});
const controller = manager("cloud-controller", "2026-01-03T00:00:00Z", {
  "f:metadata": { "f:annotations": { "f:x.io/y": {} } },
});
const status = manager("cloud-controller", "2026-01-04T00:00:00Z", { "f:status": { "f:loadBalancer": {} } }, "status");
const all = [flux, person, controller, status];

describe("who wrote a field", () => {
  it.each([
    ["by its path", ["spec", "type"], "kubectl-edit"],
    [
      "in an item that is told by its keys",
      ["spec", "ports", { port: 6379, protocol: "TCP" }, "nodePort"],
      "kubectl-edit",
    ],
    ["in an item that is told by its place", ["spec", "ports", 0, "targetPort"], "kustomize-controller"],
    ["in a map that is owned as a whole", ["spec", "selector", "app"], "kustomize-controller"],
    ["that nobody owns", ["spec", "clusterIP"], undefined],
  ] as const)("is known %s", (_, steps, expected) => {
    expect(writerOf(all, live, steps)?.name).toBe(expected);
  });

  it("is the last one of several", () => {
    const later = manager("kubectl-patch", "2026-01-09T00:00:00Z", { "f:spec": { "f:type": {} } });
    expect(writerOf([later, ...all], live, ["spec", "type"])?.name).toBe("kubectl-patch");
  });

  it("is for what is gone whoever wrote the object last, but for Flux and its status", () => {
    expect(lastStranger(all)?.name).toBe("cloud-controller");
    expect(lastStranger([flux, status])).toBeUndefined();
  });
});

describe("what somebody else than Flux has added", () => {
  it("is found by its owner, and labels and annotations when that is a person", () => {
    expect(addedByStrangers(git, live, all).map(({ path }) => path)).toEqual([
      "spec.type",
      "spec.ports[6379/TCP].nodePort",
      "metadata.labels.c",
      'metadata.annotations["service.cilium.io/affinity"]',
    ]);
  });

  it("is nothing that Git has too, whoever wrote it", () => {
    const same = manager("kubectl-edit", "2026-01-02T00:00:00Z", {
      "f:spec": { "f:ports": { [item]: { "f:targetPort": {} } }, "f:selector": { "f:app": {} } },
    });
    expect(addedByStrangers(git, live, [flux, same])).toEqual([]);
  });

  it("is not the mark that kubectl leaves, nor that somebody had Flux reconcile", () => {
    const marks = {
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      "reconcile.fluxcd.io/requestedAt": "now",
    };
    const fields = Object.fromEntries(Object.keys(marks).map((key) => [`f:${key}`, {}]));
    const marked = manager("kubectl-annotate", "2026-01-02T00:00:00Z", { "f:metadata": { "f:annotations": fields } });
    expect(addedByStrangers({}, { metadata: { annotations: marks } }, [marked])).toEqual([]);
  });
});
