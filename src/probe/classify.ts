import type { FailureOf, TalkFailure } from "./codes.ts";

/** Matched in this order. From inside a script the answer begins with ERR and the word stands within. */
const answers: readonly (readonly [RegExp, TalkFailure])[] = [
  [/\bNOAUTH\b/, "noauth"],
  [/\bWRONGPASS\b|^ERR invalid password/, "wrongpass"],
  [/\bNOPERM\b/, "noperm"],
  [/without any password configured/, "no-password"],
  [/\bLOADING\b/, "loading"],
  [/\bMASTERDOWN\b/, "masterdown"],
  [/\bREADONLY\b/, "readonly"],
  [/\bOOM\b|out of memory/i, "out-of-memory"],
  [/max number of clients/i, "max-clients"],
  [/\bTLS\b/, "tls-expected"],
  [/^(?:MOVED|ASK|CLUSTERDOWN)\b/, "moved"],
];

/** The cause that an error reply stands for. */
export function classifyAnswer(text: string): TalkFailure {
  return answers.find(([pattern]) => pattern.test(text))?.[1] ?? "unexpected";
}

const connecting: Readonly<Record<string, FailureOf<"tcp">>> = {
  ETIMEDOUT: "timeout",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETUNREACH: "no-route",
  ENETDOWN: "no-route",
  EADDRNOTAVAIL: "no-route",
  ECONNRESET: "reset",
};

/** The cause for an error code of connect(2). */
export function classifyConnect(code: string): FailureOf<"tcp"> {
  return connecting[code] ?? "unexpected";
}

const talking: Readonly<Record<string, TalkFailure>> = {
  ECONNRESET: "reset",
  EPIPE: "closed",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  // TLS 1.3 ends the handshake before the server has looked for the client's certificate.
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "client-certificate",
};

/** The cause for an error code of a connection that was open. */
export function classifyTalk(code: string): TalkFailure {
  return talking[code] ?? "unexpected";
}

const handshakes: Readonly<Record<string, FailureOf<"tls">>> = {
  CERT_HAS_EXPIRED: "expired",
  CERT_NOT_YET_VALID: "not-yet-valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "wrong-name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unknown-ca",
  SELF_SIGNED_CERT_IN_CHAIN: "unknown-ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown-ca",
  UNABLE_TO_GET_ISSUER_CERT: "unknown-ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown-ca",
  CERT_UNTRUSTED: "unknown-ca",
  CERT_SIGNATURE_FAILURE: "unknown-ca",
  INVALID_CA: "unknown-ca",
  ERR_SSL_WRONG_VERSION_NUMBER: "plain",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "plain",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "client-certificate",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "handshake",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "handshake",
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: "handshake",
  ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY: "handshake",
  ECONNRESET: "reset",
  EPIPE: "closed",
};

/** The cause for an error code of a TLS handshake: OpenSSL's verification results and alerts as Node names them. */
export function classifyHandshake(code: string): FailureOf<"tls"> {
  const known = handshakes[code];
  if (known !== undefined) return known;
  return /HANDSHAKE_FAILURE|NO_SHARED_CIPHER/.test(code) ? "handshake" : "unexpected";
}

const lookups: Readonly<Record<string, FailureOf<"dns">>> = {
  ENOTFOUND: "nxdomain",
  EBADNAME: "nxdomain",
  ENODATA: "no-address",
  ESERVFAIL: "servfail",
  ETIMEOUT: "timeout",
  ECONNREFUSED: "refused",
  EREFUSED: "refused",
};

/** The cause for an error code of a DNS question (c-ares, as Node names them). */
export function classifyLookup(code: string): FailureOf<"dns"> {
  return lookups[code] ?? "unexpected";
}

/** The code that Node or the system gave to an error; empty when there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
