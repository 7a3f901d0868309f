import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { projectFiles } from "../../../../sandbox/git-project.ts";
import { identityOf, parseObjects } from "../../../../sandbox/gitops/objects.ts";
import type { KubeObject } from "../../../../sandbox/kubernetes/object-store.ts";
import type { Cluster } from "../../../../sandbox/world/cluster-apis.ts";
import { servedType } from "../../../../sandbox/world/flux/server-side-apply.ts";
import { platformObjects } from "../../../../sandbox/world/platform/platform.ts";
import type { World } from "../../../../sandbox/world/world.ts";
import { configSchema } from "../../../../src/config/file.ts";
import { renderKustomization } from "../../../../src/tenants/render/kustomization.ts";
import { renderNamespace } from "../../../../src/tenants/render/namespace.ts";
import { ownInstance } from "../../../../src/tenants/render/own-instance.ts";
import { renderResourceQuota } from "../../../../src/tenants/render/resource-quota.ts";
import { renderRoleBinding } from "../../../../src/tenants/render/role-binding.ts";
import { own } from "../../../unit/tenants/project.ts";

/**
 * What Git has in this test: the shipped tree as the sandbox's clusters have it, and of one tenant what needs no servers. And the rule
 * that whatever is changed of an object that Git has is drift, by the sandbox's own build of the tree.
 */

const shipped = projectFiles();
const tenants = "kubernetes/workloads/platform/databases/tenants";
const config = configSchema.parse(parse(shipped.get("bot/base/dfbot.yaml") ?? ""));
const payments = ownInstance(own(), shipped, config);
const ofTenant = {
  "namespace.yaml": renderNamespace(payments),
  "resourcequota.yaml": renderResourceQuota(payments),
  "rolebinding.yaml": renderRoleBinding(payments),
};

export const gitFiles: ReadonlyMap<string, string> = new Map([
  ...shipped,
  [`${tenants}/kustomization.yaml`, renderKustomization(["payments"])],
  [`${tenants}/payments/kustomization.yaml`, renderKustomization(Object.keys(ofTenant))],
  ...Object.entries(ofTenant).map(([name, text]) => [`${tenants}/payments/${name}`, text] as const),
]);

export const tenantObjects = Object.entries(ofTenant).flatMap(([name, text]) => parseObjects(text, name));

interface GitObject {
  readonly check: string;
  readonly object: KubeObject;
}

/** Each object of Git with the check that compares it. */
const gitObjects: Readonly<Record<string, readonly GitObject[]>> = {
  infra: objectsOf("infra"),
  apps: objectsOf("apps"),
};

function objectsOf(cluster: "infra" | "apps"): readonly GitObject[] {
  return [
    ...platformObjects(cluster),
    ...(cluster === "infra" ? [{ kustomization: "infra-databases-tenants", objects: tenantObjects }] : []),
  ].flatMap(({ kustomization, objects }) => {
    const check = kustomization === "flux-system" ? `drift.${cluster}.flux` : `drift.${kustomization}.fields`;
    return objects.map((object) => ({ check, object }));
  });
}

/** Remembers what is in the clusters; the returned function says which checks must find that Git's objects are otherwise now. */
export function watchGitObjects(world: World): () => readonly string[] {
  const look = () =>
    [world.infra, world.apps].flatMap((cluster) =>
      (gitObjects[cluster.name] ?? []).map(({ check, object }) => ({ check, live: contentOf(cluster, object) })),
    );
  const before = look();
  return () => {
    const now = look();
    const changed = before.filter(({ live }, index) => !isDeepStrictEqual(live, now[index]?.live));
    return [...new Set(changed.map(({ check }) => check))];
  };
}

function contentOf({ objects }: Cluster, wanted: KubeObject): unknown {
  const type = servedType(objects, wanted);
  if (type === undefined) throw new Error(`${identityOf(wanted)}: not served`);
  const live = objects.get(type, wanted.metadata.namespace, wanted.metadata.name);
  if (live === undefined) return undefined;
  const { status: _, metadata, ...content } = live;
  return { ...content, labels: metadata.labels, annotations: metadata.annotations };
}
