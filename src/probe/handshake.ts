import { readFileSync } from "node:fs";
import { isIP, type Socket } from "node:net";
import { connect } from "node:tls";
import { classifyHandshake, classifyTalk, codeOf } from "./classify.ts";
import { dial } from "./connect.ts";
import { openLine } from "./line.ts";
import type { TlsOptions } from "./options.ts";
import { StageFailure } from "./stage.ts";

interface Target {
  readonly address: string;
  readonly port: number;
}

export interface SecureTarget extends Target, TlsOptions {
  readonly stageMs: number;
}

export interface Secured {
  readonly socket: Socket;
  /** Whose certificate, and until when it is valid. */
  readonly certificate: string;
}

/** Ways in which a server that does not speak TLS may take a handshake: it waits for more, or gives up. */
const maybePlain: ReadonlySet<string> = new Set(["timeout", "closed", "reset", "unexpected"]);

/**
 * The TLS handshake over a connection. `onAnswer` is told when a server answered, with or without TLS.
 * Throws StageFailure; when no TLS came back, it has looked whether the server speaks without.
 */
export async function secure(
  socket: Socket,
  target: SecureTarget,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<Secured> {
  // A server without TLS may wait for the rest of what it takes for a command; half of the time is left to find out.
  const half = AbortSignal.any([signal, AbortSignal.timeout(target.stageMs / 2)]);
  try {
    const secured = await handshake(socket, target, half);
    onAnswer();
    return secured;
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    if (!maybePlain.has(error.reason)) {
      onAnswer();
      throw error;
    }
    if (!(await speaksPlainly(target, signal))) throw error;
    onAnswer();
    throw new StageFailure<"tls">("plain", error.seen, { cause: error });
  }
}

function handshake(socket: Socket, { name, caFile }: TlsOptions, signal: AbortSignal): Promise<Secured> {
  return new Promise((resolve, reject) => {
    const secured = connect({
      socket,
      // The name that the certificate is held against; an address is no name that could be announced (RFC 6066, 3).
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    });
    const fail = (failure: StageFailure<"tls">) => {
      signal.removeEventListener("abort", giveUp);
      secured.destroy();
      reject(failure);
    };
    const giveUp = () => fail(new StageFailure("timeout"));
    signal.addEventListener("abort", giveUp, { once: true });
    secured.on("error", (error) => {
      const why = codeOf(error);
      const disconnected = why === "ECONNRESET" && /disconnected before/.test(error.message);
      fail(new StageFailure(disconnected ? "closed" : classifyHandshake(why), why, { cause: error }));
    });
    secured.once("secureConnect", () => {
      signal.removeEventListener("abort", giveUp);
      const { subject, valid_to } = secured.getPeerCertificate();
      resolve({ socket: secured, certificate: `${subject?.CN ?? "without a name"}, valid until ${valid_to}` });
    });
  });
}

/**
 * What a server wants that hung up before it said anything, found out over a second connection: TLS, or a certificate of the
 * client. In TLS 1.3 it asks for one when the handshake is over, and what it says then is lost when something was sent
 * meanwhile; so this one only listens.
 */
export async function whyHungUp(
  target: Target,
  tls: TlsOptions | undefined,
  signal: AbortSignal,
): Promise<"tls-expected" | "client-certificate" | undefined> {
  if (tls === undefined) return (await speaksTls(target, signal)) ? "tls-expected" : undefined;
  const socket = await dial(target.address, target.port, signal).catch(() => undefined);
  if (socket === undefined) return undefined;
  try {
    const secured = await handshake(socket, tls, signal);
    return classifyTalk(await endOf(secured.socket, signal)) === "client-certificate"
      ? "client-certificate"
      : undefined;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** The code of the error that ends a connection; empty when it ends without, or when time is up. */
function endOf(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    socket.once("error", (error) => resolve(codeOf(error)));
    socket.once("close", () => resolve(""));
    signal.addEventListener("abort", () => resolve(""), { once: true });
    socket.resume();
  });
}

async function speaksTls({ address, port }: Target, signal: AbortSignal): Promise<boolean> {
  const socket = await dial(address, port, signal).catch(() => undefined);
  if (socket === undefined) return false;
  try {
    await handshake(socket, { name: address, caFile: undefined }, signal);
    return true;
  } catch (error) {
    return error instanceof StageFailure && error.reason !== "plain" && !maybePlain.has(error.reason);
  } finally {
    socket.destroy();
  }
}

/** Whether a server answers without TLS: then that is why the handshake failed. No credentials are sent. */
async function speaksPlainly({ address, port }: Target, signal: AbortSignal): Promise<boolean> {
  const socket = await dial(address, port, signal).catch(() => undefined);
  if (socket === undefined) return false;
  const line = openLine(socket, (text) => text);
  try {
    await line.ask(["PING"], signal);
    return true;
  } catch {
    return false;
  } finally {
    line.close();
  }
}
