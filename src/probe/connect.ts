import { connect, type Socket } from "node:net";
import { classifyConnect, codeOf } from "./classify.ts";
import { StageFailure } from "./stage.ts";

/** A TCP connection. Throws StageFailure. */
export function dial(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const giveUp = () => socket.destroy(new StageFailure<"tcp">("timeout"));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    // It stays: between connecting and whoever takes over, an error without a listener would end the process.
    socket.on("error", (error) => {
      signal.removeEventListener("abort", giveUp);
      const why = codeOf(error);
      const seen = `${why} from ${host} port ${port}`;
      reject(
        error instanceof StageFailure ? error : new StageFailure<"tcp">(classifyConnect(why), seen, { cause: error }),
      );
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", giveUp);
      resolve(socket);
    });
  });
}
