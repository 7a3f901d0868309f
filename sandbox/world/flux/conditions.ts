import { z } from "zod";
import type { KubeObject, ObjectStore, Place } from "../../kubernetes/object-store.ts";
import { record } from "../views.ts";

export interface Ready {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

const conditions = z
  .array(z.looseObject({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() }))
  .catch([]);

/** The condition Ready of an object, if it has one. */
export function readyOf(object: KubeObject | undefined): Ready | undefined {
  const ready = conditions.parse(record(object?.["status"])["conditions"]).find(({ type }) => type === "Ready");
  if (ready === undefined) return undefined;
  const status = z.enum(["True", "False", "Unknown"]).catch("Unknown").parse(ready.status);
  return { status, reason: ready.reason, message: ready.message };
}

/**
 * Writes Ready and further fields of the status. The time changes with every other state, reason or message, as Flux's
 * own controllers have it.
 */
export function writeReady(
  store: ObjectStore,
  place: Place,
  at: { readonly namespace: string; readonly name: string },
  ready: Ready,
  more: Readonly<Record<string, unknown>> = {},
): void {
  store.patch(place, at.namespace, at.name, (object) => {
    const status = record(object["status"]);
    const before = readyOf(object);
    const same = before?.status === ready.status && before.reason === ready.reason && before.message === ready.message;
    const lastTransitionTime = new Date().toISOString();
    object["status"] = {
      ...status,
      ...more,
      observedGeneration: object.metadata.generation,
      conditions: same ? status["conditions"] : [{ type: "Ready", ...ready, lastTransitionTime }],
    };
  });
}
