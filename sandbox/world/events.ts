import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "./places.ts";

interface Subject {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/** Writes an event as the real controllers do: the same one again only counts up. */
export function recordEvent(
  store: ObjectStore,
  { kind, metadata: { namespace, name, uid } }: Subject,
  { type, reason, message }: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string },
): void {
  const event = `${name}.${uid.slice(0, 8)}.${reason.toLowerCase()}`;
  const now = new Date().toISOString();
  if (store.get(places.events, namespace, event) !== undefined) {
    store.patch(places.events, namespace, event, (object) => {
      object["count"] = Number(object["count"] ?? 1) + 1;
      object["lastTimestamp"] = now;
      object["message"] = message;
    });
    return;
  }
  store.create(places.events, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: event, namespace },
    type,
    reason,
    message,
    involvedObject: { kind, namespace, name, uid },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
}
