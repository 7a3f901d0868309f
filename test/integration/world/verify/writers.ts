import { KubeConfig } from "@kubernetes/client-node";
import { places } from "../../../../sandbox/world/places.ts";
import type { World } from "../../../../sandbox/world/world.ts";
import { askApi } from "../../../fakes/api-request.ts";

/** Somebody with all rights in the infra cluster, by whatever client. */
export interface Somebody {
  /** A merge patch, as `kubectl edit` and `kubectl patch` send it. */
  patch(path: string, body: unknown): Promise<unknown>;
  /** `kubectl apply --server-side`, with `--force-conflicts` or without; returns the answer's code too. */
  apply(path: string, body: unknown, force: boolean): Promise<{ readonly code: number; readonly body: unknown }>;
}

/** `client` is what the client calls itself: `kubectl-edit`, `manager`. */
export function somebody({ adminKubeconfigPath }: World, client: string): Somebody {
  const config = new KubeConfig();
  config.loadFromFile(adminKubeconfigPath);
  config.setCurrentContext("infra");
  const ask = (path: string, body: unknown, type: string) =>
    askApi(config, "PATCH", path, body, { "content-type": `application/${type}`, "user-agent": `${client}/v1.33.0` });
  return {
    patch: async (path, body) => {
      const answer = await ask(path, body, "merge-patch+json");
      if (answer.code !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    apply: (path, body, force) => ask(`${path}?fieldManager=${client}&force=${force}`, body, "apply-patch+yaml"),
  };
}

const inNamespace = (prefix: string, plural: string) => `${prefix}/namespaces/dragonfly-system/${plural}`;

/** Where the API server has them. */
export const paths = {
  dragonfly: `${inNamespace("/apis/dragonflydb.io/v1alpha1", places.dragonflies.plural)}/dragonfly`,
  service: `${inNamespace("/api/v1", places.services.plural)}/dragonfly-global`,
  podMonitor: `${inNamespace("/apis/monitoring.coreos.com/v1", places.podMonitors.plural)}/dragonfly`,
};
