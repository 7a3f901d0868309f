import { connect, type Socket } from "node:net";
import { asBuffer, createSplitter, encodeCommand, endOfReply, isError, parseReply, type RespValue } from "./resp.ts";

/** A private line to one store process, for the world's own questions. Answers come in the order of the questions. */
export interface ControlClient {
  /** Rejects with the server's words on an error reply, and when the line is cut. */
  command(...words: readonly string[]): Promise<RespValue>;
  close(): void;
}

export interface ControlTarget {
  readonly host: string;
  readonly port: number;
  /** Of `default` when there is only a password. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly localAddress?: string | undefined;
}

interface Waiting {
  readonly resolve: (value: RespValue) => void;
  readonly reject: (error: Error) => void;
}

/** Connects and authenticates. Rejects when the process does not accept connections or refuses the password. */
export async function connectControl(target: ControlTarget): Promise<ControlClient> {
  const socket = connect({
    host: target.host,
    port: target.port,
    noDelay: true,
    ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }),
  });
  await connected(socket);
  const client = speak(socket);
  if (target.password !== undefined) {
    try {
      await client.command("AUTH", ...(target.user === undefined ? [] : [target.user]), target.password);
    } catch (error) {
      client.close();
      throw error;
    }
  }
  return client;
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
    socket.once("error", reject);
  });
}

function speak(socket: Socket): ControlClient {
  const waiting: Waiting[] = [];
  const split = createSplitter(endOfReply);
  const end = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  socket.on("data", (chunk) => {
    for (const message of split(asBuffer(chunk))) {
      const value = parseReply(message);
      const asked = waiting.shift();
      if (isError(value)) asked?.reject(new Error(value.error));
      else asked?.resolve(value);
    }
  });
  socket.on("error", end);
  socket.on("close", () => end(new Error("the store process closed the connection")));
  return {
    command: (...words) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          reject(new Error("the store process closed the connection"));
          return;
        }
        waiting.push({ resolve, reject });
        socket.write(encodeCommand(words));
      }),
    close: () => socket.destroy(),
  };
}
