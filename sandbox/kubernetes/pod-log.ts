import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { KubeObject } from "./object-store.ts";
import { apiError } from "./status.ts";

export interface LogOptions {
  readonly container: string;
  readonly previous: boolean;
  readonly tailLines: number | undefined;
}

const named = z.array(z.object({ name: z.string() }));
const containersOf = z.object({ spec: z.object({ containers: named, ephemeralContainers: named.default([]) }) });

/**
 * What of a pod's log is asked for. Throws 400 when the pod has more than one container and none, or another, is named.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ (read log of the specified Pod)
 */
export function logOptions(pod: KubeObject, query: URLSearchParams): LogOptions {
  const { name } = pod.metadata;
  const spec = containersOf.safeParse(pod).data?.spec;
  const containers = spec?.containers.map((container) => container.name) ?? [];
  const wanted = query.get("container") ?? (containers.length === 1 ? containers[0] : undefined);
  if (wanted === undefined)
    throw apiError(
      400,
      "BadRequest",
      `a container name must be specified for pod ${name}, choose one of: [${containers.join(" ")}]`,
    );
  if (!containers.includes(wanted) && !spec?.ephemeralContainers.some((container) => container.name === wanted))
    throw apiError(400, "BadRequest", `container ${wanted} is not valid for pod ${name}`);
  const tail = query.get("tailLines");
  if (tail !== null && !/^\d+$/.test(tail))
    throw apiError(
      422,
      "Invalid",
      `PodLogOptions "" is invalid: tailLines: Invalid value: ${tail}: must be a whole number, at least 0`,
    );
  return {
    container: wanted,
    previous: /^(true|1)$/.test(query.get("previous") ?? ""),
    tailLines: tail === null ? undefined : Number(tail),
  };
}

/** Writes the log, or throws the 400 for a container that has not run (before). */
export function sendLog(
  response: ServerResponse,
  { metadata }: KubeObject,
  { container, previous }: LogOptions,
  text: string | undefined,
): void {
  if (text === undefined)
    throw apiError(
      400,
      "BadRequest",
      previous
        ? `previous terminated container "${container}" in pod "${metadata.name}" not found`
        : `container "${container}" in pod "${metadata.name}" is waiting to start: ContainerCreating`,
    );
  response.writeHead(200, { "content-type": "text/plain" }).end(text);
}
