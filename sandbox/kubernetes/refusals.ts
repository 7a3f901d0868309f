import type { KubeMetadata, Place } from "./kube-object.ts";
import { type ApiStatus, apiError } from "./status.ts";

/** What the store refuses, in the API server's words. */

/** `pods`, `deployments.apps`: as the real server's messages name a resource. */
export function describe(place: Place): string {
  return place.group === "" ? place.plural : `${place.plural}.${place.group}`;
}

/** What a Status says of the object it is about. */
export function detailsOf(place: Place, name: string): Readonly<Record<string, string>> {
  return { name, ...(place.group === "" ? {} : { group: place.group }), kind: place.plural };
}

export function notFound(place: Place, name: string): ApiStatus {
  return apiError(404, "NotFound", `${describe(place)} "${name}" not found`, detailsOf(place, name));
}

export function alreadyExists(place: Place, name: string): ApiStatus {
  return apiError(409, "AlreadyExists", `${describe(place)} "${name}" already exists`, detailsOf(place, name));
}

/** Throws 409 when the writer means another version of the object, or another object of the name, than the one that is there. */
export function mustMean(place: Place, given: KubeMetadata, before: KubeMetadata): void {
  const refused = (why: string) =>
    apiError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${describe(place)} "${given.name}": ${why}`,
      detailsOf(place, given.name),
    );
  if (given.resourceVersion !== undefined && given.resourceVersion !== before.resourceVersion)
    throw refused("the object has been modified; please apply your changes to the latest version and try again");
  if (given.uid !== undefined && given.uid !== before.uid)
    throw refused(`Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${before.uid}`);
}
