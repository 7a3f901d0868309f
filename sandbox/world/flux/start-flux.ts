import { join } from "node:path";
import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { hasBotConfig } from "../bot-config.ts";
import { places } from "../places.ts";
import { adapted } from "../platform/platform.ts";
import { readyOf } from "./conditions.ts";
import { createFlux, type Flux } from "./flux.ts";
import { createGitSource } from "./git-source.ts";

export interface GitOpsOptions {
  /** Path of a bare repository whose root is what is in deploy/. */
  readonly repository: string;
  readonly branch: string;
  /** How long a health check waits (default 30 s), where a real Kustomization's `timeout` says minutes. */
  readonly healthTimeoutMs?: number;
}

/** Flux over a repository, in both clusters of a world; `directory` is where it checks out. */
export function startFlux(
  { repository, branch, healthTimeoutMs = 30_000 }: GitOpsOptions,
  stores: { readonly infra: ObjectStore; readonly apps: ObjectStore },
  directory: string,
  onNotice: (text: string) => void,
): Flux {
  return createFlux({
    clusters: Object.entries(stores).map(([name, store]) => ({ name, store })),
    source: createGitSource({ repository, branch, folder: join(directory, "flux") }),
    branch,
    adapt: adapted,
    healthTimeoutMs,
    onNotice,
  });
}

/** Why there is no configuration of the bot yet, which comes from Git as everything does; undefined: there is one. */
export function whyBotIsMissing(infra: ObjectStore): string | undefined {
  if (hasBotConfig(infra)) return undefined;
  const said = infra.list(places.kustomizations).flatMap((object) => {
    const ready = readyOf(object);
    return ready === undefined || ready.status === "True" ? [] : [`${object.metadata.name}: ${ready.message}`];
  });
  return `Flux has not applied the bot's configuration: ${said.join("; ") || "it has not begun"}`;
}
