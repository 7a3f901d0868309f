import { z } from "zod";
import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import type { Platform } from "../../platform/ports.ts";
import { read } from "../../platform/reading.ts";

const label = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";

/** `instance` of status, role and others: a name, or `namespace/name`. Anything else, shell characters above all, is refused. */
export const instanceParameter = z
  .string()
  .regex(
    new RegExp(`^(?:${label}/)?${label}$`),
    "must be an instance name such as dragonfly, or namespace/name: lower case letters, digits and dashes only",
  )
  .optional()
  .describe("Dragonfly instance, by name or namespace/name; the shared one when left out");

/** Key of an instance in maps that span clusters. */
export function instanceKey(instance: Pick<InstanceConfig, "cluster" | "namespace" | "name">): string {
  return `${instance.cluster}/${instance.namespace}/${instance.name}`;
}

/**
 * Which instance is meant. Configured ones are found without asking anybody; any other is looked up among the
 * Dragonfly resources of the shared instance's cluster.
 *
 * Throws BotError `instance.unknown` (with the names that exist) or `instance.unresolved` when the cluster cannot say.
 */
export async function resolveInstance(
  given: string | undefined,
  context: { readonly config: Config; readonly platform: Platform; readonly signal: AbortSignal },
): Promise<InstanceConfig> {
  const { config, platform, signal } = context;
  if (given === undefined) return config.shared;
  const configured = [config.shared, ...config.instances];
  const known = configured.find(
    (instance) => given === instance.name || given === `${instance.namespace}/${instance.name}`,
  );
  if (known !== undefined) return known;
  const cluster = config.shared.cluster;
  const command = `kubectl --context=${cluster} get dragonflies -A`;
  const found = await read({ command, timeoutMs: config.readTimeoutMs, signal }, (inner) =>
    platform.cluster(cluster).dragonflies(undefined, inner),
  );
  const names = configured.map((instance) => `${instance.namespace}/${instance.name}`);
  if (!found.ok) {
    throw new BotError(
      "instance.unresolved",
      `"${given}" is not a configured instance, and cluster ${cluster} could not be asked for others: ${found.reason}`,
      `Configured: ${names.join(", ")}`,
    );
  }
  const resource = found.value.find(({ meta }) => given === meta.name || given === `${meta.namespace}/${meta.name}`);
  if (resource?.meta.namespace === undefined) {
    const all = new Set([...names, ...found.value.map(({ meta }) => `${meta.namespace}/${meta.name}`)]);
    throw new BotError(
      "instance.unknown",
      `There is no Dragonfly instance "${given}" in cluster ${cluster}`,
      `These exist: ${[...all].join(", ")}`,
    );
  }
  return {
    name: resource.meta.name,
    namespace: resource.meta.namespace,
    cluster,
    replicas: resource.replicas,
    image: config.shared.image,
  };
}
