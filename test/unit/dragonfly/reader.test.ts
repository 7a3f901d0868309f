import { connect, createServer, type Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Dial } from "../../../src/dragonfly/over-stream.ts";
import { createServerReader } from "../../../src/dragonfly/reader.ts";

const address = { cluster: "infra", namespace: "d", pod: "dragonfly-0", ip: "127.0.0.1" };
const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** A server that answers each command with what `answer` says, until told otherwise. */
async function serving(answer: (command: string, socket: Socket) => string | undefined): Promise<Dial> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      for (const command of String(data)
        .toUpperCase()
        .match(/INFO|SLOWLOG/g) ?? []) {
        const reply = answer(command, socket);
        if (reply !== undefined) socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return () =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket));
    });
}

const healthy = (command: string) =>
  command === "INFO" ? bulk("role:master\r\ndragonfly_version:df-v1.40.1\r\n") : "*0\r\n";
const read = (dial: Dial, signal = AbortSignal.timeout(5_000)) => createServerReader(dial).state(address, signal);

describe("asking a server", () => {
  it("takes one round trip and closes the connection", async () => {
    let closed = false;
    const dial = await serving((command, socket) => {
      socket.once("close", () => {
        closed = true;
      });
      return healthy(command);
    });
    expect(await read(dial)).toMatchObject({ version: "v1.40.1", role: { kind: "primary" } });
    await expect.poll(() => closed).toBe(true);
  });

  it("works over a stream that is no socket, as a forwarded port is", async () => {
    const toServer = new PassThrough();
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, done) => void toServer.write(chunk, done),
    });
    toServer.on("data", (data) => {
      for (const command of String(data)
        .toUpperCase()
        .match(/INFO|SLOWLOG/g) ?? [])
        stream.push(healthy(command));
    });
    expect(await read(async () => stream)).toMatchObject({ version: "v1.40.1" });
  });

  it.each([
    ["-NOAUTH Authentication required.\r\n", "server.auth"],
    ["-WRONGPASS invalid username-password pair or user is disabled.\r\n", "server.auth"],
    ["-LOADING Dragonfly is loading the dataset in memory\r\n", "server.loading"],
    [bulk("hello"), "server.protocol"],
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "server.unreachable"],
  ])("answered %j is %s", async (reply, code) => {
    await expect(read(await serving(() => reply))).rejects.toMatchObject({ code });
  });

  it("cut off in the middle of an answer is unreachable, not a hang", async () => {
    const dial = await serving((_command, socket) => {
      socket.end("$100\r\nrole:mas");
      return undefined;
    });
    await expect(read(dial)).rejects.toMatchObject({ code: "server.unreachable" });
  });

  it("never answered ends with the signal's reason and a closed connection", async () => {
    const stop = new AbortController();
    const dial = await serving(() => undefined);
    const reading = read(dial, stop.signal);
    setTimeout(() => stop.abort(new Error("time is over")), 50);
    await expect(reading).rejects.toThrow("time is over");
  });
});
