/**
 * A short stable code for a command that failed, for counting: the server's own (`READONLY`), the socket's (`ECONNREFUSED`), `timeout`, or
 * `cut` for an answer that was lost with its connection. A command that found no connection gets the reason why there is none.
 *
 * @param broken the last error of the connection itself
 */
export function codeOfFailure(error: unknown, broken: Error | undefined): string {
  const text = error instanceof Error ? error.message : String(error);
  // Anywhere in the text: from inside a script the answer begins with ERR.
  const [ofServer] = /\b(?:READONLY|LOADING|MASTERDOWN|NOAUTH|WRONGPASS|NOPERM|OOM)\b/.exec(text) ?? [];
  if (ofServer !== undefined) return ofServer;
  if (/out of memory/i.test(text)) return "OOM";
  if (/timed out/i.test(text)) return "timeout";
  if (/isn't writeable|enableOfflineQueue/.test(text)) return codeOf(broken) ?? "no connection";
  const code = codeOf(error);
  if (code !== undefined) return code;
  return /connection is closed|max retries per request/i.test(text)
    ? "cut"
    : (/^[A-Z]{3,}\b/.exec(text)?.[0] ?? "other");
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code;
}
