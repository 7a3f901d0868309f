import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Two channels a port: data and error. Each begins with the port number, little endian. */
const dataChannel = 0;
const errorChannel = 1;
const closeChannel = 255;

/**
 * Speaks `v4.channel.k8s.io` (and v5, which adds closing of one channel) over a WebSocket: the first byte of every
 * message is the channel.
 * Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/portforward/websocket.go (protocol), KEP-4006
 */
export function forwardPort(socket: WebSocket, port: number, dial: () => Promise<Duplex>): void {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16LE(port);
  const send = (channel: number, data: Buffer) => {
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([Buffer.from([channel]), data]));
  };
  send(dataChannel, portBytes);
  send(errorChannel, portBytes);
  const early: Buffer[] = [];
  let pod: Duplex | undefined;
  let ended = false;
  socket.on("message", (raw: Buffer) => {
    const [channel] = raw;
    const data = raw.subarray(1);
    // v5: the client closes one channel and keeps the other.
    if (channel === closeChannel && data[0] === dataChannel) {
      ended = true;
      pod?.end();
    }
    if (channel !== dataChannel || data.length === 0) return;
    if (pod === undefined) early.push(data);
    else pod.write(data);
  });
  socket.on("close", () => pod?.destroy());
  // A peer that breaks the protocol must not take the server down; "close" follows.
  socket.on("error", () => undefined);
  dial().then(
    (stream) => {
      pod = stream;
      stream.on("data", (data: Buffer) => send(dataChannel, data));
      stream.on("error", (error) => send(errorChannel, Buffer.from(String(error))));
      stream.on("close", () => socket.close());
      if (socket.readyState !== socket.OPEN) {
        stream.destroy();
        return;
      }
      for (const data of early) stream.write(data);
      if (ended) stream.end();
    },
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      send(errorChannel, Buffer.from(`error forwarding port ${port} to pod: ${why}`));
      socket.close();
    },
  );
}
