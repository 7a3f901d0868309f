/** The stages of a probe, in the order in which they are tried. */
export const stages = ["dns", "tcp", "tls", "auth", "ping", "role", "write-read", "latency"] as const;
export type Stage = (typeof stages)[number];

/** The stages that a connection goes through; the name is looked up once for all of them. */
export const connectionStages = ["tcp", "tls", "auth", "ping", "role", "write-read", "latency"] as const;
export type ConnectionStage = (typeof connectionStages)[number];

const overall = {
  deadline: "The probe had to end before this stage was done: its deadline came, or it was stopped.",
} as const;

/** What may become of any question to the server, whichever stage asks it. */
const talk = {
  ...overall,
  timeout:
    "The connection is open and no answer came: the server hangs, or packets of established connections are dropped.",
  closed: "The server closed the connection before it answered: it is shutting down, or a proxy gave up on it.",
  reset: "The connection was reset: the server died, or a firewall cut it.",
  unreachable: "The connection broke because the network can no longer deliver to the server.",
  "not-resp": "What answers is no Dragonfly or Redis: the port belongs to another program.",
  "tls-expected": "The server speaks TLS on this port and the probe did not.",
  "client-certificate": "The server demands a client certificate.",
  "max-clients": "The server has as many clients as it may have and refuses new ones.",
  noauth: "The server asks for a password.",
  wrongpass: "The user is unknown or disabled, or the password is wrong.",
  noperm: "The user may not do this: its ACL lacks the command or the key.",
  "no-password": "The server has no password set, so it takes none: everybody may do everything there.",
  loading: "The server is loading its data or in a full sync; it answers when that is done.",
  masterdown: "The server is a replica that has lost its primary and may not serve old data.",
  readonly: "The address leads to a replica, which refuses writes: the Service does not select the primary.",
  "out-of-memory": "The server has reached maxmemory and refuses writes.",
  moved: "The server is part of a real cluster and sends the client elsewhere for this key.",
  unexpected: "The server gave an answer that is not expected here.",
} as const;

/**
 * Every cause of a failure, by stage, with one sentence that says what it most likely means. `<stage>.<cause>` is the code
 * of an outcome; codes are stable. Answers are classified by what a real Dragonfly v1.40.1 said
 * (test/fixtures/dragonfly-1.40.1, errors-*.txt and acl.txt).
 */
export const failures = {
  dns: {
    ...overall,
    nxdomain:
      "The name does not exist: it is misspelt, or this cluster has no Service of that name; a cluster of clients needs one, too.",
    "no-address":
      "The name exists and has no address of a kind that this pod has: a Service without ready endpoints (headless), or of the other IP family.",
    servfail: "The DNS server could not find out: the server that it asks in turn is down or broken.",
    timeout: "No DNS server answered: egress to the cluster's DNS is dropped by a policy, or its pods are down.",
    refused: "The DNS server refuses the question or nothing listens at its address: see the pod's /etc/resolv.conf.",
    unexpected: "The DNS server gave an answer that is not expected here.",
  },
  tcp: {
    ...overall,
    timeout:
      "No answer to the connection request: dropped on the way, most likely by a NetworkPolicy of either side, or the address is of a pod that is gone.",
    refused:
      "The connection was refused at once: nothing listens there, the Service has no endpoint, or a firewall rejects it.",
    unreachable:
      "The network says that the host cannot be reached: its pod or node is gone, or a policy rejects with ICMP.",
    "no-route": "This pod has no route to the address.",
    reset: "The connection was reset while it was being made: a firewall or a proxy cut it.",
    unexpected: "The connection could not be made, for an unusual reason.",
  },
  tls: {
    ...overall,
    timeout: "The connection is open and the TLS handshake is not answered: the server hangs.",
    closed: "The server closed the connection during the TLS handshake.",
    reset: "The connection was reset during the TLS handshake.",
    plain: "The server does not speak TLS on this port: it answered without it.",
    "unknown-ca": "The certificate is not signed by an authority that the probe was given.",
    expired: "The certificate has expired.",
    "not-yet-valid": "The certificate is not valid yet: one of the clocks is wrong.",
    "wrong-name": "The certificate is for another name than the one that was asked for.",
    "client-certificate": "The server demands a client certificate.",
    handshake: "Probe and server found no TLS version or cipher in common.",
    unexpected: "The TLS handshake failed for an unusual reason.",
  },
  auth: talk,
  ping: talk,
  role: talk,
  "write-read": {
    ...talk,
    mismatch: "What was read is not what was written: something else writes the probe's key, or reads lead elsewhere.",
  },
  latency: {
    ...talk,
    slow: "The path works and is slower than it should be: another zone, a busy server, or packets are lost.",
  },
} as const satisfies Record<Stage, Readonly<Record<string, string>>>;

export type FailureOf<S extends Stage> = keyof (typeof failures)[S] & string;
/** A cause that every stage which talks to the server may have. */
export type TalkFailure = keyof typeof talk;
