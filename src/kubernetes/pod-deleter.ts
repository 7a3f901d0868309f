import { BotError } from "../errors.ts";
import type { PlatformChanges } from "../platform/changes.ts";
import type { CallApi } from "./request.ts";

/**
 * Deletes a pod by its name and uid, so that a pod that came back under the name is not hit.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/, DeleteOptions.preconditions
 */
export function createPodDeleter(find: (cluster: string) => CallApi): PlatformChanges["deletePod"] {
  return async ({ cluster, namespace, name, uid }, signal) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
    await find(cluster)({ method: "DELETE", path, body }, signal).catch((error: unknown) => {
      const gone = error instanceof BotError && /^kubernetes\.(?:not-found|conflict)$/.test(error.code);
      if (!gone) throw error;
    });
  };
}
