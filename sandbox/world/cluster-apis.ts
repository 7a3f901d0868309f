import { randomBytes } from "node:crypto";
import { callRecordVariable, recordCalls } from "../kubernetes/call-record.ts";
import { kubeconfig } from "../kubernetes/kubeconfig.ts";
import type { ObjectStore } from "../kubernetes/object-store.ts";
import { type KubernetesApi, startKubernetesApi } from "../kubernetes/server.ts";
import { outOfRange } from "./controllers/limit-range.ts";
import { overQuota, podRequest } from "./controllers/quota.ts";
import type { Kubelet } from "./kubelet/kubelet.ts";

const botUser = "system:serviceaccount:dragonfly-bot:dfbot";

export interface Cluster {
  readonly name: string;
  readonly objects: ObjectStore;
  readonly api: KubernetesApi;
}

/** A cluster, and the tokens of the bot's own user and of an administrator. */
export interface ClusterUsers extends Cluster {
  readonly botToken: string;
  readonly adminToken: string;
}

/** Starts the API servers of both clusters; `cleanups` gets what ends them. */
export async function startApis(
  stores: { readonly infra: ObjectStore; readonly apps: ObjectStore },
  kubelets: { readonly infra: Kubelet; readonly apps: Kubelet },
  cleanups: (() => unknown)[],
): Promise<{ readonly infra: ClusterUsers; readonly apps: ClusterUsers }> {
  const start = async (name: "infra" | "apps"): Promise<ClusterUsers> => {
    const botToken = `sandbox-bot-${randomBytes(12).toString("hex")}`;
    const adminToken = `sandbox-admin-${randomBytes(12).toString("hex")}`;
    const api = await startKubernetesApi({
      name,
      store: stores[name],
      podRuntime: kubelets[name].runtime,
      refusesPod: (namespace, spec) =>
        outOfRange(stores[name], namespace, spec) ?? overQuota(stores[name], namespace, podRequest(spec)),
      users: [
        {
          token: botToken,
          name: botUser,
          groups: ["system:serviceaccounts", "system:serviceaccounts:dragonfly-bot"],
        },
        { token: adminToken, name: "admin", groups: ["system:masters"] },
      ],
    });
    const record = process.env[callRecordVariable];
    if (record !== undefined) cleanups.push(() => recordCalls(record, name, api.log, botUser));
    cleanups.push(() => api.stop());
    return { name, objects: stores[name], api, botToken, adminToken };
  };
  const [infra, apps] = await Promise.all([start("infra"), start("apps")]);
  return { infra, apps };
}

/** Text of a kubeconfig with a context for each cluster, all of them with the token of the same user. */
export function kubeconfigOf(clusters: readonly ClusterUsers[], user: "botToken" | "adminToken"): string {
  return kubeconfig(
    clusters.map((cluster) => ({
      context: cluster.name,
      server: cluster.api.url,
      caCertPem: cluster.api.caCertPem,
      token: cluster[user],
    })),
  );
}
