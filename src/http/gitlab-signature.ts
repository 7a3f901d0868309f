import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What GitLab says of itself beside the body; a header that came twice is none. */
export interface GitLabHeaders {
  readonly token: string | undefined;
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

const windowSeconds = 5 * 60;

/**
 * Whether a webhook comes from who knows the secret. Either the secret itself comes along (X-Gitlab-Token), or the body is signed
 * with it: then it is a signing token, `whsec_` and the key in base64. More than one signature may come, while a key is changed.
 * Nothing is told by how long it takes.
 *
 * Source: https://docs.gitlab.com/user/project/integrations/webhooks/, https://github.com/standard-webhooks/standard-webhooks
 */
export function isFromGitLab(headers: GitLabHeaders, body: Buffer, secret: string, now: Date): boolean {
  const { token, id, timestamp, signature } = headers;
  if (token !== undefined && isSame(Buffer.from(token), Buffer.from(secret))) return true;
  if (id === undefined || timestamp === undefined || signature === undefined || !secret.startsWith("whsec_"))
    return false;
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > windowSeconds) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const wanted = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return signature
    .split(" ")
    .filter((one) => one.startsWith("v1,"))
    .map((one) => isSame(Buffer.from(one.slice("v1,".length), "base64"), wanted))
    .includes(true);
}

function isSame(given: Buffer, wanted: Buffer): boolean {
  const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
