import { z } from "zod";
import {
  buildFluxKustomization,
  type FluxKustomization,
  fluxKustomization,
  type HealthCheck,
} from "../../gitops/flux.ts";
import { identityOf, inventoryId } from "../../gitops/objects.ts";
import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { record } from "../views.ts";
import { type Ready, readyOf, writeReady } from "./conditions.ts";
import type { Artifact } from "./git-source.ts";
import { unhealthy } from "./health.ts";
import { applyAll, owned, prune } from "./server-side-apply.ts";

/** Flux's kustomize controller for one cluster. Source: https://fluxcd.io/flux/components/kustomize/kustomizations/ */
export interface KustomizeController {
  /**
   * One round over every Kustomization of the cluster: begins what the artifact asks for, looks at what is under way.
   * Returns whether something is still to be waited for.
   */
  reconcile(artifact: Artifact): boolean;
  /** While it is held, a Kustomization is not reconciled and its status is left alone. */
  hold(name: string): void;
  release(name: string): void;
}

export interface ControllerOptions {
  readonly store: ObjectStore;
  /** What this cluster has otherwise than Git: sizes, and what does not run here. */
  readonly adapt: (kustomization: string, objects: readonly KubeObject[]) => readonly KubeObject[];
  /** How long a health check waits; the Kustomization's own `timeout` is for real clusters. */
  readonly healthTimeoutMs: number;
  /** Before a failed one is tried again; `retryInterval` likewise. */
  readonly retryMs: number;
}

interface Attempt {
  readonly revision: string;
  readonly generation: number;
  readonly startedAt: number;
  readonly objects: readonly KubeObject[];
  /** `late`: its objects were not healthy in time; they may still become so. */
  readonly state: "waiting" | "done" | "late" | "failed";
}

/** What a Kustomization has applied, and whether that goes when it is no longer in Git. */
interface Inventory {
  readonly objects: readonly KubeObject[];
  readonly prune: boolean;
}

