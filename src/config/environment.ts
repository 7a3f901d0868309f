import { readFileSync } from "node:fs";
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { maskSecret } from "../secrets.ts";

interface Variable {
  readonly schema: z.ZodType<string | number>;
  readonly secret: boolean;
  /** What a person reads when the value is not allowed. */
  readonly allowed: string;
}

const plain = (allowed: string, schema: z.ZodType<string | number> = z.string().min(1)): Variable => ({
  schema,
  secret: false,
  allowed,
});
const secret = (allowed: string, schema: z.ZodType<string | number> = z.string().min(1)): Variable => ({
  schema,
  secret: true,
  allowed,
});
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol));
const web = () => url("http:", "https:");

/** Every variable of the contract; the names are public. Secrets may also come as `NAME_FILE` with a path. */
const variables = {
  SLACK_MODE: plain("http or socket", z.enum(["http", "socket"])),
  SLACK_BOT_TOKEN: secret("a bot token that begins with xoxb-", z.string().regex(/^xoxb-\S+$/)),
  SLACK_SIGNING_SECRET: secret("the signing secret from the Slack app's Basic Information page", z.string().min(8)),
  SLACK_APP_TOKEN: secret("an app-level token that begins with xapp-", z.string().regex(/^xapp-\S+$/)),
  SLACK_API_URL: plain("an http(s) URL that ends with /api/", web()),
  STORE_URL: secret("redis:// or rediss:// with host and port", url("redis:", "rediss:")),
  STORE_PREFIX: plain("a key prefix with a hash tag such as {dfbot}", z.string().regex(/\{[^{}]+\}/)),
  KUBECONFIG: plain("the path of a kubeconfig file"),
  GITLAB_URL: plain("an http(s) URL", web()),
  GITLAB_TOKEN: secret("a GitLab access token"),
  GITLAB_APPROVER_TOKEN: secret("a GitLab access token of another account than GITLAB_TOKEN's, that may approve"),
  GITLAB_PROJECT: plain("a project path or id such as platform/gitops"),
  GITLAB_WEBHOOK_SECRET: secret("the secret set on the GitLab webhook"),
  ALERTMANAGER_URL: plain("an http(s) URL", web()),
  ALERTMANAGER_WEBHOOK_TOKEN: secret("the bearer token set in the Alertmanager receiver"),
  PROMETHEUS_URL: plain("an http(s) URL of VictoriaMetrics or Prometheus", web()),
  DATA_DIR: plain("a directory path"),
  RUNBOOKS_DIR: plain("the path of a directory with runbooks of your own"),
  PORT: plain("a port number from 0 to 65535", z.coerce.number().int().min(0).max(65_535)),
  LOG_LEVEL: plain(
    "trace, debug, info, warn, error or fatal",
    z.enum(["trace", "debug", "info", "warn", "error", "fatal"]),
  ),
  DFBOT_CONFIG: plain("the path of dfbot.yaml"),
} satisfies Record<string, Variable>;

type Name = keyof typeof variables;
const names = Object.keys(variables).filter((name): name is Name => name in variables);

export interface SlackSettings {
  readonly mode: "http" | "socket";
  readonly botToken: string;
  /** In http mode. */
  readonly signingSecret: string | undefined;
  /** In socket mode. */
  readonly appToken: string | undefined;
  readonly apiUrl: string | undefined;
}

export interface GitLabSettings {
  readonly url: string;
  readonly project: string;
  readonly token: string;
  /** Of a second account, for the approval that GitLab itself may demand. */
  readonly approverToken: string | undefined;
}

export interface Environment {
  /** Undefined unless a bot token is set: the CLI needs no Slack. */
  readonly slack: SlackSettings | undefined;
  readonly storeUrl: string | undefined;
  readonly storePrefix: string;
  readonly kubeconfig: string | undefined;
  readonly prometheusUrl: string | undefined;
  readonly alertmanagerUrl: string | undefined;
  /** Without it alerts are not taken in. */
  readonly alertmanagerWebhookToken: string | undefined;
  /** Undefined unless address, project and token are set: tenants cannot be changed then. */
  readonly gitlab: GitLabSettings | undefined;
  /** Without it GitLab's webhooks are not taken in, and merge requests are only polled. */
  readonly gitlabWebhookSecret: string | undefined;
  /** Runbooks of the platform team's own. */
  readonly runbooksDir: string | undefined;
  /** Where the audit log is. */
  readonly dataDir: string;
  readonly port: number;
  readonly logLevel: string;
  readonly configPath: string | undefined;
  /** Every secret value found, for the scrubber. */
  readonly secrets: readonly string[];
}

