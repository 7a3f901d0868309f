import { Resolver } from "node:dns/promises";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";

/**
 * Loaded before a program that runs as a pod: stands in for the pod's network namespace, which a process of this machine has
 * not. Its connections start at the pod's address and are dropped where the world's policies say so: as packets that nobody
 * answers, before anything is sent. Names are asked of the cluster's DNS, with the search list of the pod's namespace.
 */

const ip = process.env["WORLD_POD_IP"];
const nameServer = process.env["WORLD_NAME_SERVER"] ?? "";
const namespace = process.env["WORLD_NAMESPACE"] ?? "";

const asked = new Map<number, (dropped: boolean) => void>();
let questions = 0;

process.on("message", (answer: { readonly id: number; readonly dropped: boolean }) => {
  asked.get(answer.id)?.(answer.dropped);
  asked.delete(answer.id);
});
// It is no reason to stay.
process.channel?.unref();

function whenDecided(host: string, port: number, then: (dropped: boolean) => void): void {
  const id = questions++;
  asked.set(id, then);
  process.send?.({ id, host, port });
}

const { connect } = Socket.prototype;
Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: readonly unknown[]): Socket {
    // From net.connect it comes as one list with the options first.
    const options = Object(Array.isArray(args[0]) ? args[0][0] : args[0]);
    options.localAddress ??= ip;
    whenDecided(String(options.host), Number(options.port), (dropped) => {
      if (!dropped && !this.destroyed) Reflect.apply(connect, this, args);
    });
    return this;
  },
});

const pointed = new WeakSet<object>();
for (const method of ["resolve4", "resolve6"] as const) {
  const resolve = Resolver.prototype[method];
  Object.assign(Resolver.prototype, {
    [method](this: Resolver, ...args: readonly unknown[]) {
      // It cannot be set while a question is on its way.
      if (!pointed.has(this)) this.setServers([nameServer]);
      pointed.add(this);
      return Reflect.apply(resolve, this, args);
    },
  });
}

const { readFile } = files;
Object.assign(files, {
  readFile: async (path: unknown, ...rest: readonly unknown[]) =>
    path === "/etc/resolv.conf"
      ? `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n`
      : Reflect.apply(readFile, files, [path, ...rest]),
});
syncBuiltinESMExports();
