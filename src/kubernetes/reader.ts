import { z } from "zod";
import { BotError } from "../errors.ts";
import { parsePolicy } from "../network-policy/parse.ts";
import type { Monitor } from "../platform/kubernetes.ts";
import type { ObjectKind } from "../platform/live-object.ts";
import type { KubernetesReader } from "../platform/ports.ts";
import { badAnswer } from "./errors.ts";
import type { CallApi } from "./request.ts";
import * as happenings from "./schemas/happenings.ts";
import { liveObject } from "./schemas/live-object.ts";
import * as network from "./schemas/network.ts";
import * as workloads from "./schemas/workloads.ts";

const pageSize = "250";
/** Of a container that ended: enough for its last words. */
const logLines = 20;
const logBytes = 16_384;
const list = z.object({
  metadata: z.object({ continue: z.string().optional() }).prefault({}),
  items: z.array(z.unknown()),
});

const monitorPlurals: Readonly<Record<Monitor["kind"], string>> = {
  PodMonitor: "podmonitors",
  ServiceMonitor: "servicemonitors",
  PrometheusRule: "prometheusrules",
};

/** The port's reads as paths of the API server. Every answer is parsed; lists are followed to their end. */
export function createKubernetesReader(cluster: string, context: string, call: CallApi): KubernetesReader {
  const getJson = (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) =>
    call({ method: "GET", path, query }, signal);
  const parse = <T>(schema: z.ZodType<T>, path: string, body: unknown): T => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw badAnswer(cluster, path, `${issue?.path.join(".")}: ${issue?.message}`, parsed.error);
  };
  const getOne = async <T>(schema: z.ZodType<T>, path: string, signal: AbortSignal): Promise<T> =>
    parse(schema, path, await getJson(path, {}, signal));
  const getAll = async <T>(
    schema: z.ZodType<T>,
    path: string,
    signal: AbortSignal,
    labelSelector = "",
  ): Promise<readonly T[]> => {
    const items: T[] = [];
    let next = "";
    do {
      const query = {
        limit: pageSize,
        ...(labelSelector === "" ? {} : { labelSelector }),
        ...(next === "" ? {} : { continue: next }),
      };
      const page = parse(list, path, await getJson(path, query, signal));
      items.push(...page.items.map((item) => parse(schema, path, item)));
      next = page.metadata.continue ?? "";
    } while (next !== "");
    return items;
  };
  const core = (namespace: string, plural: string) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  const named = (group: string, namespace: string | undefined, plural: string) =>
    `/apis/${group}${namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;

  const ofKind = ({ apiVersion, plural }: ObjectKind, namespace: string | undefined) => {
    if (apiVersion.includes("/")) return named(apiVersion, namespace, plural);
    return namespace === undefined ? `/api/${apiVersion}/${plural}` : core(namespace, plural);
  };

  return {
    cluster,
    context,
    deployment: (namespace, name, signal) =>
      getOne(workloads.deployment, `${named("apps/v1", namespace, "deployments")}/${encodeURIComponent(name)}`, signal),
    serverVersion: async (signal) => (await getOne(workloads.serverVersion, "/version", signal)).gitVersion,
    customResourceDefinition: (name, signal) =>
      getOne(
        workloads.customResourceDefinition,
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${encodeURIComponent(name)}`,
        signal,
      ),
    customResourceSchema: async (name, version, signal) => {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${encodeURIComponent(name)}`;
      const { spec } = await getOne(happenings.definedVersions, path, signal);
      const schema = spec.versions.find((one) => one.name === version)?.schema?.openAPIV3Schema;
      if (schema === undefined) throw badAnswer(cluster, path, `no schema of version ${version}`);
      return schema;
    },
    wouldAccept: async (namespace, manifest, signal) => {
      const path = named("dragonflydb.io/v1alpha1", namespace, "dragonflies");
      const query = { dryRun: "All", fieldValidation: "Strict" };
      await call({ method: "POST", path, query, body: manifest }, signal);
    },
    externalSecrets: (namespace, signal) =>
      getAll(happenings.externalSecret, named("external-secrets.io/v1", namespace, "externalsecrets"), signal),
    dragonfly: (namespace, name, signal) =>
      getOne(
        workloads.dragonfly,
        `${named("dragonflydb.io/v1alpha1", namespace, "dragonflies")}/${encodeURIComponent(name)}`,
        signal,
      ),
    dragonflies: (namespace, signal) =>
      getAll(workloads.dragonfly, named("dragonflydb.io/v1alpha1", namespace, "dragonflies"), signal),
    statefulSet: (namespace, name, signal) =>
      getOne(
        workloads.statefulSet,
        `${named("apps/v1", namespace, "statefulsets")}/${encodeURIComponent(name)}`,
        signal,
      ),
    pods: (namespace, selector, signal) => getAll(workloads.pod, core(namespace, "pods"), signal, selector),
    pod: (namespace, name, signal) =>
      getOne(workloads.pod, `${core(namespace, "pods")}/${encodeURIComponent(name)}`, signal),
    nodes: (signal) => getAll(workloads.node, "/api/v1/nodes", signal),
    persistentVolumeClaims: (namespace, signal) =>
      getAll(workloads.persistentVolumeClaim, core(namespace, "persistentvolumeclaims"), signal),
    services: (namespace, signal) => getAll(network.service, core(namespace, "services"), signal),
    endpoints: async (namespace, signal) =>
      (await getAll(network.endpointSlice, named("discovery.k8s.io/v1", namespace, "endpointslices"), signal)).flat(),
    podDisruptionBudgets: (namespace, signal) =>
      getAll(network.podDisruptionBudget, named("policy/v1", namespace, "poddisruptionbudgets"), signal),
    networkPolicies: async (namespace, signal) =>
      (await getAll(z.unknown(), named("networking.k8s.io/v1", namespace, "networkpolicies"), signal)).flatMap(
        (object) => parsePolicy(cluster, "NetworkPolicy", object),
      ),
    ciliumNetworkPolicies: async (namespace, signal) => {
      const path = named("cilium.io/v2", namespace, "ciliumnetworkpolicies");
      const objects = await getAll(z.unknown(), path, signal).catch(noneWhereUndefined);
      return objects.flatMap((object) => parsePolicy(cluster, "CiliumNetworkPolicy", object));
    },
    ciliumClusterwidePolicies: async (signal) => {
      const path = named("cilium.io/v2", undefined, "ciliumclusterwidenetworkpolicies");
      const objects = await getAll(z.unknown(), path, signal).catch(noneWhereUndefined);
      return objects.flatMap((object) => parsePolicy(cluster, "CiliumClusterwideNetworkPolicy", object));
    },
    monitors: (namespace, kind, signal) =>
      getAll(network.monitor(kind), named("monitoring.coreos.com/v1", namespace, monitorPlurals[kind]), signal),
    namespace: async (name, signal) =>
      (await getOne(happenings.namespace, `/api/v1/namespaces/${encodeURIComponent(name)}`, signal)).metadata,
    namespaces: async (signal) =>
      (await getAll(happenings.namespace, "/api/v1/namespaces", signal)).map(({ metadata }) => metadata),
    events: async (namespace, signal) =>
      (await getAll(happenings.event, core(namespace, "events"), signal)).toSorted((a, b) => a.at.localeCompare(b.at)),
    previousLog: (namespace, pod, container, signal) =>
      call(
        {
          method: "GET",
          path: `${core(namespace, "pods")}/${encodeURIComponent(pod)}/log`,
          query: { container, previous: "true", tailLines: String(logLines), limitBytes: String(logBytes) },
          plain: true,
        },
        signal,
      ).then(String, (error: unknown) => {
        // The API server's 400 for a container that has not been there before; 404: nor has the pod.
        const none =
          error instanceof BotError && ["kubernetes.bad-request", "kubernetes.not-found"].includes(error.code);
        if (none) return undefined;
        throw error;
      }),
    kustomizations: (namespace, signal) =>
      getAll(
        happenings.kustomization,
        named("kustomize.toolkit.fluxcd.io/v1", namespace, "kustomizations"),
        signal,
      ).catch(noneWhereUndefined),
    helmRelease: (namespace, name, signal) =>
      getOne(
        happenings.helmRelease,
        `${named("helm.toolkit.fluxcd.io/v2", namespace, "helmreleases")}/${encodeURIComponent(name)}`,
        signal,
      ),
    ociRepository: (namespace, name, signal) =>
      getOne(
        happenings.ociRepository,
        `${named("source.toolkit.fluxcd.io/v1", namespace, "ocirepositories")}/${encodeURIComponent(name)}`,
        signal,
      ),
    objects: (kind, namespace, signal) => getAll(liveObject, ofKind(kind, namespace), signal),
    object: (kind, namespace, name, signal) =>
      getOne(liveObject, `${ofKind(kind, namespace)}/${encodeURIComponent(name)}`, signal).catch((error: unknown) => {
        if (error instanceof BotError && error.code === "kubernetes.not-found") return undefined;
        throw error;
      }),
  };
}

/** A list is 404 only where nobody has defined the kind. */
function noneWhereUndefined(error: unknown): readonly never[] {
  if (error instanceof BotError && error.code === "kubernetes.not-found") return [];
  throw error;
}
