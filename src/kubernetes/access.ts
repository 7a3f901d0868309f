import type { KubeConfig } from "@kubernetes/client-node";
import { BotError } from "../errors.ts";

/** How one cluster is reached. */
export interface ClusterAccess {
  readonly cluster: string;
  readonly context: string;
  /** Use the pod's service account instead of a kubeconfig. */
  readonly inCluster: boolean;
  /** Path of a kubeconfig; the client's usual places when undefined. */
  readonly kubeconfigPath: string | undefined;
}

/**
 * Loads the client library and the credentials. The library takes most of a second and tens of megabytes, so nothing
 * imports it before it is needed. The context is always the named one, never whichever happens to be current.
 *
 * Throws BotError `config.kubeconfig` or `config.unknown-context`.
 */
export async function loadAccess(access: ClusterAccess): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (access.inCluster) config.loadFromCluster();
    else if (access.kubeconfigPath !== undefined) config.loadFromFile(access.kubeconfigPath);
    else config.loadFromDefault();
  } catch (cause) {
    const where = access.inCluster ? "the pod's service account" : (access.kubeconfigPath ?? "the default kubeconfig");
    throw new BotError(
      "config.kubeconfig",
      `The credentials for cluster ${access.cluster} cannot be read from ${where}`,
      "Check KUBECONFIG: it must be the path of a readable, valid kubeconfig",
      { cause },
    );
  }
  if (access.inCluster) return config;
  const contexts = config.getContexts().map(({ name }) => name);
  if (!contexts.includes(access.context)) {
    throw new BotError(
      "config.unknown-context",
      `The kubeconfig has no context "${access.context}" for cluster ${access.cluster}`,
      `It has: ${contexts.join(", ") || "none"}. Correct clusters[].context in dfbot.yaml, or KUBECONFIG`,
    );
  }
  config.setCurrentContext(access.context);
  return config;
}
