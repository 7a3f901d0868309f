import { Environment } from "@marcbachmann/cel-js";
import { z } from "zod";
import type { HealthCheck } from "../../gitops/flux.ts";
import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { record } from "../views.ts";
import { pathOf, servedType } from "./server-side-apply.ts";

const conditioned = z.looseObject({
  conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
});
const environment = new Environment({ unlistedVariablesAreDyn: true });

/**
 * Which of the objects have not become healthy yet, in Flux's words; empty when all have. Health is what the
 * Kustomization's own expressions say, else the condition Ready, else that the object is there.
 * Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#health-checks
 */
export function unhealthy(
  store: ObjectStore,
  objects: readonly KubeObject[],
  checks: readonly HealthCheck[],
): readonly string[] {
  return objects.flatMap((object) => {
    const type = servedType(store, object);
    const { namespace, name } = object.metadata;
    const live = type === undefined ? undefined : store.get(type, namespace, name);
    if (live === undefined) return [`${pathOf(object)} status: 'NotFound'`];
    const check = checks.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
    return isHealthy(live, check) ? [] : [`${pathOf(object)} status: 'InProgress'`];
  });
}

function isHealthy(live: KubeObject, check: HealthCheck | undefined): boolean {
  const status = record(live["status"]);
  if (check !== undefined) return environment.evaluate(check.current, { ...live, status }) === true;
  const parsed = conditioned.safeParse(status);
  const ready = parsed.data?.conditions.find(({ type }) => type === "Ready");
  return ready === undefined ? !isReported(live) : ready.status === "True";
}

/** Kinds whose controllers always say how it went: silence means not yet. */
function isReported({ kind }: KubeObject): boolean {
  return ["ExternalSecret", "HelmRelease"].includes(kind);
}
