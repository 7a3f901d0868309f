import { places } from "../../../../../sandbox/world/places.ts";
import { operatorNamespace } from "../../../../../sandbox/world/world.ts";
import { of } from "../mutation.ts";

export const inOperator = { namespace: operatorNamespace };
export const inFlux = { namespace: "flux-system" };
export const inApps = { cluster: "apps" } as const;

export const resource = of(places.dragonflies, "dragonfly");
export const statefulSet = of(places.statefulSets, "dragonfly");

/** What goes red when nobody in apps gets an answer. */
export const appsCutOff = ["ac3.apps.connects", "ac3.gitlab.connects", "ac4.enforced"];
