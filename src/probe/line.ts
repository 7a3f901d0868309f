import type { Socket } from "node:net";
import type { Scrub } from "../secrets.ts";
import { classifyTalk, codeOf } from "./classify.ts";
import { encodeCommand, isRespError, parseReply, type Reply } from "./resp.ts";
import { StageFailure } from "./stage.ts";

/** A connection that is spoken over, one question at a time. */
export interface Line {
  /** The answer, which may be an error reply. Throws StageFailure when none can come any more; the line is closed then. */
  ask(words: readonly string[], signal: AbortSignal): Promise<Reply>;
  /** False once it broke or was given up. */
  isOpen(): boolean;
  /** A server has answered in its protocol. */
  hasAnswered(): boolean;
  /** A reply in the server's own words: short, on one line, without secrets. A server may repeat what it was sent. */
  said(reply: Reply): string;
  close(): void;
}

/** No answer to a probe's questions is anywhere near as long. */
const longestReply = 64 * 1024;
const longestQuote = 120;

/** Speaks over a socket that is connected and, where asked for, has its TLS handshake behind it. */
export function openLine(socket: Socket, scrub: Scrub): Line {
  let received: Buffer = Buffer.alloc(0);
  let answered = false;
  let broken: StageFailure<"ping"> | undefined;
  let wake = () => {};

  const end = (failure: StageFailure<"ping">) => {
    broken ??= failure;
    socket.destroy();
    wake();
  };
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on("error", (error) => end(new StageFailure(classifyTalk(codeOf(error)), undefined, { cause: error })));
  socket.on("close", () => end(new StageFailure("closed")));
  socket.on("end", () => end(new StageFailure("closed")));
  if (socket.destroyed) end(new StageFailure("closed"));

  const take = (): Reply | undefined => {
    try {
      const found = parseReply(received);
      if (found === undefined && received.length <= longestReply) return undefined;
      if (found === undefined) throw new Error("an endless reply");
      received = received.subarray(found.end);
      answered = true;
      return found.reply;
    } catch (cause) {
      throw strange(received, scrub, cause);
    }
  };

  const nextReply = (signal: AbortSignal): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const settle = () => {
        try {
          // What came before the end counts: a server that refuses a client says why, then closes.
          const reply = take();
          if (reply !== undefined) resolve(reply);
          else if (broken !== undefined) reject(broken);
          else if (signal.aborted) reject(new StageFailure<"ping">("timeout"));
          else return;
        } catch (error) {
          reject(error);
        }
        wake = () => {};
        signal.removeEventListener("abort", settle);
      };
      wake = settle;
      signal.addEventListener("abort", settle, { once: true });
      settle();
    });

  return {
    async ask(words, signal) {
      if (!socket.destroyed) socket.write(encodeCommand(words));
      try {
        return await nextReply(signal);
      } catch (error) {
        // An answer that comes later would be taken for the next question's.
        end(new StageFailure("closed"));
        throw error;
      }
    },
    isOpen: () => broken === undefined && !socket.destroyed,
    hasAnswered: () => answered,
    said: (reply) => quote(scrub(textOf(reply))),
    close: () => socket.destroy(),
  };
}

/** Something else than RESP came. The first byte of a TLS record is its type; 21 is an alert, and the next is the version. */
function strange(bytes: Buffer, scrub: Scrub, cause: unknown): StageFailure<"ping"> {
  if (bytes[0] === 21 && bytes[1] === 3) return new StageFailure("tls-expected", "a TLS alert", { cause });
  return new StageFailure("not-resp", quote(scrub(bytes.toString("latin1").split(/[\r\n]/)[0] ?? "")), { cause });
}

function textOf(reply: Reply): string {
  if (isRespError(reply)) return reply.error;
  return typeof reply === "string" ? reply : JSON.stringify(reply);
}

/** Short, and without anything that a terminal would obey. */
function quote(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, "?");
  return JSON.stringify(plain.length > longestQuote ? `${plain.slice(0, longestQuote)}...` : plain);
}
