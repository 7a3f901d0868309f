import { BotError } from "../errors.ts";
import type { PlatformChanges } from "../platform/changes.ts";
import type { CallApi } from "./request.ts";

/**
 * Evicts a pod by its name and uid, so that a pod that came back under the name is not hit. Unlike a plain delete an eviction
 * is held to the disruption budget by the API server itself, whatever anybody has read before.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
export function createPodEvictor(find: (cluster: string) => CallApi): PlatformChanges["evictPod"] {
  return async ({ cluster, namespace, name, uid }, signal) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`;
    const body = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    await find(cluster)({ method: "POST", path, body }, signal).catch((error: unknown) => {
      const gone = error instanceof BotError && /^kubernetes\.(?:not-found|conflict)$/.test(error.code);
      if (!gone) throw error;
    });
  };
}
