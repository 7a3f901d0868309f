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
  say(at);
  return async () => {
    objects.patch(places.kustomizations, at.namespace, at.name, (object) => {
      object["status"] = before;
    });
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

export const gitopsFaults: readonly Fault[] = [recentChange, fluxFailing, scraperBlocked];
