import type { Config, InstanceConfig } from "../../config/file.ts";
import { BotError } from "../../errors.ts";
import { driftOf } from "../../manifests/compare/compare.ts";
import type { DragonflyResource } from "../../platform/kubernetes.ts";
import { worstVerdict } from "../../reports/model.ts";
import { assessInstance } from "../instance/assess.ts";
import { finding } from "../instance/findings.ts";
import { summarise } from "../instance/summary.ts";
import type { PlanDeps } from "./deps.ts";
import { kustomizationProgress } from "./flux-progress.ts";
import type { Aim, WantedInstance } from "./follow-aim.ts";
import { policyProgress } from "./policy-progress.ts";
import { ask, type Look, missing, type Progress, reached, section, unread } from "./progress.ts";

/** How far the clusters are with a merged change. What cannot be read is `unknown`, and may be read the next time. */
export async function lookHowFar(
  deps: PlanDeps,
  aim: Aim,
  merged: string,
  signal: AbortSignal,
  now: () => Date,
): Promise<readonly Progress[]> {
  const look: Look = { deps, merged, signal, now };
  const found = await Promise.all([
    ...aim.kustomizations.map((wanted) => kustomizationProgress(look, wanted)),
    ...aim.instances.map((wanted) => (wanted.there ? instanceProgress(look, wanted) : goneProgress(look, wanted))),
    ...aim.secrets.map((namespace) => secretProgress(look, namespace)),
    ...aim.access.map((wanted) => policyProgress(look, wanted)),
  ]);
  return found;
}

async function instanceProgress(look: Look, { instance, spec }: WantedInstance): Promise<Progress> {
  const { deps, signal, now } = look;
  const { platform } = deps;
  const { cluster, namespace, name } = instance;
  const id = `instance.${name}`;
  const [resource, pods] = await Promise.all([
    ask(look, `-n ${namespace} get dragonfly ${name} -o yaml`, (inner) =>
      platform.cluster(cluster).dragonfly(namespace, name, inner),
    ),
    ask(look, `-n ${namespace} get pods -l app=${name} -o wide`, (inner) =>
      platform.cluster(cluster).pods(namespace, `app=${name}`, inner),
    ),
  ]);
  if (!resource.ok) {
    return resource.code === "kubernetes.not-found"
      ? missing(id, `Dragonfly ${name} is not there yet`, resource.reason, resource)
      : unread(id, `Dragonfly ${name} could not be read`, resource);
  }
  const differs = spec === null ? [] : driftOf(spec, liveSpec(resource.value));
  if (differs.length > 0) {
    const words = differs.map(({ path, desired, live }) => `${path} is ${said(live)}, and ${said(desired)} in Git`);
    return missing(id, `Dragonfly ${name} is not as Git has it`, `${words.join("; ")}.`, resource, words.join("\n"));
  }
  if (!pods.ok) return unread(id, `The pods of ${name} could not be read`, pods);
  const image = spec?.image;
  const old = image === undefined ? [] : pods.value.filter((pod) => pod.image !== image);
  if (old.length > 0) {
    const title = `${old.length} of ${pods.value.length} pods of ${name} do not run ${image} yet`;
    const output = old.map((pod) => `${pod.meta.name} ${pod.image}`).join("\n");
    return missing(id, title, "The operator replaces them one by one, the primary last.", pods, output);
  }
  const wanted: InstanceConfig = { ...instance, replicas: resource.value.replicas, image: image ?? instance.image };
  const { findings } = await assessInstance({
    params: { instance: `${namespace}/${name}` },
    config: withInstance(deps.config, wanted),
    platform,
    signal,
    now,
  });
  const failed = findings.filter(({ verdict }) => verdict === "fail");
  const verdict = worstVerdict(findings.map((one) => one.verdict));
  const title = summarise(wanted, findings, "every check is ok");
  const because = failed.flatMap((one) => one.evidence).slice(0, 1);
  return {
    finding: finding({
      id,
      section,
      verdict,
      title,
      detail: failed.map((one) => one.title).join("; "),
      evidence: because,
      next: [{ runbook: "status", params: { instance: `${namespace}/${name}` }, label: `Status of ${name}` }],
    }),
    pending: failed.length > 0 || resource.value.isRollingUpdate,
  };
}

/** What the bot reads of the live resource, in the places that it has in the manifest. */
function liveSpec(resource: DragonflyResource): unknown {
  const { image, replicas, args, snapshotCron, snapshotEnableOnMasterOnly, pdbMinAvailable } = resource;
  return {
    ...{ image, replicas, args },
    snapshot: { cron: snapshotCron, enableOnMasterOnly: snapshotEnableOnMasterOnly },
    pdb: { minAvailable: pdbMinAvailable },
  };
}

function said(value: unknown): string {
  return value === undefined ? "not there" : JSON.stringify(value);
}

/** The configuration with this instance as it is meant to be now, whatever the file says that the process was started with. */
function withInstance(config: Config, instance: InstanceConfig): Config {
  const same = (one: InstanceConfig) => one.name === instance.name && one.namespace === instance.namespace;
  if (same(config.shared)) return { ...config, shared: instance };
  return { ...config, instances: [...config.instances.filter((one) => !same(one)), instance] };
}

async function goneProgress(look: Look, { instance }: WantedInstance): Promise<Progress> {
  const { platform } = look.deps;
  const { cluster, namespace, name } = instance;
  const id = `instance.${name}`;
  const seen = await ask(look, `-n ${namespace} get dragonfly,pvc`, async (inner) => {
    const kubernetes = platform.cluster(cluster);
    const there = await kubernetes.dragonfly(namespace, name, inner).then(
      () => true,
      (error: unknown) => {
        if (error instanceof BotError && error.code === "kubernetes.not-found") return false;
        throw error;
      },
    );
    // The right to read them goes with the tenant's folder, so that they can often not be counted any more.
    const claims = await kubernetes.persistentVolumeClaims(namespace, inner).catch((error: unknown) => {
      if (error instanceof BotError && error.code === "kubernetes.forbidden") return undefined;
      throw error;
    });
    return { there, claims };
  });
  if (!seen.ok) return unread(id, `Whether ${name} is gone could not be read`, seen);
  if (seen.value.there)
    return missing(id, `Dragonfly ${name} is still there`, "Flux takes it away when it prunes.", seen);
  const { claims } = seen.value;
  if (claims === undefined) return reached(id, `${name} is gone; its volume claims are kept for 30 days`, seen);
  const kept = claims.map(({ meta }) => meta.name).join("\n");
  return reached(id, `${name} is gone; ${claims.length} volume claims are kept for 30 days`, seen, kept);
}

async function secretProgress(look: Look, namespace: string): Promise<Progress> {
  const { config, platform } = look.deps;
  const id = `secret.${namespace}`;
  const seen = await ask(look, `-n ${namespace} get externalsecret`, (inner) =>
    platform.cluster(config.shared.cluster).externalSecrets(namespace, inner),
  );
  if (!seen.ok) return unread(id, `Whether the Secrets of ${namespace} are made could not be read`, seen);
  const behind = seen.value.filter(({ synced }) => synced !== true);
  const words = seen.value.map(({ meta, synced, message }) => `${meta.name} ${synced ?? "?"} ${message}`).join("\n");
  if (seen.value.length === 0)
    return missing(id, `${namespace} has no ExternalSecret`, "Nobody can log in without.", seen);
  const [first] = behind;
  return first === undefined
    ? reached(id, `The Secrets of ${namespace} are made`, seen, words)
    : missing(id, `ExternalSecret ${first.meta.name} has not made its Secret`, first.message, seen, words);
}