export function createKustomizeController(options: ControllerOptions): KustomizeController {
  const { store } = options;
  const attempts = new Map<string, Attempt>();
  const inventories = new Map<string, Inventory>();
  const held = new Set<string>();

  const step = (object: KubeObject, artifact: Artifact) => {
    const { name, generation = 1 } = object.metadata;
    const attempt = attempts.get(name);
    const current = attempt?.revision === artifact.revision && attempt.generation === generation ? attempt : undefined;
    if (held.has(name) || current?.state === "done") return;
    const parsed = fluxKustomization.safeParse(withoutStatus(object));
    if (!parsed.success)
      return say(name, { status: "False", reason: "BuildFailed", message: z.prettifyError(parsed.error) });
    const kustomization = parsed.data;
    if (kustomization.spec.suspend) return;
    if (current?.state === "waiting" || current?.state === "late") return lookAtHealth(kustomization, current);
    if (current?.state === "failed" && Date.now() - current.startedAt < options.retryMs) return;
    const missing = unmetDependency(kustomization, artifact);
    if (missing !== undefined) return say(name, { status: "False", reason: "DependencyNotReady", message: missing });
    begin(kustomization, generation, artifact);
  };

  const begin = (kustomization: FluxKustomization, generation: number, artifact: Artifact) => {
    const { name } = kustomization.metadata;
    const { revision } = artifact;
    const remember = (state: Attempt["state"], objects: readonly KubeObject[]) => {
      const attempt = { revision, generation, startedAt: Date.now(), objects, state };
      attempts.set(name, attempt);
      return attempt;
    };
    let objects: readonly KubeObject[] = [];
    try {
      const built = buildFluxKustomization(kustomization, store.list(places.configMaps), artifact.folder);
      objects = options.adapt(name, built).map((object) => owned(object, kustomization.metadata));
    } catch (error) {
      remember("failed", []);
      const message = `kustomize build failed: ${reasonOf(error, artifact)}`;
      return say(name, { status: "False", reason: "BuildFailed", message }, { lastAttemptedRevision: revision });
    }
    try {
      applyAll(store, objects);
    } catch (error) {
      remember("failed", []);
      const ready: Ready = { status: "False", reason: "ReconciliationFailed", message: reasonOf(error, artifact) };
      return say(name, ready, { lastAttemptedRevision: revision });
    }
    const wanted = new Set(objects.map(identityOf));
    const stale = (inventories.get(name)?.objects ?? []).filter((object) => !wanted.has(identityOf(object)));
    if (kustomization.spec.prune) pruneAll(name, stale);
    inventories.set(name, { objects, prune: kustomization.spec.prune });
    const entries = objects.map((object) => ({ id: inventoryId(object), v: object.apiVersion.split("/").at(-1) }));
    const status = { lastAttemptedRevision: revision, inventory: { entries } };
    const message = `Running health checks for revision ${revision} with a timeout of ${seconds(options.healthTimeoutMs)}`;
    say(name, { status: "Unknown", reason: "Progressing", message }, status);
    lookAtHealth(kustomization, remember("waiting", objects));
  };

  const lookAtHealth = ({ metadata: { name }, spec }: FluxKustomization, attempt: Attempt) => {
    const checks: readonly HealthCheck[] = spec.healthCheckExprs;
    const waiting = spec.wait === true ? unhealthy(store, attempt.objects, checks) : [];
    const { revision } = attempt;
    if (waiting.length === 0) {
      attempts.set(name, { ...attempt, state: "done" });
      const ready: Ready = {
        status: "True",
        reason: "ReconciliationSucceeded",
        message: `Applied revision: ${revision}`,
      };
      return say(name, ready, { lastAppliedRevision: revision });
    }
    if (attempt.state === "late" || Date.now() - attempt.startedAt < options.healthTimeoutMs) return;
    attempts.set(name, { ...attempt, state: "late" });
    const after = seconds(options.healthTimeoutMs);
    const message = `health check failed after ${after}: timeout waiting for: [${waiting.join(", ")}]`;
    say(name, { status: "False", reason: "HealthCheckFailed", message });
  };

  const say = (name: string, ready: Ready, more?: Readonly<Record<string, unknown>>) =>
    writeReady(
      store.as("gotk-kustomize-controller"),
      places.kustomizations,
      { namespace: "flux-system", name },
      ready,
      more,
    );

  /** The last one made goes first: a namespace after what is in it. */
  const pruneAll = (name: string, objects: readonly KubeObject[]) => {
    for (const object of objects.toReversed()) prune(store, object, name);
  };

  /** A Kustomization that is gone takes what it applied along. */
  const forget = (name: string, { objects, prune: goes }: Inventory) => {
    inventories.delete(name);
    attempts.delete(name);
    if (goes) pruneAll(name, objects);
  };

  const unmetDependency = ({ spec }: FluxKustomization, { revision }: Artifact): string | undefined => {
    for (const { name } of spec.dependsOn) {
      const other = store.get(places.kustomizations, "flux-system", name);
      const said = `dependency 'flux-system/${name}'`;
      if (other === undefined) return `${said} not found`;
      if (readyOf(other)?.status !== "True") return `${said} is not ready`;
      if (record(other["status"])["lastAppliedRevision"] !== revision) return `${said} revision is not up to date`;
    }
    return undefined;
  };

  return {
    reconcile: (artifact) => {
      for (let before = -1; before !== store.resourceVersion; ) {
        before = store.resourceVersion;
        const present = store.list(places.kustomizations);
        for (const object of present) step(object, artifact);
        for (const [name, inventory] of inventories)
          if (!present.some(({ metadata }) => metadata.name === name)) forget(name, inventory);
      }
      return [...attempts.values()].some(({ state }) => state === "waiting");
    },
    hold: (name) => void held.add(name),
    release: (name) => {
      held.delete(name);
      attempts.delete(name);
    },
  };
}

function withoutStatus({ status: _, ...object }: KubeObject): unknown {
  return object;
}

/** Without the folder of this machine that the tree is checked out in. */
function reasonOf(error: unknown, { folder }: Artifact): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(`${folder}/`, "").replaceAll(folder, ".");
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10}s`;
}
