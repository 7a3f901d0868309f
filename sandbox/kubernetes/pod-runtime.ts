import type { Duplex } from "node:stream";
import type { LogOptions } from "./pod-log.ts";

/** What the kubelets of the world can do for the API server. */
export interface PodRuntime {
  /** Undefined when that container has not run (before). The server always names the container. */
  logs(
    namespace: string,
    pod: string,
    options: Omit<LogOptions, "container"> & { readonly container?: string },
  ): Promise<string | undefined>;
  dial(namespace: string, pod: string, port: number): Promise<Duplex>;
}
