import type { IncomingMessage } from "node:http";
import type { Writer } from "./managed-fields/ownership.ts";
import { type ApiStatus, apiError } from "./status.ts";

const longestName = 128;

/**
 * As whom a request writes: by `fieldManager`, else by what the client calls itself up to the first slash. Throws 422 for a name that is
 * too long or not to be printed, and for an apply without one.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export function writerOf(
  request: IncomingMessage,
  query: URLSearchParams,
  subresource: string | undefined,
  isApply: boolean,
): Required<Writer> {
  const given = query.get("fieldManager") ?? "";
  if (given.length > longestName) throw refused("Too long: may not be more than 128 bytes");
  if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(given))
    throw refused(`Invalid value: "${given}": should only contain printable characters`);
  if (isApply && given === "") throw refused("Required value: is required for apply patch");
  const ofClient = (request.headers["user-agent"] ?? "").split("/")[0]?.slice(0, longestName) ?? "";
  return { manager: given || ofClient || "unknown", subresource: subresource ?? "" };
}

/** Whether an apply takes over what others own. Throws 422 where nothing is applied. */
export function isForced(query: URLSearchParams, isApply: boolean): boolean {
  if (query.has("force") && !isApply) throw refused("Forbidden: may not be specified for non-apply patch", "force");
  return /^(true|1)$/.test(query.get("force") ?? "");
}

function refused(words: string, field = "fieldManager"): ApiStatus {
  const message = `PatchOptions.meta.k8s.io "" is invalid: ${field}: ${words}`;
  return apiError(422, "Invalid", message, { group: "meta.k8s.io", kind: "PatchOptions" });
}