export interface ParsedEnvironment {
  readonly environment: Environment;
  /** One line a mistake: name, what was found (secrets masked), what is allowed. Empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Reads the contract's environment variables.
 *
 * `purpose: "serve"` also demands what the service cannot run without; the CLI needs only what a runbook reads.
 */
export function parseEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  purpose: "serve" | "cli",
): ParsedEnvironment {
  const problems: string[] = [];
  const values = new Map<Name, string>();
  for (const name of names) {
    const value = readValue(name, env, problems);
    if (value !== undefined) values.set(name, value);
  }
  problems.push(...misspelt(env));
  for (const [name, value] of values) {
    const { schema, secret: isSecret, allowed } = variables[name];
    if (!schema.safeParse(value).success) {
      problems.push(`${name}: found ${isSecret ? maskSecret(value) : JSON.stringify(value)}; allowed: ${allowed}`);
    }
  }
  const mode = values.get("SLACK_MODE") === "socket" ? "socket" : "http";
  const botToken = values.get("SLACK_BOT_TOKEN");
  const missing = (name: Name, why: string) => problems.push(`${name}: not set; ${why}: ${variables[name].allowed}`);
  if (purpose === "serve") {
    if (botToken === undefined) missing("SLACK_BOT_TOKEN", "needed to talk to Slack");
    if (mode === "http" && !values.has("SLACK_SIGNING_SECRET"))
      missing("SLACK_SIGNING_SECRET", "needed when SLACK_MODE is http");
    if (mode === "socket" && !values.has("SLACK_APP_TOKEN"))
      missing("SLACK_APP_TOKEN", "needed when SLACK_MODE is socket");
    if (!values.has("STORE_URL")) missing("STORE_URL", "needed for the queue");
  }
  if (values.has("GITLAB_TOKEN")) {
    for (const name of ["GITLAB_URL", "GITLAB_PROJECT"] as const)
      if (!values.has(name)) missing(name, "needed with GITLAB_TOKEN");
  }
  const secrets = names.filter((name) => variables[name].secret).flatMap((name) => secretsOf(name, values.get(name)));
  return {
    problems,
    environment: {
      slack:
        botToken === undefined
          ? undefined
          : {
              mode,
              botToken,
              signingSecret: values.get("SLACK_SIGNING_SECRET"),
              appToken: values.get("SLACK_APP_TOKEN"),
              apiUrl: values.get("SLACK_API_URL"),
            },
      storeUrl: values.get("STORE_URL"),
      storePrefix: values.get("STORE_PREFIX") ?? "{dfbot}",
      kubeconfig: values.get("KUBECONFIG"),
      prometheusUrl: values.get("PROMETHEUS_URL"),
      alertmanagerUrl: values.get("ALERTMANAGER_URL"),
      alertmanagerWebhookToken: values.get("ALERTMANAGER_WEBHOOK_TOKEN"),
      gitlab: gitlabOf(values),
      gitlabWebhookSecret: values.get("GITLAB_WEBHOOK_SECRET"),
      runbooksDir: values.get("RUNBOOKS_DIR"),
      dataDir: values.get("DATA_DIR") ?? "/var/lib/dfbot",
      port: Number(values.get("PORT") ?? 8080),
      logLevel: values.get("LOG_LEVEL") ?? "info",
      configPath: values.get("DFBOT_CONFIG"),
      secrets,
    },
  };
}

function gitlabOf(values: ReadonlyMap<Name, string>): GitLabSettings | undefined {
  const [url, project, token] = (["GITLAB_URL", "GITLAB_PROJECT", "GITLAB_TOKEN"] as const).map((name) =>
    values.get(name),
  );
  if (url === undefined || project === undefined || token === undefined) return undefined;
  return { url, project, token, approverToken: values.get("GITLAB_APPROVER_TOKEN") };
}

function readValue(
  name: Name,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): string | undefined {
  const direct = env[name] === "" ? undefined : env[name];
  const path = variables[name].secret ? env[`${name}_FILE`] : undefined;
  if (path === undefined || path === "") return direct;
  if (direct !== undefined) {
    problems.push(`${name}: set twice, as ${name} and as ${name}_FILE; allowed: one of them`);
    return direct;
  }
  try {
    const content = readFileSync(path, "utf8").trim();
    if (content !== "") return content;
    problems.push(`${name}_FILE: ${JSON.stringify(path)} is empty; allowed: a file that holds the value`);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "error";
    problems.push(
      `${name}_FILE: found ${JSON.stringify(path)}, which cannot be read (${code}); allowed: the path of a readable file`,
    );
  }
  return undefined;
}

/** A name that is almost one of ours is a mistake; anything else in the environment is none of our business. */
function misspelt(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = names.flatMap((name) => (variables[name].secret ? [name, `${name}_FILE`] : [name]));
  return Object.keys(env)
    .filter((key) => key.length >= 8 && !known.includes(key))
    .flatMap((key) => {
      const near = known.find((name) => name.length >= 8 && distance(key, name) <= 2);
      return near === undefined || env[near] !== undefined ? [] : [`${key}: not a known name; did you mean ${near}?`];
    });
}

/** A store URL is not secret as a whole, its password is. */
function secretsOf(name: Name, value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  if (name !== "STORE_URL") return [value];
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  return password === "" ? [] : [password, decodeURIComponent(password)];
}
