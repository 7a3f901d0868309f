/**
 * The Redis serialization protocol as far as a proxy needs it: where a message ends, what a command is called, and small
 * values in and out. Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

export interface RespError {
  readonly error: string;
}

export type RespValue = string | number | null | RespError | readonly RespValue[];

const CR = 13;
const LF = 10;

/**
 * Index just past the message that starts at `from`. When it is not complete yet: the bitwise complement of the least
 * length that the buffer must have before it is worth looking again (always negative).
 */
export function endOfReply(buffer: Buffer, from: number): number {
  const lineEnd = buffer.indexOf(LF, from);
  if (lineEnd === -1) return ~(buffer.length + 1);
  const next = lineEnd + 1;
  switch (buffer[from]) {
    case 36: // $ bulk string
    case 33: // ! bulk error
    case 61: {
      // = verbatim string
      const length = integer(buffer, from + 1);
      if (length < 0) return next;
      const end = next + length + 2;
      return end <= buffer.length ? end : ~end;
    }
    case 42: // * array
    case 126: // ~ set
    case 62: // > push
      return skip(buffer, next, integer(buffer, from + 1));
    case 37: // % map
      return skip(buffer, next, 2 * integer(buffer, from + 1));
    case 124: // | attributes, then the reply they belong to
      return skip(buffer, next, 2 * integer(buffer, from + 1) + 1);
    default:
      return next;
  }
}

/** Like `endOfReply`, for what a client sends: arrays of bulk strings, or one line of words ("inline command"). */
export function endOfCommand(buffer: Buffer, from: number): number {
  if (buffer[from] === 42) return endOfReply(buffer, from);
  const lineEnd = buffer.indexOf(LF, from);
  return lineEnd === -1 ? ~(buffer.length + 1) : lineEnd + 1;
}

function skip(buffer: Buffer, from: number, count: number): number {
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at >= buffer.length) return ~(buffer.length + 1);
    at = endOfReply(buffer, at);
    if (at < 0) return at;
  }
  return at;
}

function integer(buffer: Buffer, from: number): number {
  let at = from;
  const negative = buffer[at] === 45;
  if (negative) at++;
  let value = 0;
  for (let byte = buffer[at]; byte !== undefined && byte !== CR && byte !== LF; byte = buffer[++at]) {
    value = value * 10 + byte - 48;
  }
  return negative ? -value : value;
}

/** Cuts a byte stream into whole messages; what is left over waits for the next chunk. */
export function createSplitter(endOf: (buffer: Buffer, from: number) => number): (chunk: Buffer) => readonly Buffer[] {
  let waiting: Buffer[] = [];
  let length = 0;
  let wanted = 1;
  return (chunk) => {
    waiting.push(chunk);
    length += chunk.length;
    if (length < wanted) return [];
    const [only] = waiting;
    const buffer = waiting.length === 1 && only !== undefined ? only : Buffer.concat(waiting, length);
    const messages: Buffer[] = [];
    let from = 0;
    wanted = 1;
    while (from < buffer.length) {
      const end = endOf(buffer, from);
      if (end < 0) {
        wanted = ~end - from;
        break;
      }
      messages.push(buffer.subarray(from, end));
      from = end;
    }
    waiting = from < buffer.length ? [buffer.subarray(from)] : [];
    length = buffer.length - from;
    return messages;
  };
}

/** The words of one command message, the name included, as text. */
export function commandWords(message: Buffer): readonly string[] {
  if (message[0] !== 42) {
    return message
      .toString("utf8")
      .trim()
      .split(/\s+/)
      .filter((word) => word !== "");
  }
  const value = parseReply(message);
  return Array.isArray(value) ? value.map((word) => (typeof word === "string" ? word : String(word))) : [];
}

/** The first word of one command message in upper case, without parsing the rest. */
export function commandName(message: Buffer): string {
  if (message[0] !== 42) return (commandWords(message)[0] ?? "").toUpperCase();
  const header = message.indexOf(LF) + 1;
  const text = message.indexOf(LF, header) + 1;
  return message.toString("latin1", text, text + integer(message, header + 1)).toUpperCase();
}

/** One whole reply as a value. Maps come flat, as RESP2 has them; text is read as UTF-8. */
export function parseReply(message: Buffer): RespValue {
  return parseAt(message, 0).value;
}

function parseAt(buffer: Buffer, from: number): { readonly value: RespValue; readonly end: number } {
  const lineEnd = buffer.indexOf(LF, from);
  const next = lineEnd + 1;
  const line = () => buffer.toString("utf8", from + 1, lineEnd - 1);
  switch (buffer[from]) {
    case 45:
      return { value: { error: line() }, end: next };
    case 58:
      return { value: integer(buffer, from + 1), end: next };
    case 95:
      return { value: null, end: next };
    case 36:
    case 33:
    case 61: {
      const length = integer(buffer, from + 1);
      if (length < 0) return { value: null, end: next };
      return { value: buffer.toString("utf8", next, next + length), end: next + length + 2 };
    }
    case 42:
    case 126:
    case 62:
      return parseMany(buffer, next, integer(buffer, from + 1));
    case 37:
      return parseMany(buffer, next, 2 * integer(buffer, from + 1));
    default:
      return { value: line(), end: next };
  }
}

function parseMany(buffer: Buffer, from: number, count: number): { readonly value: RespValue; readonly end: number } {
  if (count < 0) return { value: null, end: from };
  const values: RespValue[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const { value, end } = parseAt(buffer, at);
    values.push(value);
    at = end;
  }
  return { value: values, end: at };
}

/** What a socket's `data` event hands over; text only when somebody set an encoding, which nobody here does. */
export function asBuffer(chunk: Buffer | string): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

export function isError(value: RespValue): value is RespError {
  return typeof value === "object" && value !== null && "error" in value;
}

/** A command as a client sends it. */
export function encodeCommand(words: readonly string[]): Buffer {
  return encodeBulks(words);
}

function encodeBulks(words: readonly string[]): Buffer {
  return Buffer.from(
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
  );
}

export const ok = Buffer.from("+OK\r\n");

export function encodeError(text: string): Buffer {
  return Buffer.from(`-${text}\r\n`);
}

export function encodeBulk(text: string): Buffer {
  return Buffer.from(`$${Buffer.byteLength(text)}\r\n${text}\r\n`);
}

/** A reply; strings as bulk strings, as Dragonfly sends nearly everything. */
export function encodeReply(value: RespValue): Buffer {
  if (value === null) return Buffer.from("$-1\r\n");
  if (typeof value === "string") return encodeBulk(value);
  if (typeof value === "number") return Buffer.from(`:${value}\r\n`);
  if (isError(value)) return encodeError(value.error);
  return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map(encodeReply)]);
}

/** The same pairs as a RESP3 map, or flat for RESP2. */
export function encodeMap(pairs: readonly (readonly [string, RespValue])[], protocol: 2 | 3): Buffer {
  const header = protocol === 3 ? `%${pairs.length}\r\n` : `*${pairs.length * 2}\r\n`;
  return Buffer.concat([
    Buffer.from(header),
    ...pairs.flatMap(([key, value]) => [encodeBulk(key), encodeReply(value)]),
  ]);
}
