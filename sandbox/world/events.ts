import type { ObjectStore } from "../kubernetes/object-store.ts";
import { places } from "./places.ts";

interface Subject {
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string; readonly uid: string };
}

/**
 * Writes an event as the real controllers do: the same one again only counts up. With `everyMs` not more often than that,
 * for what is tried again and again.
 */
export function recordEvent(
  store: ObjectStore,
  { kind, metadata: { namespace, name, uid } }: Subject,
  {
    type,
    reason,
    message,
    everyMs = 0,
  }: {
    readonly type: "Normal" | "Warning";
    readonly reason: string;
    readonly message: string;
    readonly everyMs?: number;
  },
): void {
  const event = `${name}.${uid.slice(0, 8)}.${reason.toLowerCase()}`;
  const now = new Date().toISOString();
  const before = store.get(places.events, namespace, event);
  if (before !== undefined) {
    const again = before["message"] === message;
    if (again && Date.now() - Date.parse(String(before["lastTimestamp"])) < everyMs) return;
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
