import type { ServerResponse } from "node:http";
import type { StoreEvent } from "./history.ts";
import { samePlace } from "./kube-object.ts";
import { selection } from "./lists.ts";
import type { ObjectStore } from "./object-store.ts";
import type { At } from "./parse-object.ts";
import { apiVersionOf } from "./resources.ts";
import { apiError } from "./status.ts";

const bookmarkEveryMs = 60_000;

/**
 * Streams the changes of a collection as JSON lines until the client goes away or its time is over. Without a
 * resourceVersion, or with 0, it begins with what is there. Throws 400 and 504 for a resourceVersion that cannot be.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function watchObjects(store: ObjectStore, at: At, query: URLSearchParams, response: ServerResponse): void {
  const selected = selection(at.type, query);
  const since = startOf(store, query);
  const seconds = Number(query.get("timeoutSeconds") ?? 1_800);
  const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);

  response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
  // The client waits for the headers before it says that the watch is open, and nothing may happen for long.
  response.flushHeaders();
  if (since !== undefined && since < store.history.oldestWatchable) {
    send("ERROR", apiError(410, "Expired", `too old resource version: ${since} (${store.history.oldestWatchable})`));
    response.end();
    return;
  }
  const concerns = ({ place, object }: StoreEvent) =>
    samePlace(place, at.type) &&
    (at.namespace === undefined || object.metadata.namespace === at.namespace) &&
    (at.name === undefined || object.metadata.name === at.name);
  const forward = (event: StoreEvent) => {
    if (!concerns(event)) return;
    const was = event.before !== undefined && selected(event.before);
    const is = event.type !== "DELETED" && selected(event.object);
    // An object that stops matching is, to this watch, deleted; one that begins to match is added.
    if (is) send(was ? "MODIFIED" : "ADDED", event.object);
    else if (was) send("DELETED", event.object);
  };
  if (since === undefined) {
    for (const object of store.list(at.type, at.namespace))
      if (selected(object) && (at.name === undefined || object.metadata.name === at.name))
        send("ADDED", store.shown(at.type, object));
  } else {
    for (const event of store.history.since(since)) forward(event);
  }
  const unsubscribe = store.onChange(forward);
  const bookmark = () => {
    if (!/^(true|1)$/.test(query.get("allowWatchBookmarks") ?? "")) return;
    const metadata = { resourceVersion: String(store.resourceVersion) };
    send("BOOKMARK", { kind: at.type.kind, apiVersion: apiVersionOf(at.type), metadata });
  };
  const bookmarks = setInterval(bookmark, bookmarkEveryMs);
  const timer = setTimeout(() => {
    bookmark();
    response.end();
  }, seconds * 1_000);
  response.on("close", () => {
    clearInterval(bookmarks);
    clearTimeout(timer);
    unsubscribe();
  });
}

function startOf(store: ObjectStore, query: URLSearchParams): number | undefined {
  const given = query.get("resourceVersion") ?? "";
  if (given === "" || given === "0") return undefined;
  if (!/^\d+$/.test(given))
    throw apiError(400, "BadRequest", `resourceVersion: Invalid value: "${given}": strconv.ParseUint: invalid syntax`);
  if (Number(given) > store.resourceVersion)
    throw apiError(504, "Timeout", `Too large resource version: ${given}, current: ${store.resourceVersion}`, {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    });
  return Number(given);
}
