/**
 * Who has which address in the namespaces: the last part of it. Every one is there for IPv4 and IPv6; the names that the
 * DNS server of the test knows are made of them (`name-server.ts`).
 */
export const addresses = {
  client: 1,
  "name-server": 53,
  /** A store with a password and users, as the platform's. */
  store: 10,
  replica: 11,
  loading: 12,
  full: 13,
  /** Stores without a password and without TLS. */
  plain: 14,
  hanging: 15,
  crowded: 16,
  orphan: 17,
  /** Stores with TLS. */
  tls: 20,
  "tls-expired": 21,
  "tls-strict": 22,
  /** What a policy or a Service does, by nftables: `rules.ts`. */
  dropped: 30,
  "rejected-reset": 31,
  "rejected-icmp": 32,
  "no-endpoint": 33,
  "dropped-later": 34,
  "reset-later": 35,
  /** What a program in between does. */
  slow: 40,
  closing: 41,
  web: 42,
  /** An address that nothing has. */
  nobody: 99,
} as const;

export type HostName = keyof typeof addresses;

export const ipv4 = (host: number) => `10.77.0.${host}`;
export const ipv6 = (host: number) => `fd77::${host}`;

/** With the length of the network's prefix. */
export const prefix = [(host: number) => `${ipv4(host)}/24`, (host: number) => `${ipv6(host)}/64`] as const;

/** Beyond every network that the client knows. */
export const nowhere = "10.99.0.1";
