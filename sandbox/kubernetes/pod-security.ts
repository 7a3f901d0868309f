import { z } from "zod";
import type { ObjectStore } from "./object-store.ts";

/**
 * Pod Security Admission, for what this project's pods could break: why a namespace's level does not take a pod of this spec, in
 * the API server's words; undefined when it does.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function violatesPodSecurity(store: ObjectStore, namespace: string, spec: unknown): string | undefined {
  const found = store.get({ group: "", plural: "namespaces" }, undefined, namespace);
  const level = found?.metadata.labels?.["pod-security.kubernetes.io/enforce"] ?? "privileged";
  if (level === "privileged") return undefined;
  const pod = podSpec.parse(spec);
  const wrong = [...baseline(pod), ...(level === "restricted" ? restricted(pod) : [])];
  return wrong.length === 0 ? undefined : `violates PodSecurity "${level}:latest": ${wrong.join(", ")}`;
}

const seccompProfile = z.looseObject({ type: z.string() }).optional();
const names = z.array(z.string()).default([]);
const container = z.looseObject({
  name: z.string(),
  ports: z.array(z.looseObject({ hostPort: z.number().default(0) })).default([]),
  securityContext: z
    .looseObject({
      privileged: z.boolean().optional(),
      allowPrivilegeEscalation: z.boolean().optional(),
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      seccompProfile,
      capabilities: z.looseObject({ add: names, drop: names }).prefault({}),
    })
    .prefault({}),
});
const containers = z.array(container).default([]);
const podSpec = z.looseObject({
  containers,
  initContainers: containers,
  ephemeralContainers: containers,
  volumes: z.array(z.looseObject({ name: z.string(), hostPath: z.unknown().optional() })).default([]),
  hostNetwork: z.boolean().default(false),
  hostPID: z.boolean().default(false),
  hostIPC: z.boolean().default(false),
  securityContext: z
    .looseObject({ runAsNonRoot: z.boolean().optional(), runAsUser: z.number().optional(), seccompProfile })
    .prefault({}),
});
type PodSpec = z.infer<typeof podSpec>;
type Container = z.infer<typeof container>;

/** One sentence about all the containers that it holds of. */
function about(pod: PodSpec, what: string, must: string, holds: (one: Container) => boolean): readonly string[] {
  const found = [...pod.initContainers, ...pod.containers, ...pod.ephemeralContainers].filter(holds);
  if (found.length === 0) return [];
  const list = found.map(({ name }) => JSON.stringify(name)).join(", ");
  return [`${what} (${found.length === 1 ? "container" : "containers"} ${list} must ${must})`];
}

function baseline(pod: PodSpec): readonly string[] {
  const hosts = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => pod[name]);
  const paths = pod.volumes.filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => JSON.stringify(name));
  return [
    ...(hosts.length === 0 ? [] : [`host namespaces (${hosts.map((name) => `${name}=true`).join(", ")})`]),
    ...(paths.length === 0 ? [] : [`hostPath volumes (volume ${paths.join(", ")})`]),
    ...about(pod, "hostPort", "not use hostPorts", ({ ports }) => ports.some(({ hostPort }) => hostPort !== 0)),
    ...about(
      pod,
      "privileged",
      "not set securityContext.privileged=true",
      ({ securityContext }) => securityContext.privileged === true,
    ),
  ];
}

function restricted(pod: PodSpec): readonly string[] {
  const { securityContext: whole } = pod;
  return [
    ...about(
      pod,
      "allowPrivilegeEscalation != false",
      "set securityContext.allowPrivilegeEscalation=false",
      ({ securityContext }) => securityContext.allowPrivilegeEscalation !== false,
    ),
    ...about(
      pod,
      "unrestricted capabilities",
      'set securityContext.capabilities.drop=["ALL"]',
      ({ securityContext: { capabilities } }) =>
        !capabilities.drop.includes("ALL") || capabilities.add.some((name) => name !== "NET_BIND_SERVICE"),
    ),
    ...about(
      pod,
      "runAsNonRoot != true",
      "set securityContext.runAsNonRoot=true",
      ({ securityContext }) => (securityContext.runAsNonRoot ?? whole.runAsNonRoot) !== true,
    ),
    ...about(
      pod,
      "runAsUser=0",
      "not set securityContext.runAsUser=0",
      ({ securityContext }) => (securityContext.runAsUser ?? whole.runAsUser) === 0,
    ),
    ...about(
      pod,
      "seccompProfile",
      'set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
      ({ securityContext }) =>
        !["RuntimeDefault", "Localhost"].includes((securityContext.seccompProfile ?? whole.seccompProfile)?.type ?? ""),
    ),
  ];
}
