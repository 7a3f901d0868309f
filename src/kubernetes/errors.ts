import { z } from "zod";
import { BotError } from "../errors.ts";
import { jsonOf } from "../platform/json.ts";

const statusSchema = z.looseObject({ message: z.string().optional(), reason: z.string().optional() });

/** The API server answered, but not with what was asked for: its code and `Status` become a sentence and a next step. */
export function answerError(cluster: string, path: string, code: number, body: string): BotError {
  const parsed = statusSchema.safeParse(jsonOf(body));
  const said = parsed.success && parsed.data.message !== undefined ? parsed.data.message : `HTTP ${code}`;
  switch (code) {
    case 400:
      return new BotError(
        "kubernetes.bad-request",
        `Cluster ${cluster} does not take the request: ${said}`,
        "This may be a mistake in the bot; report it",
      );
    case 401:
      return new BotError(
        "kubernetes.unauthorized",
        `Cluster ${cluster} refused the bot's credentials (401)`,
        "The token was revoked or has expired; log in again or renew the kubeconfig",
      );
    case 403:
      return new BotError(
        "kubernetes.forbidden",
        `Cluster ${cluster} does not allow it: ${said}`,
        "Grant that right in the bot's role, or leave it: this stays unknown",
      );
    case 404:
      return new BotError(
        "kubernetes.not-found",
        `Cluster ${cluster}: ${said === "HTTP 404" ? `${path} does not exist` : said}`,
        "Check the name and the namespace in dfbot.yaml, and that the CRD is installed",
      );
    case 409:
      return new BotError(
        parsed.success && parsed.data.reason === "AlreadyExists" ? "kubernetes.exists" : "kubernetes.conflict",
        `Cluster ${cluster}: ${said}`,
        "Somebody else wrote it meanwhile; read it again",
      );
    case 422:
      return new BotError(
        "kubernetes.invalid",
        `Cluster ${cluster} would not take it: ${said}`,
        "Correct the manifest; the sentence names the field",
      );
    case 429:
      if (/disruption budget/i.test(said)) {
        return new BotError(
          "kubernetes.disruption-budget",
          `Cluster ${cluster} refuses the eviction: ${said}`,
          "Wait until every pod of the instance is ready: /dragonfly status",
        );
      }
      return new BotError(
        "kubernetes.rate-limited",
        `Cluster ${cluster} asks to slow down (429)`,
        "Try again in a moment; something may be flooding its API server",
      );
    default:
      return new BotError(
        "kubernetes.server-error",
        `Cluster ${cluster} answered ${code}: ${said}`,
        "Look at the API server's health; try again",
      );
  }
}

/** No answer came at all. */
export function connectionError(cluster: string, cause: unknown): BotError {
  if (cause instanceof BotError) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (/CERT|TLS|SSL|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY/.test(code)) {
    return new BotError(
      "kubernetes.tls",
      `The certificate of cluster ${cluster}'s API server is not trusted (${code})`,
      "Check certificate-authority-data in the kubeconfig",
      { cause },
    );
  }
  return new BotError(
    "kubernetes.unreachable",
    `The API server of cluster ${cluster} cannot be reached${code === "" ? "" : ` (${code})`}`,
    "Check the network, the VPN, and the server address in the kubeconfig",
    { cause },
  );
}

/** The credential helper of the kubeconfig failed before anything was sent. */
export function credentialsError(cluster: string, cause: unknown): BotError {
  return new BotError(
    "kubernetes.credentials",
    `The credentials for cluster ${cluster} could not be made`,
    "Run the kubeconfig's login command by hand and look at what it says; its session may have expired",
    { cause },
  );
}

/** An answer that is not of the expected shape. */
export function badAnswer(cluster: string, path: string, problem: string, cause?: unknown): BotError {
  return new BotError(
    "kubernetes.bad-answer",
    `Cluster ${cluster} answered ${path} with something unexpected: ${problem}`,
    "Check that the address in the kubeconfig is an API server of a supported version",
    { cause },
  );
}
