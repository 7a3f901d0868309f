/**
 * Whether a body has the shape of what Slack sends: a form, or JSON, either way with an object in it. Bolt takes anything
 * else apart only after it verified the signature, and a signed `payload=null` leaves its request hanging.
 */
export function isSlackBody(body: Buffer, contentType: string): boolean {
  const text = body.toString();
  if (!contentType.startsWith("application/x-www-form-urlencoded")) return isObject(text);
  const payload = new URLSearchParams(text).get("payload");
  return payload === null ? text !== "" : isObject(payload);
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object";
  } catch {
    return false;
  }
}
