import type { IncomingMessage } from "node:http";
import { parse as parseYaml } from "yaml";
import { apiError } from "./status.ts";

const bodyLimit = 3 * 1024 * 1024;

/** The body by its content type; undefined when it is empty. Throws 400, 413, 415. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyLimit)
      throw apiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${bodyLimit}`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const contentType = contentTypeOf(request);
  // Patches have media types of their own, which the patch itself judges. The real server also takes protobuf.
  const accepted = ["", "application/json", "application/yaml"];
  if (request.method !== "PATCH" && !accepted.includes(contentType))
    throw apiError(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml`,
    );
  const text = Buffer.concat(chunks).toString();
  try {
    return /yaml/.test(contentType) ? parseYaml(text) : JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw apiError(400, "BadRequest", `couldn't get version/kind; json parse error: ${why}`);
  }
}

/** Without its parameters. */
export function contentTypeOf(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}
