import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { codeOf } from "./classify.ts";

export interface TlsOptions {
  /** What the certificate has to be for. */
  readonly name: string;
  /** PEM file of the authorities to trust; undefined: those that Node comes with. */
  readonly caFile: string | undefined;
}

export interface Credentials {
  /** Undefined: the `default` user. */
  readonly user: string | undefined;
  readonly password: string;
}

export interface ProbeOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  readonly credentials: Credentials | undefined;
  /** Nothing is written without it. */
  readonly keyPrefix: string | undefined;
  readonly pings: number;
  /** A median round trip above this is a failure. */
  readonly slowMs: number;
  readonly stageMs: number;
  /** For everything, from the start of the process on. */
  readonly deadlineMs: number;
}

export const usage = `Looks whether a Dragonfly can be reached from here, stage by stage, and prints one JSON document.

  node src/probe/main.ts --host NAME [options]

  --host NAME          name or address of the server
  --port N             default 6379
  --tls                with TLS; the certificate is checked
  --tls-name NAME      the name it must be for, when that is not --host
  --tls-ca-file PATH   the authorities to trust (PEM), when they are not the public ones
  --key-prefix TEXT    write, read and delete one key of a unique name under this prefix; it expires by itself too
  --own-prefix         the same under the hash tag of the user who logs in, "{user}:"; "{dfbot-probe}:" for the default user
  --pings N            for the latency, default 20
  --slow-ms N          a median round trip above this is a failure, default 100
  --stage-ms N         for each stage, default 4000
  --deadline-ms N      for everything, default 20000

Credentials come from the environment: PROBE_USER, and PROBE_PASSWORD or PROBE_PASSWORD_FILE with a path. Without a password
nobody logs in.
Exit codes: 0 it could say something, whatever it is; 1 it could not; 2 wrong usage.
`;

const numbers = {
  port: { fallback: 6379, least: 1, most: 65_535 },
  pings: { fallback: 20, least: 1, most: 1_000 },
  "slow-ms": { fallback: 100, least: 1, most: 60_000 },
  // A connection request is repeated after one and after three seconds; and a host that is not there shows after three.
  "stage-ms": { fallback: 4_000, least: 50, most: 60_000 },
  "deadline-ms": { fallback: 20_000, least: 500, most: 600_000 },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;
export type Parsed = { readonly options: ProbeOptions } | { readonly help: true } | { readonly problem: string };

/** Reads arguments and environment. No schema here: the probe starts without loading zod. */
export function parseOptions(argv: readonly string[], environment: Environment): Parsed {
  try {
    const given = read(argv);
    if (given.help === true) return { help: true };
    const { host } = given;
    const credentials = credentialsOf(environment);
    if (host === undefined || !/^[\w.:-]+$/.test(host)) return { problem: "--host: a name or an address is needed" };
    const tls = given.tls === true ? { name: given["tls-name"] ?? host, caFile: given["tls-ca-file"] } : undefined;
    return {
      options: {
        host,
        tls,
        port: numberOf(given, "port"),
        credentials,
        keyPrefix: given["own-prefix"] === true ? ownPrefix(credentials) : given["key-prefix"],
        pings: numberOf(given, "pings"),
        slowMs: numberOf(given, "slow-ms"),
        stageMs: numberOf(given, "stage-ms"),
        deadlineMs: numberOf(given, "deadline-ms"),
      },
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function read(argv: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  return parseArgs({
    args: [...argv],
    options: {
      host: text,
      port: text,
      tls: flag,
      "tls-name": text,
      "tls-ca-file": text,
      "key-prefix": text,
      "own-prefix": flag,
      pings: text,
      "slow-ms": text,
      "stage-ms": text,
      "deadline-ms": text,
      help: flag,
    },
  }).values;
}

function numberOf(given: Partial<Record<keyof typeof numbers, string>>, name: keyof typeof numbers): number {
  const { fallback, least, most } = numbers[name];
  const text = given[name];
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name}: found ${JSON.stringify(text)}; allowed: a whole number from ${least} to ${most}`);
  }
  return value;
}

function credentialsOf(environment: Environment): Credentials | undefined {
  const set = (name: string) => (environment[name] === "" ? undefined : environment[name]);
  const [user, direct, path] = ["PROBE_USER", "PROBE_PASSWORD", "PROBE_PASSWORD_FILE"].map(set);
  if (direct !== undefined && path !== undefined) {
    throw new Error("PROBE_PASSWORD: set twice, also as PROBE_PASSWORD_FILE; allowed: one of them");
  }
  const password = path === undefined ? direct : passwordIn(path);
  return password === undefined ? undefined : { user, password };
}

/** Where a user may write: its keys begin with its own hash tag (docs/tenancy.md), those of an instance's only user with anything. */
function ownPrefix(credentials: Credentials | undefined): string {
  return `{${credentials?.user ?? "dfbot-probe"}}:`;
}

function passwordIn(path: string): string {
  try {
    const password = readFileSync(path, "utf8").trim();
    if (password !== "") return password;
  } catch (cause) {
    throw new Error(`PROBE_PASSWORD_FILE: ${JSON.stringify(path)} cannot be read (${codeOf(cause)})`, { cause });
  }
  throw new Error(`PROBE_PASSWORD_FILE: ${JSON.stringify(path)} is empty`);
}
