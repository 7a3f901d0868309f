import { randomUUID } from "node:crypto";
import { classifyAnswer } from "./classify.ts";
import type { Line } from "./line.ts";
import type { Credentials } from "./options.ts";
import { isRespError, type Reply, type RespError } from "./resp.ts";
import { ok, StageFailure, type Success, skipped } from "./stage.ts";

/** What the stages ask the server. Each throws StageFailure, with the cause that the server's answer stands for. */

/** The answer, when it is none of refusal. */
async function askFor(line: Line, words: readonly string[], signal: AbortSignal): Promise<Reply> {
  const reply = await line.ask(words, signal);
  if (isRespError(reply)) throw refusal(line, reply);
  return reply;
}

function refusal(line: Line, reply: RespError): StageFailure<"ping"> {
  const reason = classifyAnswer(reply.error);
  // The server closes the connection after either.
  if (reason === "max-clients" || reason === "tls-expected") line.close();
  return new StageFailure(reason, line.said(reply));
}

/** Logs in. */
export async function logIn(line: Line, { user, password }: Credentials, signal: AbortSignal): Promise<Success> {
  const reply = await askFor(line, ["AUTH", ...(user === undefined ? [] : [user]), password], signal);
  if (reply !== "OK") throw new StageFailure<"auth">("unexpected", line.said(reply));
  return ok(`The server took the password of ${user ?? "the default user"}.`);
}

/** Whether the server answers at all. Being asked for a password is an answer: it proves the path. */
export async function ping(line: Line, signal: AbortSignal): Promise<Success> {
  const reply = await line.ask(["PING"], signal);
  if (reply === "PONG") return ok("The server answered PONG.");
  if (!isRespError(reply)) throw new StageFailure<"ping">("unexpected", line.said(reply));
  if (classifyAnswer(reply.error) !== "noauth") throw refusal(line, reply);
  return ok("The server answered and asks for a password, which proves that the path to it is open.", "noauth");
}

/** The role. A tenant's user may not ask ROLE; HELLO says it too. */
export async function askRole(
  line: Line,
  signal: AbortSignal,
  onRole: (role: "primary" | "replica") => void,
): Promise<Success> {
  for (const [command, wordOf] of [
    ["ROLE", (reply: readonly Reply[]) => reply[0]],
    ["HELLO", (reply: readonly Reply[]) => reply[reply.indexOf("role") + 1]],
  ] as const) {
    const reply = await line.ask([command], signal);
    if (isRespError(reply)) {
      if (classifyAnswer(reply.error) !== "noperm") throw refusal(line, reply);
      continue;
    }
    const word = Array.isArray(reply) ? wordOf(reply) : undefined;
    const role = word === "master" ? "primary" : word === "slave" || word === "replica" ? "replica" : undefined;
    if (role === undefined) throw new StageFailure<"role">("unexpected", line.said(reply));
    onRole(role);
    return ok(`The server says that it is a ${role}.`, role);
  }
  return skipped("The user may not ask for the role; whether it may write shows in the next stage.", "noperm");
}

const keepSeconds = 60;

/** Writes a key of a unique name, reads it back and deletes it. The key expires by itself whatever happens. */
export async function writeAndRead(line: Line, prefix: string, signal: AbortSignal): Promise<Success> {
  const id = randomUUID();
  const key = `${prefix}dfbot-probe:${id}`;
  await askFor(line, ["SET", key, id, "EX", String(keepSeconds), "NX"], signal);
  const found = await askFor(line, ["GET", key], signal).catch(async (error: unknown) => {
    if (line.isOpen()) await line.ask(["DEL", key], signal);
    throw error;
  });
  const deleted = await line.ask(["DEL", key], signal);
  if (found !== id) throw new StageFailure<"write-read">("mismatch", line.said(found));
  if (deleted === 1) return ok(`Wrote, read and deleted ${key}.`);
  return ok(
    `Wrote and read ${key}; it was not deleted (${line.said(deleted)}) and expires in ${keepSeconds} s.`,
    "kept",
  );
}
