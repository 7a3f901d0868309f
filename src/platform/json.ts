/** What a text of JSON says; undefined for one that is none, which the schema of whoever asks then refuses. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
