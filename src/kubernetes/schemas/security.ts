import { z } from "zod";
import type * as platform from "../../platform/kubernetes.ts";

/** https://kubernetes.io/docs/tasks/configure-pod-container/security-context/: what the container says counts before the pod's. */

const seccompProfile = z.object({ type: z.string() }).optional();

export const podSecurityContext = z.object({ runAsNonRoot: z.boolean().optional(), seccompProfile }).prefault({});

export const containerSecurityContext = z
  .object({
    runAsNonRoot: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean().optional(),
    allowPrivilegeEscalation: z.boolean().optional(),
    privileged: z.boolean().optional(),
    capabilities: z
      .object({ drop: z.array(z.string()).default([]), add: z.array(z.string()).default([]) })
      .prefault({}),
    seccompProfile,
  })
  .prefault({});

/** What holds for a container: its own settings come before those of its pod, which some fields do not have. */
export function securityOf(
  pod: z.output<typeof podSecurityContext>,
  container: z.output<typeof containerSecurityContext> | undefined,
): platform.ContainerSecurity {
  return {
    runAsNonRoot: container?.runAsNonRoot ?? pod.runAsNonRoot,
    readOnlyRootFilesystem: container?.readOnlyRootFilesystem,
    allowPrivilegeEscalation: container?.allowPrivilegeEscalation,
    privileged: container?.privileged,
    droppedCapabilities: container?.capabilities.drop ?? [],
    addedCapabilities: container?.capabilities.add ?? [],
    seccompProfile: (container?.seccompProfile ?? pod.seccompProfile)?.type,
  };
}

export const probe = z
  .object({
    exec: z.object({ command: z.array(z.string()).default([]) }).optional(),
    httpGet: z.unknown().optional(),
    tcpSocket: z.unknown().optional(),
  })
  .transform(({ exec, httpGet, tcpSocket }): platform.ContainerProbe => {
    if (exec !== undefined) return { kind: "exec", command: exec.command };
    const kind = httpGet !== undefined ? "http" : tcpSocket !== undefined ? "tcp" : "other";
    return { kind, command: [] };
  });
