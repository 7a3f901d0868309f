import type { Said } from "../../../sandbox/world/network/name-server.ts";
import { addresses, ipv4, ipv6, nowhere } from "./addresses.ts";

const domain = "cluster.test";
const inCluster = (name: string) => `${name}.dragonfly.svc.${domain}`;
const v4 = (...hosts: readonly number[]): Said => ({ v4: hosts.map(ipv4) });

/** What the DNS server of the test knows: every host under its own name, and names with something special about them. */
export const names: ReadonlyMap<string, Said> = new Map<string, Said>(
  Object.entries<Said>({
    ...Object.fromEntries(Object.entries(addresses).map(([name, host]) => [name, v4(host)])),
    dual: { v4: [ipv4(addresses.plain)], v6: [ipv6(addresses.plain)] },
    pair: v4(addresses.plain, addresses.dropped),
    many: v4(...Array.from({ length: 10 }, (_, i) => 60 + i)),
    "tls-alias": v4(addresses.tls),
    elsewhere: { v4: [nowhere] },
    empty: {},
    broken: "servfail",
    silent: "silence",
  }).map(([name, said]) => [inCluster(name), said]),
);

/** The name that the good certificate is for. */
export const certifiedName = inCluster("tls");

/** As the kubelet writes it into a pod of the namespace `shop`. */
export const resolvConf = `search shop.svc.${domain} svc.${domain} ${domain}
nameserver ${ipv4(addresses["name-server"])}
options ndots:5
`;
