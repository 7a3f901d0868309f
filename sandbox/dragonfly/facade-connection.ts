import { connect, type Socket } from "node:net";
import { facadeClientList, type SeenConnection } from "./accent/client-list.ts";
import { rewriteError } from "./accent/errors.ts";
import type { Acl } from "./acl.ts";
import { createQueue } from "./queue.ts";
import type { Login } from "./redis-process.ts";
import {
  asBuffer,
  commandName,
  commandWords,
  createSplitter,
  encodeCommand,
  encodeError,
  endOfCommand,
  endOfReply,
} from "./resp.ts";

/** What a connection needs to know of the server it is a connection to. */
export interface FacadeHost {
  readonly ip: string;
  readonly backendPort: number;
  /** For the admin port, where everybody may do everything. */
  readonly ownLogin: Login;
  /** Everybody who is connected, by the end that the process behind sees. */
  readonly connections: Map<string, SeenConnection>;
  readonly acl: Pick<Acl, "openToAll" | "mayLogIn" | "allows">;
  /**
   * Answers that the facade gives itself, with their effect; undefined: the process behind answers. `trusted`: nobody's
   * rights need to be asked about.
   */
  local(words: readonly string[], trusted: boolean): (() => Promise<Buffer>) | undefined;
  /** How to ask the process behind for an answer that is then put into Dragonfly's words. */
  rewritten(
    words: readonly string[],
  ): { readonly ask: Buffer; readonly rewrite: (reply: Buffer) => Buffer } | undefined;
  /** False when this replica must not get a stream (see `break_replication_on_master_restart`). */
  mayReplicate(words: readonly string[]): boolean;
  /** Told of the replication id under which a replica was given the stream. */
  replicates(id: string): void;
}

export interface FacadeClient {
  readonly socket: Socket;
  /** What it had already sent when it was looked at. */
  readonly first: Buffer;
  /** The admin port: no password is asked for. */
  readonly trusted: boolean;
}

interface Turn {
  readonly message: Buffer;
  readonly kind: "forward" | "local" | "stream";
  readonly answer?: () => Promise<Buffer>;
  /** Part of a login, so that nobody's rights are asked about. */
  readonly login?: boolean;
  readonly rewrite?: (reply: Buffer) => Buffer;
  /** After an answer that is no error. */
  readonly accepted?: () => void;
  /** The facade's own login, of which the client hears nothing. */
  readonly silent?: boolean;
}

/** No answer: from here on the connection is a stream. */
const goOn = Buffer.alloc(0);
const noAuth = encodeError("NOAUTH Authentication required.");
const subscribing = new Set(["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"]);
const replicating = new Set(["PSYNC", "SYNC"]);
const special = new Set([
  ...subscribing,
  ...replicating,
  ...["AUTH", "HELLO", "MULTI", "EXEC", "DISCARD", "INFO", "ROLE", "CONFIG", "SAVE", "BGSAVE", "REPLICAOF", "SLAVEOF"],
  ...["REPLTAKEOVER", "DFLY", "BGREWRITEAOF", "ACL", "CLIENT"],
]);

/**
 * One client's connection, passed on to the process behind command by command. Most commands and answers pass untouched;
 * a few answers are put into Dragonfly's words, a few commands are answered here, and a replication stream or a
 * subscription turns the connection into a plain pipe. Answers keep the order of the commands.
 */
