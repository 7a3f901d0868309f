import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  classifyAnswer,
  classifyConnect,
  classifyHandshake,
  classifyLookup,
  classifyTalk,
  codeOf,
} from "../../../src/probe/classify.ts";
import { failures, stages } from "../../../src/probe/codes.ts";

/** What a recording shows as the answer to the command that begins so. */
function recorded(recording: string, command: string): string {
  const lines = readFileSync(`test/fixtures/dragonfly-1.40.1/${recording}`, "utf8").split("\n");
  const at = lines.findIndex((line) => /^(?:\$|==) /.test(line) && line.includes(command));
  const answer = lines[at + 1];
  if (at < 0 || answer === undefined || answer === "") throw new Error(`${recording} has no answer to ${command}`);
  return answer;
}

describe("an error reply", () => {
  it.each([
    ["errors-auth.txt", "PING", "noauth"],
    ["errors-auth.txt", "AUTH default wrong", "wrongpass"],
    ["acl.txt", "set k1 v", "noperm"],
    ["errors-readonly.txt", "SET x 1", "readonly"],
    ["errors-readonly.txt", "EVAL", "readonly"],
    ["errors-loading.txt", "PING", "loading"],
    ["errors-oom.txt", "SET a b", "out-of-memory"],
    ["errors-oom.txt", "EVAL", "out-of-memory"],
    ["save-failures.txt", "--maxclients=3", "max-clients"],
  ])("of a real Dragonfly (%s, %s) stands for %s", (recording, command, cause) => {
    expect(classifyAnswer(recorded(recording, command))).toBe(cause);
  });

  it.each([
    // Dragonfly with TLS, to a client that begins without (its src/facade/dragonfly_connection.cc).
    ["ERR Bad TLS header, double check if you enabled TLS for your client.", "tls-expected"],
    // Redis 7 and Valkey, which stand in for Dragonfly in the sandbox.
    ["OOM command not allowed when used memory > 'maxmemory'.", "out-of-memory"],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "masterdown"],
    ["ERR invalid password", "wrongpass"],
    ["ERR AUTH <password> called without any password configured for the default user.", "no-password"],
    ["NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO …", "noauth"],
    ["MOVED 866 10.0.0.7:6379", "moved"],
    ["ERR unknown command `FOO`", "unexpected"],
    ["", "unexpected"],
    // A word within another is none.
    ["ERR key RELOADING is odd", "unexpected"],
  ])("%s stands for %s", (text, cause) => {
    expect(classifyAnswer(text)).toBe(cause);
  });
});

describe("an error of the system", () => {
  it.each([
    ["ETIMEDOUT", "timeout"],
    ["ECONNREFUSED", "refused"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "no-route"],
    ["ECONNRESET", "reset"],
    ["EMFILE", "unexpected"],
  ])("when connecting: %s stands for %s", (code, cause) => {
    expect(classifyConnect(code)).toBe(cause);
  });

  it.each([
    ["ECONNRESET", "reset"],
    ["EPIPE", "closed"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "client-certificate"],
    ["EIO", "unexpected"],
  ])("on an open connection: %s stands for %s", (code, cause) => {
    expect(classifyTalk(code)).toBe(cause);
  });

  it.each([
    ["CERT_HAS_EXPIRED", "expired"],
    ["CERT_NOT_YET_VALID", "not-yet-valid"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "wrong-name"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "unknown-ca"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "unknown-ca"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unknown-ca"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "plain"],
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "handshake"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "handshake"],
    ["ECONNRESET", "reset"],
    ["ERR_SSL_SOMETHING_ELSE", "unexpected"],
  ])("in a TLS handshake: %s stands for %s", (code, cause) => {
    expect(classifyHandshake(code)).toBe(cause);
  });

  it.each([
    ["ENOTFOUND", "nxdomain"],
    ["ENODATA", "no-address"],
    ["ESERVFAIL", "servfail"],
    ["ETIMEOUT", "timeout"],
    ["ECONNREFUSED", "refused"],
    ["EBADRESP", "unexpected"],
  ])("of a DNS question: %s stands for %s", (code, cause) => {
    expect(classifyLookup(code)).toBe(cause);
  });

  it("has its code read only where there is one", () => {
    expect(codeOf(Object.assign(new Error("x"), { code: "EPIPE" }))).toBe("EPIPE");
    expect([new Error("x"), Object.assign(new Error("x"), { code: 7 }), "EPIPE", undefined].map(codeOf)).toEqual([
      ...["", "", "", ""],
    ]);
  });
});

describe("every cause of every stage", () => {
  it.each(stages)("of %s has one plain sentence and can stand in a code", (stage) => {
    for (const [cause, sentence] of Object.entries(failures[stage])) {
      expect(`${stage}.${cause}`).toMatch(/^[a-z-]+\.[a-z-]+$/);
      expect(sentence).toMatch(/^[A-Z][^\n]{10,170}\.$/);
      expect(sentence.slice(0, -1)).not.toMatch(/\. /);
    }
  });
});
