import { z } from "zod";
import { type KubeObject, orderOf } from "./kube-object.ts";
import type { ObjectStore } from "./object-store.ts";
import type { At } from "./parse-object.ts";
import { apiVersionOf, type ResourceType } from "./resources.ts";
import { fieldSelector, labelSelector } from "./selectors.ts";
import { apiError } from "./status.ts";

/**
 * A list, or the next piece of it. Throws 400 and 410.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export function listObjects(store: ObjectStore, { type, namespace }: At, query: URLSearchParams): unknown {
  const matches = selection(type, query);
  const all = store.list(type, namespace).filter(matches);
  const limit = Number(query.get("limit") ?? 0);
  const from = continuation(store, query.get("continue"));
  const rest = from === undefined ? all : all.filter((object) => orderOf(object) > from.after);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const resourceVersion = from?.resourceVersion ?? store.resourceVersion;
  const more =
    last === undefined || page.length === rest.length
      ? {}
      : {
          continue: Buffer.from(JSON.stringify({ resourceVersion, after: orderOf(last) })).toString("base64url"),
          // With a selector the real server does not know how many would still match.
          ...(isSelective(query) ? {} : { remainingItemCount: rest.length - page.length }),
        };
  return {
    kind: `${type.kind}List`,
    apiVersion: apiVersionOf(type),
    metadata: { resourceVersion: String(resourceVersion), ...more },
    items: page.map((object) => store.shown(type, object)),
  };
}

function isSelective(query: URLSearchParams): boolean {
  return [query.get("labelSelector"), query.get("fieldSelector")].some((text) => (text ?? "") !== "");
}

const continueSchema = z.object({ resourceVersion: z.int(), after: z.string() });

/** Throws 400 for a token that is none, and 410 when the list it continues is too long ago. */
function continuation(store: ObjectStore, token: string | null): z.infer<typeof continueSchema> | undefined {
  if (token === null || token === "") return undefined;
  const parsed = continueSchema.safeParse(jsonOf(Buffer.from(token, "base64url").toString()));
  if (!parsed.success) throw apiError(400, "BadRequest", "continue key is not valid");
  if (parsed.data.resourceVersion < store.history.oldestWatchable)
    throw apiError(
      410,
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The test that a list's or watch's selectors make. */
export function selection(type: ResourceType, query: URLSearchParams): (object: KubeObject) => boolean {
  const byLabel = labelSelector(query.get("labelSelector") ?? "");
  const byField = fieldSelector(query.get("fieldSelector") ?? "", type.kind);
  return (object) => byLabel(object) && byField(object);
}
