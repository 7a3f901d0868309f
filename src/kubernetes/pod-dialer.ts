import { connect } from "node:net";
import { Duplex, PassThrough, Writable } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node";
import { BotError } from "../errors.ts";
import type { PodAddress } from "../platform/ports.ts";

/** Opens a byte stream to a port of a pod. Throws BotError `server.unreachable`. */
export type DialPod = (address: PodAddress, port: number, signal: AbortSignal) => Promise<Duplex>;

/** Straight to the pod's IP: inside the cluster, or where pod IPs are routed. */
export const dialDirectly: DialPod = (address, port, signal) =>
  new Promise((resolve, reject) => {
    if (address.ip === undefined) {
      reject(unreachable(address, "it has no address yet"));
      return;
    }
    const socket = connect({ host: address.ip, port, noDelay: true });
    const onAbort = () => socket.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      resolve(socket);
    });
    socket.on("error", (cause) => reject(unreachable(address, cause.message, cause)));
    socket.once("close", () =>
      reject(signal.aborted ? signal.reason : unreachable(address, "the connection was closed")),
    );
  });

/**
 * Through the API server, from where pod IPs do not route. What the kubelet says on the error channel (such as
 * "connection refused" inside the pod) ends the stream at once instead of leaving it to hang.
 */
export function dialThroughApi(load: () => Promise<KubeConfig>): DialPod {
  return async (address, port, signal) => {
    const config = await load();
    const { PortForward } = await import("@kubernetes/client-node");
    const toPod = new PassThrough();
    const stream = new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, done) => void toPod.write(chunk, done),
      final: (done) => void toPod.end(done),
    });
    // It may break before anybody listens, and after everybody has left; whoever talks over it sees that it is destroyed.
    stream.on("error", () => undefined);
    const fromPod = new Writable({
      write(chunk: Buffer, _encoding, done) {
        // The first message only repeats the port and is empty past that.
        if (chunk.length > 0) stream.push(chunk);
        done();
      },
    });
    const complaints = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (chunk.length > 0) stream.destroy(unreachable(address, chunk.toString().trim()));
        done();
      },
    });
    const opened = new PortForward(config, false).portForward(
      address.namespace,
      address.pod,
      [port],
      fromPod,
      complaints,
      toPod,
    );
    const socket = await opened.catch((cause: unknown) => {
      throw unreachable(address, "the API server refused the port-forward", cause);
    });
    if (typeof socket === "function") throw unreachable(address, "the port-forward could not be held");
    const close = () => socket.close();
    stream.once("close", close);
    socket.onclose = () => stream.destroy();
    if (signal.aborted) stream.destroy();
    return stream;
  };
}

function unreachable(address: PodAddress, why: string, cause?: unknown): BotError {
  return new BotError(
    "server.unreachable",
    `The server in pod ${address.pod} cannot be reached: ${why}`,
    "Look at the pod: it may be starting, stopped, or cut off by a policy",
    { cause },
  );
}
