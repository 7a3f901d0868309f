import { addresses, type HostName, ipv4 } from "./addresses.ts";

const from = (name: HostName) => `ip daddr ${ipv4(addresses[name])}`;
const asked = (name: HostName) => `ct original ip daddr ${ipv4(addresses[name])}`;
const store = ipv4(addresses.store);

/**
 * What stands between a client and a store in a cluster, said by nftables: policies that drop or reject, a Service that
 * leads to a pod (an address that is translated), one without endpoints (kube-proxy rejects with port-unreachable), and
 * connections that are cut after a few packets.
 */
export const rules = `
table inet cluster {
  chain services {
    type nat hook prerouting priority dstnat
    ${from("dropped-later")} tcp dport 6379 dnat ip to ${store}
    ${from("reset-later")} tcp dport 6379 dnat ip to ${store}
  }
  chain policies {
    type filter hook input priority filter
    ${from("dropped")} drop
    ${from("rejected-reset")} meta l4proto tcp reject with tcp reset
    ${from("rejected-icmp")} reject with icmp admin-prohibited
    ${from("no-endpoint")} reject with icmp port-unreachable
    ${asked("dropped-later")} ct original packets > 10 drop
    ${asked("reset-later")} ct original packets > 10 meta l4proto tcp reject with tcp reset
  }
}
`;
