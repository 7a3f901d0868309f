import type { KubeObject, ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { writeReady } from "./conditions.ts";
import type { Artifact, GitSource } from "./git-source.ts";
import { createKustomizeController, type KustomizeController } from "./kustomize-controller.ts";

/** Flux in every cluster: the branch's newest commit is applied within a second or two of the push. */
export interface Flux {
  /** `main@sha1:<commit>` that it has; undefined before the first one. */
  readonly revision: string | undefined;
  /** Why the repository cannot be read, while it cannot: what was applied stays. Undefined: it can. */
  unreachable: string | undefined;
  /** One round, now: as `flux reconcile` does. */
  reconcile(): Promise<void>;
  hold(name: string): void;
  release(name: string): void;
  stop(): Promise<void>;
}

export interface FluxOptions {
  readonly clusters: readonly { readonly name: string; readonly store: ObjectStore }[];
  readonly source: GitSource;
  readonly branch: string;
  readonly adapt: (cluster: string, kustomization: string, objects: readonly KubeObject[]) => readonly KubeObject[];
  readonly healthTimeoutMs: number;
  readonly onNotice: (text: string) => void;
}

const everyMs = 500;
/** While something is being waited for; the repository is not asked more often for that. */
const everyMsWhileBusy = 100;
const retryMs = 2_000;
const bootstrapped = { namespace: "flux-system", name: "flux-system" } as const;

export function createFlux(options: FluxOptions): Flux {
  const { clusters, source, branch, healthTimeoutMs } = options;
  for (const { name, store } of clusters) bootstrap(store.as("flux"), name, source.repository, branch);
  const controllers: readonly KustomizeController[] = clusters.map(({ name, store }) =>
    createKustomizeController({
      store,
      healthTimeoutMs,
      retryMs,
      adapt: (kustomization, objects) => options.adapt(name, kustomization, objects),
    }),
  );
  let artifact: Artifact | undefined;
  let running: Promise<void> | undefined;
  let busy = false;

  const lookAtSource = async () => {
    try {
      if (flux.unreachable !== undefined) throw new Error(flux.unreachable);
      artifact = await source.fetch();
      const message = `stored artifact for revision '${artifact.revision}'`;
      sourceSays({ status: "True", reason: "Succeeded", message }, { artifact: { revision: artifact.revision } });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `failed to checkout and determine revision: ${why}`;
      sourceSays({ status: "False", reason: "GitOperationFailed", message });
    }
  };

  /** What is there already is gone on with, as Flux does when its source is away. */
  const control = () => {
    const here = artifact;
    busy = here !== undefined && controllers.map((controller) => controller.reconcile(here)).includes(true);
  };

  const sourceSays = (ready: Parameters<typeof writeReady>[3], more?: Readonly<Record<string, unknown>>) => {
    for (const { store } of clusters)
      writeReady(store.as("gotk-source-controller"), places.gitRepositories, bootstrapped, ready, more);
  };

  const reconcile = () => {
    running ??= lookAtSource()
      .then(control)
      .catch((error: unknown) => options.onNotice(`flux: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timers = [
    setInterval(() => void reconcile(), everyMs),
    setInterval(() => {
      if (busy && running === undefined) control();
    }, everyMsWhileBusy),
  ];

  const flux: Flux = {
    get revision() {
      return artifact?.revision;
    },
    unreachable: undefined,
    reconcile,
    hold: (name) => {
      for (const controller of controllers) controller.hold(name);
    },
    release: (name) => {
      for (const controller of controllers) controller.release(name);
    },
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await running;
    },
  };
  return flux;
}

/** What `flux bootstrap` leaves behind: the repository, and the Kustomization of the cluster's own folder. */
function bootstrap(store: ObjectStore, cluster: string, url: string, branch: string): void {
  store.apply(places.gitRepositories, {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { ...bootstrapped },
    spec: { interval: "1m", url, ref: { branch } },
  });
  store.apply(places.kustomizations, {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { ...bootstrapped },
    spec: {
      interval: "10m",
      path: `./kubernetes/clusters/${cluster}`,
      prune: true,
      sourceRef: { kind: "GitRepository", name: "flux-system" },
    },
  });
}
