/**
 * Loaded into the bot before its own code (`node --import`). Watches from outside everything by which the process leaves a
 * trace in the world, and kills it at the one that the test ordered: before it is sent, or after its answer came.
 */
import { subscribe } from "node:diagnostics_channel";
import { StatementSync } from "node:sqlite";
import { Redis } from "ioredis";
import { controlVariable, note, readOrder, spare } from "./control.ts";

const directory = process.env[controlVariable] ?? "";
let attempt = "";
let count = 0;
const named = new Map<string, number>();

function boundary(name: string): void {
  const order = readOrder(directory);
  if (order === undefined) return;
  if (order.attempt !== attempt) {
    attempt = order.attempt;
    count = 0;
    named.clear();
  }
  count++;
  const nth = (named.get(name) ?? 0) + 1;
  named.set(name, nth);
  note(directory, { attempt, number: count, name, nth });
  if (name !== order.killAt?.name || nth !== order.killAt.nth) return;
  spare(directory, order);
  process.kill(process.pid, "SIGKILL");
  // The signal arrives when it does; nothing more may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
}

const reads = /^\/api\/(auth|users|usergroups|conversations|apps|bots)\.|selfsubject|\/api\/v1\/query/;

/** `PUT configmaps/dfbot-run`, `PUT GitLab merge_requests/!/merge`; undefined for what changes nothing. */
function nameOf({ method = "GET", path = "" }: Sent): string | undefined {
  if (!["POST", "PUT", "PATCH", "DELETE"].includes(method) || reads.test(path)) return undefined;
  const [resource = ""] = path.split("?");
  const [, inGitLab] = /^\/api\/v4\/projects\/[^/]+\/(.*)/.exec(resource) ?? [];
  if (inGitLab !== undefined) return `${method} GitLab ${inGitLab.replace(/merge_requests\/\d+/, "merge_requests/!")}`;
  const short = resource.split("/").slice(-2).join("/");
  return `${method} ${short
    .replace(/(dfbot-run|dfbot-lock)-.*/, "$1")
    .replace(/^[\w-]+\/eviction$/, "pod/eviction")
    .replace(/^\w+\/[0-9a-f]{24}$/, "response_url")}`;
}

const around = (when: "before" | "after") => (message: unknown) => {
  const name = nameOf((message as { readonly request: Sent }).request);
  if (name !== undefined) boundary(`${when} ${name}`);
};
subscribe("http.client.request.created", around("before"));
subscribe("http.client.response.finish", around("after"));
subscribe("undici:request:create", around("before"));
subscribe("undici:request:headers", around("after"));

/** `journal run.succeeded`: an entry of the audit log by what it says. */
const entryOf = ([text]: readonly unknown[]) => `journal ${/"action":"([^"]+)"/.exec(String(text))?.[1] ?? ""}`.trim();
const run = StatementSync.prototype.run;
StatementSync.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
  boundary(`before ${entryOf(values)}`);
  const result = run.apply(this, values);
  boundary(`after ${entryOf(values)}`);
  return result;
} as typeof run;

const changing = new Set(["bgsave", "slaveof", "replicaof", "repltakeover", "xadd"]);
/** BullMQ does everything with scripts; those that take the data of a wake-up add one. */
const addsJob = ({ name, args }: { readonly name: string; readonly args: readonly unknown[] }) =>
  name.toLowerCase() === "evalsha" && args.some((arg) => typeof arg === "string" && arg.startsWith('{"id":"r-'));
const sendCommand = Redis.prototype.sendCommand;
Redis.prototype.sendCommand = function (this: Redis, command, stream) {
  const name = command.name.toLowerCase();
  // Before it is connected it only queues the command, and comes here again with it.
  const adds = addsJob(command);
  if ((!changing.has(name) && !adds) || this.status !== "ready") return sendCommand.call(this, command, stream);
  const what = adds ? "queue a wake-up" : name;
  boundary(`before ${what}`);
  const answer = sendCommand.call(this, command, stream) as Promise<unknown>;
  return answer.then((value) => {
    boundary(`after ${what}`);
    return value;
  });
};
