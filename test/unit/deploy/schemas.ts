import * as cilium from "@kubernetes-models/cilium/cilium.io/v2";
import * as externalSecrets from "@kubernetes-models/external-secrets/external-secrets.io/v1";
import * as fluxHelm from "@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2";
import * as fluxKustomize from "@kubernetes-models/flux-cd/kustomize.toolkit.fluxcd.io/v1";
import * as fluxSource from "@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1";
import * as monitoring from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import * as admission from "kubernetes-models/admissionregistration.k8s.io/v1";
import * as apps from "kubernetes-models/apps/v1";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as policy from "kubernetes-models/policy/v1";
import * as rbac from "kubernetes-models/rbac.authorization.k8s.io/v1";
import * as scheduling from "kubernetes-models/scheduling.k8s.io/v1";
import * as core from "kubernetes-models/v1";
import { z } from "zod";
import { identityOf } from "../../../sandbox/gitops/objects.ts";
import type { KubeObject } from "../../../sandbox/kubernetes/object-store.ts";
import { dragonflySchema } from "../../../src/manifests/dragonfly.ts";
import { watchReads } from "./field-reads.ts";

const schemas: Readonly<Record<string, object>> = {
  v1: core,
  "admissionregistration.k8s.io/v1": admission,
  "apps/v1": apps,
  "cilium.io/v2": cilium,
  "external-secrets.io/v1": externalSecrets,
  "helm.toolkit.fluxcd.io/v2": fluxHelm,
  "kustomize.toolkit.fluxcd.io/v1": fluxKustomize,
  "monitoring.coreos.com/v1": monitoring,
  "networking.k8s.io/v1": networking,
  "policy/v1": policy,
  "rbac.authorization.k8s.io/v1": rbac,
  "scheduling.k8s.io/v1": scheduling,
  "source.toolkit.fluxcd.io/v1": fluxSource,
};

/**
 * Fields that the types of the packages have and their compiled validators lost: the generator takes a field of this
 * name for a comment on the schema. Held to their type here.
 */
const lost: Readonly<Record<string, z.ZodType>> = {
  "PriorityClass description": z.string(),
};

const model = z.custom<{ prototype: { validate: (this: object) => void } }>(
  (value) => typeof value === "function" && "validate" in value.prototype,
);
const validationFailure = z.object({
  errors: z.array(z.object({ instancePath: z.string(), message: z.string(), params: z.unknown().optional() })).min(1),
});

/** What is wrong with an object by the schema of its kind, a line each with kind, name and field. Empty: valid. */
export function problemsOf(object: KubeObject): readonly string[] {
  return check(object).problems.map((problem) => `${identityOf(object)}: ${problem}`);
}

/** Paths of the parts of a valid object in which its schema takes any field. */
export function freePartsOf(object: KubeObject): readonly string[] {
  return check(object).free;
}

function check(object: KubeObject): { readonly problems: readonly string[]; readonly free: readonly string[] } {
  if (object.apiVersion === "dragonflydb.io/v1alpha1" && object.kind === "Dragonfly") {
    const { error } = dragonflySchema.safeParse(object);
    const problems = error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
    return { problems, free: [] };
  }
  const kinds = schemas[object.apiVersion];
  const found = model.safeParse(kinds === undefined ? undefined : Reflect.get(kinds, object.kind));
  if (!found.success) return { problems: [`no schema for ${object.kind} of ${object.apiVersion}`], free: [] };
  const reads = watchReads(object);
  try {
    found.data.prototype.validate.call(reads.watched);
  } catch (error) {
    const failure = validationFailure.safeParse(error);
    if (!failure.success) throw error;
    const problems = failure.data.errors.map(
      ({ instancePath, message, params }) => `${instancePath.slice(1)}: ${message} ${JSON.stringify(params)}`,
    );
    return { problems, free: [] };
  }
  const problems = reads.unread().flatMap((path) => {
    const schema = lost[`${object.kind} ${path}`];
    if (schema === undefined) return [`${path}: unknown field`];
    return schema.safeParse(object[path]).success ? [] : [`${path}: wrong type`];
  });
  return { problems, free: reads.free() };
}
