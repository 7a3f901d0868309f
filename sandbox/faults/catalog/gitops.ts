import { places } from "../../world/places.ts";
import { reportApplied } from "../../world/platform/platform.ts";
import { record } from "../../world/views.ts";
import { instance, type World } from "../../world/world.ts";
import type { Fault } from "../fault.ts";
import { changeSpec } from "../objects.ts";

const { namespace, name } = instance;

/** The Flux Kustomization that brings the instance. */
export function fluxKustomization({ infra: { objects } }: World): {
  readonly namespace: string;
  readonly name: string;
} {
  const found = objects
    .list(places.kustomizations)
    .find(({ metadata }) => /platform|databases|dragonfly/.test(metadata.name));
  if (found === undefined) throw new Error("There is no Flux Kustomization");
  return { namespace: found.metadata.namespace ?? "", name: found.metadata.name };
}

/** Lets Flux say something else of it; returns how to put back what it said before. */
function whileFluxSays(world: World, say: (at: ReturnType<typeof fluxKustomization>) => void): () => Promise<void> {
  const at = fluxKustomization(world);
  const { objects } = world.infra;
  const before = structuredClone(objects.get(places.kustomizations, at.namespace, at.name)?.["status"]);
  // Where Flux really runs, it lets go of this one meanwhile, and takes up afterwards what came from Git.
  world.flux?.hold(at.name);
  say(at);
  return async () => {
    objects.patch(places.kustomizations, at.namespace, at.name, (object) => {
      object["status"] = before;
    });
    world.flux?.release(at.name);
  };
}

const recentChange: Fault = {
  name: "recent-change",
  title: "A change just came from Git",
  description: "Flux has applied another revision a moment ago; nothing is broken (yet).",
  start: async (world) =>
    whileFluxSays(world, (at) =>
      reportApplied(world.infra.objects, at, "main@sha1:feedc0de00112233445566778899aabbccddeeff", new Date()),
    ),
};

const fluxFailing: Fault = {
  name: "flux-failing",
  title: "Flux cannot apply the tree",
  description: "A merge broke the manifests: Flux keeps what it had, and says that it cannot build the new revision.",
  start: async (world) =>
    whileFluxSays(world, ({ namespace: of, name: which }) =>
      world.infra.objects.patch(places.kustomizations, of, which, (object) => {
        const message = "kustomize build failed: accumulating resources: yaml: line 14: did not find expected key";
        const now = new Date().toISOString();
        const ready = { type: "Ready", status: "False", reason: "BuildFailed", message, lastTransitionTime: now };
        object["status"] = { ...record(object["status"]), conditions: [ready] };
      }),
    ),
};

const fluxSuspended: Fault = {
  name: "flux-suspended",
  title: "Flux is suspended for tenants",
  description:
    "Somebody ran `flux suspend` and forgot it: what is merged for tenants is not applied until it is resumed.",
  start: async ({ infra: { objects } }) => {
    const suspend = (value: boolean) =>
      objects.as("flux").patch(places.kustomizations, "flux-system", "infra-databases-tenants", (object) => {
        const { suspend: _, ...spec } = record(object["spec"]);
        object["spec"] = value ? { ...spec, suspend: true } : spec;
      });
    suspend(true);
    return async () => suspend(false);
  },
};

const gitUnreachable: Fault = {
  name: "git-unreachable",
  title: "Flux cannot reach the Git host",
  description: "The clusters keep what they have. What is merged now comes when the host is back.",
  start: async ({ flux }) => {
    if (flux === undefined) throw new Error("There is no Git behind this world.");
    flux.unreachable = "unable to clone: dial tcp 192.0.2.7:443: i/o timeout";
    return async () => {
      flux.unreachable = undefined;
      await flux.reconcile();
    };
  },
};

const secretsAway: Fault = {
  name: "secrets-away",
  title: "The store of secrets is away",
  description: "External Secrets can read nothing. Secrets that there are stay; a new tenant's is not made.",
  start: async (world) => {
    world.secrets.away = true;
    return async () => {
      world.secrets.away = false;
    };
  },
};

const scraperBlocked: Fault = {
  name: "scraper-blocked",
  title: "The policy keeps the scraper out",
  description: "Somebody edited the network policy: metrics of the instance are gone, the instance itself is well.",
  start: async (world) => {
    const undo = changeSpec(world, places.ciliumPolicies, { namespace, name }, (spec) =>
      JSON.parse(JSON.stringify(spec).replaceAll('"observability"', '"monitoring"')),
    );
    return async () => undo();
  },
};

export const gitopsFaults: readonly Fault[] = [
  recentChange,
  fluxFailing,
  fluxSuspended,
  gitUnreachable,
  secretsAway,
  scraperBlocked,
];
