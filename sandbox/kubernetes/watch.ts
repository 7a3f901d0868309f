import type { ServerResponse } from "node:http";
import { type ObjectStore, type StoreEvent, samePlace } from "./object-store.ts";
import { type At, selection } from "./objects.ts";
import { apiVersionOf } from "./resources.ts";
import { apiError } from "./status.ts";

/**
 * Streams the changes of a collection as JSON lines until the client goes away or its time is over.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function watchObjects(store: ObjectStore, at: At, query: URLSearchParams, response: ServerResponse): void {
  const matches = selection(at.type, query);
  const seconds = Number(query.get("timeoutSeconds") ?? 1_800);
  const given = query.get("resourceVersion") ?? "";
  const since = given === "" || given === "0" ? undefined : Number(given);
  const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);

  response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
  if (since !== undefined && since < store.oldestWatchable) {
    send("ERROR", apiError(410, "Expired", `too old resource version: ${since} (${store.oldestWatchable})`));
    response.end();
    return;
  }
  const concerns = ({ place, object }: StoreEvent) =>
    samePlace(place, at.type) &&
    (at.namespace === undefined || object.metadata.namespace === at.namespace) &&
    (at.name === undefined || object.metadata.name === at.name);
  const known = new Set<string>();
  const forward = (event: StoreEvent) => {
    if (!concerns(event)) return;
    const uid = event.object.metadata.uid ?? "";
    const selected = event.type !== "DELETED" && matches(event.object);
    // An object that stops matching is, to this watch, deleted; one that begins to match is added.
    if (selected)
      send(
        known.has(uid) && event.type === "MODIFIED"
          ? "MODIFIED"
          : event.type === "MODIFIED" && since === undefined
            ? "ADDED"
            : event.type,
        event.object,
      );
    else if (known.has(uid) || (event.type === "DELETED" && matches(event.object))) send("DELETED", event.object);
    if (selected) known.add(uid);
    else known.delete(uid);
  };
  if (since === undefined) {
    for (const object of store
      .list(at.type, at.namespace)
      .filter((item) => matches(item) && (at.name === undefined || item.metadata.name === at.name))) {
      known.add(object.metadata.uid ?? "");
      send("ADDED", object);
    }
  } else {
    for (const object of store.list(at.type, at.namespace).filter(matches))
      if (Number(object.metadata.resourceVersion) <= since) known.add(object.metadata.uid ?? "");
    for (const event of store.eventsSince(since)) forward(event);
  }
  const unsubscribe = store.onChange(forward);
  const bookmarks = query.get("allowWatchBookmarks") === "true";
  const timer = setTimeout(() => {
    if (bookmarks)
      send("BOOKMARK", {
        kind: at.type.kind,
        apiVersion: apiVersionOf(at.type),
        metadata: { resourceVersion: String(store.resourceVersion) },
      });
    response.end();
  }, seconds * 1_000);
  response.on("close", () => {
    clearTimeout(timer);
    unsubscribe();
  });
}
