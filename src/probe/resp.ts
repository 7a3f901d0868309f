/** A reply of RESP2. An error is a value here: to a probe it is an answer like any other. */
export type Reply = string | number | null | RespError | readonly Reply[];

export interface RespError {
  readonly error: string;
}

/** Whether a server answered with an error. */
export function isRespError(reply: Reply): reply is RespError {
  return reply !== null && typeof reply === "object" && "error" in reply;
}

/** A command as an array of bulk strings. */
export function encodeCommand(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

/**
 * The reply at the start of `bytes`, and where it ends; undefined while it is not whole.
 *
 * @throws Error when these bytes are no RESP2
 */
export function parseReply(bytes: Buffer, at = 0): { readonly reply: Reply; readonly end: number } | undefined {
  if (at >= bytes.length) return undefined;
  const type = String.fromCharCode(bytes[at] ?? 0);
  if (!"+-:$*".includes(type)) throw new Error("not a RESP reply");
  const lineEnd = bytes.indexOf("\r\n", at);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("utf8", at + 1, lineEnd);
  const end = lineEnd + 2;
  if (type === "+") return { reply: line, end };
  if (type === "-") return { reply: { error: line }, end };
  const count = Number(line);
  if (!Number.isInteger(count)) throw new Error("not a RESP reply");
  if (type === ":") return { reply: count, end };
  if (count < 0) return { reply: null, end };
  return type === "$" ? bulk(bytes, end, count) : array(bytes, end, count);
}

function bulk(bytes: Buffer, at: number, length: number) {
  const end = at + length;
  return bytes.length < end + 2 ? undefined : { reply: bytes.toString("utf8", at, end), end: end + 2 };
}

function array(bytes: Buffer, at: number, count: number) {
  const items: Reply[] = [];
  let end = at;
  while (items.length < count) {
    const item = parseReply(bytes, end);
    if (item === undefined) return undefined;
    items.push(item.reply);
    end = item.end;
  }
  return { reply: items, end };
}
