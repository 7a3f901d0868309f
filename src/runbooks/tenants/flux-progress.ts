import { contains } from "./ancestry.ts";
import type { WantedKustomization } from "./follow-aim.ts";
import { ask, type Look, missing, type Progress, reached, unread } from "./progress.ts";
import { shortSha } from "./sha.ts";

/** Whether Flux has applied a commit by one of its Kustomizations. */
export async function kustomizationProgress(look: Look, wanted: WantedKustomization): Promise<Progress> {
  const { cluster, name, namespaces } = wanted;
  const { deps, merged } = look;
  const { config, platform } = deps;
  const id = `flux.${name}`;
  const what = `-n ${config.flux.namespace} get kustomization ${name}`;
  const readOne = async (signal: AbortSignal) => {
    const all = await platform.cluster(cluster).kustomizations(config.flux.namespace, signal);
    const one = all.find(({ meta }) => meta.name === name);
    const has = async (revision: string | undefined) => {
      const sha = /[0-9a-f]{40}$/.exec(revision ?? "")?.[0];
      return sha === undefined ? false : await contains(platform.git, sha, merged, signal);
    };
    return one === undefined
      ? undefined
      : { ...one, applied: await has(one.appliedRevision), attempted: await has(one.attemptedRevision) };
  };
  const seen = await ask(look, what, readOne, cluster);
  if (!seen.ok) return unread(id, `Whether Flux has applied ${name} could not be read`, seen);
  if (seen.value === undefined) {
    const detail =
      "Without it nothing of tenants is applied. Flux makes it from kubernetes/clusters in the Git project.";
    return missing(id, `There is no Flux Kustomization ${name}`, detail, seen);
  }
  const { applied, attempted, appliedRevision, ready, message, suspended } = seen.value;
  const output = `${appliedRevision ?? "nothing applied yet"}: ${message}`;
  if (applied === true) return reached(id, `Flux has applied ${shortSha(merged)} by ${name}`, seen, output);
  if (applied === undefined) {
    return unread(id, `Whether ${appliedRevision} of ${name} has ${shortSha(merged)} in it cannot be told`, seen);
  }
  // It has applied everything and pruned by then; it is not ready before all of it is healthy, everybody's.
  const waits = attempted === true && ready !== true ? healthWait(message, namespaces) : undefined;
  if (waits === "checking")
    return reached(
      id,
      `Flux has applied ${shortSha(merged)} by ${name}, and looks whether it is healthy`,
      seen,
      output,
    );
  if (waits === "others") {
    const title = `Flux has applied ${shortSha(merged)} by ${name}, which is not ready because of others`;
    const { finding: one, pending } = reached(id, title, seen, output);
    return { finding: { ...one, verdict: "warn", detail: message }, pending };
  }
  const why = suspended
    ? "It is suspended: `flux resume kustomization` lets it go on."
    : ready === false && attempted === true
      ? message
      : `It is at ${appliedRevision ?? "no revision"}.`;
  return missing(id, `Flux has not applied ${shortSha(merged)} by ${name}`, why, seen, output);
}

/**
 * What a Kustomization that is not ready still waits for, by its message; undefined when it is about something else than health. Formats:
 * kustomize-controller, `health check failed after 5m0s: timeout waiting for: [Dragonfly/shop/shop status: 'InProgress', …]`, `… stalled
 * resources: […]`, and `Running health checks for revision … with a timeout of 5m0s`.
 */
export function healthWait(
  message: string,
  namespaces: readonly string[] | null,
): "checking" | "own" | "others" | undefined {
  if (/^Running health checks for revision /.test(message)) return "checking";
  const list = /(?:timeout waiting for|stalled resources): \[(.*)\]/s.exec(message)?.[1];
  if (list === undefined) return undefined;
  const resources = list.match(/[A-Z]\w*(?:\/[^\s/,]+){1,2}/g) ?? [];
  // What has no namespace may be anybody's.
  const isForeign = (resource: string) => {
    const [, namespace, ...more] = resource.split("/");
    return more.length > 0 && namespace !== undefined && namespaces?.includes(namespace) === false;
  };
  return resources.length > 0 && resources.every(isForeign) ? "others" : "own";
}
