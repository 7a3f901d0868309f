import type { Socket } from "node:net";
import type { Scrub } from "../secrets.ts";
import type { ConnectionStage } from "./codes.ts";
import { dial } from "./connect.ts";
import { askRole, logIn, ping, writeAndRead } from "./conversation.ts";
import { measureLatency } from "./latency.ts";
import { type Line, openLine } from "./line.ts";
import type { ProbeOptions } from "./options.ts";
import type { Latency, ProbedAddress, Reached } from "./result.ts";
import { ok, runStage, StageFailure, type Success, skipped } from "./stage.ts";

export interface ProbeLimits {
  /** Aborted when the probe as a whole has to end. */
  readonly deadline: AbortSignal;
  readonly scrub: Scrub;
}

const notReached = skipped("Not reached: an earlier stage failed.", "not-reached");
const needsLogin = skipped("The server asks for a password first.", "no-credentials");
const notLoggedIn = skipped("Not tried: the login failed.", "not-logged-in");

/** Tries one address, stage after stage over one connection. A stage that needs what an earlier one failed to give is skipped. */
export async function probeAddress(
  address: string,
  options: ProbeOptions,
  { deadline, scrub }: ProbeLimits,
): Promise<ProbedAddress> {
  const { tls, credentials, keyPrefix, port, stageMs } = options;
  const stages: ProbedAddress["stages"] = [];
  let reached: Reached = "nothing";
  let socket: Socket | undefined;
  let line: Line | undefined;
  let role: ProbedAddress["role"];
  let latency: Latency | undefined;

  const stage = async (name: ConnectionStage, work: (signal: AbortSignal) => Promise<Success>) => {
    const outcome = await runStage(name, { stageMs, deadline }, work);
    stages.push(outcome);
    return outcome;
  };
  const talk = (name: ConnectionStage, work: (line: Line, signal: AbortSignal) => Promise<Success>) =>
    stage(name, async (signal) => {
      // A line that broke between two stages fails the next one.
      if (line === undefined || (!line.isOpen() && stages.some(({ verdict }) => verdict === "fail"))) return notReached;
      try {
        return await work(line, signal);
      } catch (error) {
        if (line.hasAnswered() || !hungUp(error)) throw error;
        const { whyHungUp } = await import("./handshake.ts");
        const wanted = await whyHungUp({ address, port }, tls, signal);
        if (wanted === undefined) throw error;
        reached = "server";
        throw new StageFailure<"ping">(wanted, undefined, { cause: error });
      }
    });

  try {
    await stage("tcp", async (signal) => {
      socket = await dial(address, port, signal);
      reached = "port";
      return ok("The port took the connection.");
    });
    await stage("tls", async (signal) => {
      if (socket === undefined) return notReached;
      if (tls === undefined) {
        line = openLine(socket, scrub);
        return skipped("TLS was not asked for.", "not-asked");
      }
      // Loaded only when asked for: Node's TLS is half of what the probe would take to start.
      const { secure } = await import("./handshake.ts");
      const secured = await secure(socket, { ...tls, address, port, stageMs }, signal, () => {
        reached = "server";
      });
      line = openLine(secured.socket, scrub);
      return ok(`The certificate is good: ${secured.certificate}.`);
    });
    const login = await talk("auth", async (line, signal) => {
      if (credentials === undefined) return skipped("No credentials were given.", "no-credentials");
      return logIn(line, credentials, signal);
    });
    const alive = await talk("ping", ping);
    const barred = login.verdict === "fail" ? notLoggedIn : alive.code === "ping.noauth" ? needsLogin : undefined;
    await talk("role", async (line, signal) => {
      if (barred !== undefined) return barred;
      return askRole(line, signal, (found) => {
        role = found;
      });
    });
    await talk("write-read", async (line, signal) => {
      if (keyPrefix === undefined) return skipped("No key prefix was given, so nothing is written.", "not-asked");
      return barred ?? writeAndRead(line, keyPrefix, signal);
    });
    await talk("latency", (line, signal) =>
      measureLatency(line, options, signal, (found) => {
        latency = found;
      }),
    );
  } finally {
    line?.close();
    socket?.destroy();
  }
  return {
    address,
    reached: line?.hasAnswered() ? "server" : reached,
    stages,
    ...(role === undefined ? {} : { role }),
    ...(latency === undefined ? {} : { latency }),
  };
}

/** What a server may do to a client that is not as it wants it to be. */
function hungUp(error: unknown): boolean {
  return error instanceof StageFailure && (error.reason === "closed" || error.reason === "reset");
}