export function serveClient(host: FacadeHost, { socket: client, first, trusted }: FacadeClient): void {
  const upstream = connect({
    host: host.ip,
    port: host.backendPort,
    noDelay: true,
    // The process behind sees who is asking: for CLIENT LIST, the slow log, and a primary's list of replicas.
    ...(client.remoteAddress?.startsWith("127.") ? { localAddress: client.remoteAddress } : {}),
  });
  client.setNoDelay(true);
  upstream.once("connect", () => {
    const end = `${upstream.localAddress}:${upstream.localPort}`;
    const [addr, laddr] = [client.remoteAddress, client.localAddress];
    host.connections.set(end, { addr: `${addr}:${client.remotePort}`, laddr: `${laddr}:${client.localPort}` });
    upstream.once("close", () => host.connections.delete(end));
  });
  const turns = createQueue<Turn>();
  const replies = createQueue<Buffer>();
  /** How many of the turns, from the first, have gone to the process behind. */
  let sent = 0;
  const splitCommands = createSplitter(endOfCommand);
  const splitReplies = createSplitter(endOfReply);
  let loggedIn = trusted;
  let user = "default";
  let protocol = 2;
  let inTransaction = false;
  let piping = false;
  let answering = false;

  /** Sends what may be sent: nothing overtakes a command that is answered here or ends the conversation. */
  const send = () => {
    upstream.cork();
    for (let turn = turns.at(sent); turn?.kind === "forward"; turn = turns.at(sent)) {
      sent++;
      if (!upstream.write(turn.message)) client.pause();
    }
    upstream.uncork();
  };

  const finish = () => {
    turns.shift();
    if (sent > 0) sent--;
  };

  /** Hands out the answers that are there, and begins what was waiting for them. */
  const settle = () => {
    client.cork();
    while (!piping && step());
    client.uncork();
  };

  const step = (): boolean => {
    const turn = turns.at(0);
    const reply = replies.at(0);
    if (reply !== undefined && (reply[0] === 62 || turn === undefined)) {
      // A push message of RESP3 answers no command.
      replies.shift();
      client.write(reply);
      return true;
    }
    if (turn?.kind === "forward" && reply !== undefined) {
      replies.shift();
      finish();
      give(turn, reply);
      return true;
    }
    if (turn !== undefined && turn.kind !== "forward" && !answering) answer(turn);
    return false;
  };

  const answer = (turn: Turn) => {
    answering = true;
    permitted(turn).then(
      (text) => {
        answering = false;
        if (text === goOn) {
          pipe();
          return;
        }
        finish();
        client.write(text);
        send();
        settle();
      },
      () => client.destroy(),
    );
  };

  const permitted = async ({ message, answer, login }: Turn): Promise<Buffer> => {
    if (answer === undefined) return noAuth;
    if (trusted || login) return await answer();
    if (!loggedIn && !host.acl.openToAll()) return noAuth;
    return (await host.acl.allows(user, commandWords(message)))
      ? await answer()
      : encodeError(`NOPERM ${user} has no ACL permissions`);
  };

  const give = (turn: Turn, reply: Buffer) => {
    if (reply[0] === 45) {
      if (!turn.silent) client.write(rewriteError(reply, user));
      return;
    }
    turn.accepted?.();
    if (!turn.silent) client.write(turn.rewrite === undefined ? reply : turn.rewrite(reply));
  };

  const pipe = () => {
    piping = true;
    client.removeAllListeners("data");
    upstream.removeAllListeners("data");
    upstream.on("data", watchForId(host.replicates));
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) upstream.write(turn.message);
    client.pipe(upstream);
    upstream.pipe(client);
  };

  const plan = (message: Buffer): Turn => {
    const forward: Turn = { message, kind: "forward" };
    const name = commandName(message);
    if (!special.has(name)) return forward;
    const words = commandWords(message);
    if ((name === "AUTH" || name === "HELLO") && !loggedIn && !host.acl.mayLogIn(name)) {
      const refusal = encodeError("NOPERM default has no ACL permissions");
      return { ...forward, kind: "local", login: true, answer: async () => refusal };
    }
    if (name === "AUTH") {
      return { ...forward, accepted: () => login(words.length > 2 ? words[1] : "default") };
    }
    if (name === "HELLO") {
      const auth = words.findIndex((word) => word.toUpperCase() === "AUTH");
      const rewritten = host.rewritten(words);
      const accepted = () => {
        protocol = words[1] === "3" ? 3 : words[1] === "2" ? 2 : protocol;
        if (auth > 0) login(words[auth + 1]);
      };
      return { ...forward, accepted, ...(rewritten === undefined ? {} : { rewrite: rewritten.rewrite }) };
    }
    if (name === "MULTI") inTransaction = true;
    if (name === "EXEC" || name === "DISCARD") inTransaction = false;
    if (inTransaction) return forward;
    if (replicating.has(name)) {
      if (!host.mayReplicate(words)) {
        client.destroy();
        return forward;
      }
      return { ...forward, kind: "stream", answer: async () => goOn };
    }
    if (subscribing.has(name)) {
      const pushes = protocol === 3 && name !== "MONITOR";
      return pushes ? forward : { ...forward, kind: "stream", answer: async () => goOn };
    }
    const local = host.local(words, trusted);
    if (local !== undefined) return { ...forward, kind: "local", answer: local };
    if (name === "CLIENT") {
      const isList = words[1]?.toUpperCase() === "LIST";
      return isList ? { ...forward, rewrite: (reply) => facadeClientList(reply, host.connections) } : forward;
    }
    const rewritten = host.rewritten(words);
    return rewritten === undefined ? forward : { ...forward, message: rewritten.ask, rewrite: rewritten.rewrite };
  };

  const login = (name: string | undefined) => {
    loggedIn = true;
    user = name ?? "default";
  };

  const receive = (chunk: Buffer) => {
    for (const message of splitCommands(chunk)) turns.push(plan(message));
    send();
    settle();
  };

  if (trusted) {
    const { user: own, password } = host.ownLogin;
    turns.push({ message: encodeCommand(["AUTH", own, password]), kind: "forward", silent: true });
  }
  client.on("data", receive);
  upstream.on("data", (chunk) => {
    for (const reply of splitReplies(asBuffer(chunk))) replies.push(reply);
    settle();
  });
  upstream.on("drain", () => client.resume());
  client.on("error", () => upstream.destroy());
  client.on("close", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  upstream.on("close", () => client.end());
  if (first.length > 0) receive(first);
  else send();
}

/** The first line of a replication stream names its id: `+FULLRESYNC <id> <offset>` or `+CONTINUE <id>`. */
function watchForId(found: (id: string) => void): (chunk: Buffer | string) => void {
  let beginning = "";
  return (chunk) => {
    if (beginning.length > 200) return;
    beginning += asBuffer(chunk).toString("latin1", 0, 200);
    const id = /\+(?:FULLRESYNC|CONTINUE) ([0-9a-f]{40})/.exec(beginning)?.[1];
    if (id !== undefined) found(id);
  };
}

/** What Dragonfly says to one client too many, before it hangs up. */
export function refuseClient(socket: Socket): void {
  socket.on("error", () => {});
  socket.end(encodeError("ERR max number of clients reached"));
}
