import { createServer, type Server } from "node:net";
import { adminPort, dataPort } from "../dragonfly/accent/facts.ts";

/** A loopback network of its own (127.x.y.0/24), so that worlds beside each other never share an address. */
export interface Network {
  /** The next address for a pod, of infra when no cluster is named; each has its own range. */
  podAddress(cluster?: "infra" | "apps"): string;
  /** The next address for a Service. */
  serviceAddress(): string;
  /** Where the metrics store listens. */
  readonly metricsAddress: string;
  /** Where each cluster's name server listens. */
  readonly nameServers: { readonly infra: string; readonly apps: string };
  release(): Promise<void>;
}

const claimPort = 1024;
const firstService = 2;
const firstPod = 60;
const podRanges = { infra: { first: firstPod, last: 199 }, apps: { first: 200, last: 250 } } as const;

/** Claims a network by holding a port in it; the kernel sees to it that nobody else does. */
export async function claimNetwork(): Promise<Network> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const prefix = `127.${10 + Math.floor(Math.random() * 240)}.${1 + Math.floor(Math.random() * 250)}`;
    const claim = await hold(`${prefix}.1`, claimPort).catch(() => undefined);
    if (claim === undefined) continue;
    try {
      await checkPorts(`${prefix}.1`);
    } catch (error) {
      claim.close();
      throw error;
    }
    const pods: Record<"infra" | "apps", number> = { infra: podRanges.infra.first, apps: podRanges.apps.first };
    let service = firstService;
    return {
      podAddress: (cluster = "infra") => {
        const { first, last } = podRanges[cluster];
        const host = pods[cluster];
        pods[cluster] = host === last ? first : host + 1;
        return `${prefix}.${host}`;
      },
      serviceAddress: () => {
        if (service === firstPod) throw new Error("There are no more addresses for Services in this world");
        return `${prefix}.${service++}`;
      },
      metricsAddress: `${prefix}.251`,
      nameServers: { infra: `${prefix}.252`, apps: `${prefix}.253` },
      release: () => new Promise((resolve) => claim.close(() => resolve())),
    };
  }
  throw new Error("No free loopback network: stop some of the sandboxes that run on this machine.");
}

/** Something that listens on every address (0.0.0.0) takes the pods' ports away, here as much as on a node. */
async function checkPorts(address: string): Promise<void> {
  for (const port of [dataPort, adminPort]) {
    try {
      const probe = await hold(address, port);
      await new Promise((resolve) => probe.close(resolve));
    } catch (error) {
      throw new Error(
        `Port ${port} cannot be used on ${address}: another program listens on it on all addresses, or this system has only 127.0.0.1 as loopback.`,
        { cause: error },
      );
    }
  }
}

function hold(host: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
