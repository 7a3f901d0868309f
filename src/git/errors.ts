import { z } from "zod";
import { BotError } from "../errors.ts";
import { oneLine, truncate } from "../reports/render/clean.ts";

/** What GitLab said to a request, or that it said nothing. */
export class GitError extends BotError {
  /** Undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(
    status: number | undefined,
    code: string,
    message: string,
    next: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, message, next, options);
    this.name = "GitError";
    this.status = status;
  }

  /** Whether what was asked for may have been done although no answer says so. */
  get mayBeDone(): boolean {
    return this.status === undefined || this.status >= 500;
  }

  /** Whether the same may be answered otherwise in a moment: then it is looked at again what is there, before anything is repeated. */
  get passing(): boolean {
    return this.mayBeDone || this.status === 429 || this.status === 409;
  }
}

/** GitLab answers `{message: text}`, `{message: {field: [texts]}}`, `{message: [texts]}` or `{error: text}`. */
const saidSchema = z.object({ message: z.unknown().optional(), error: z.unknown().optional() });

/** GitLab's own words in one short line; empty when there are none. */
export function saidIn(body: unknown): string {
  const parsed = saidSchema.safeParse(body);
  const said = parsed.success ? (parsed.data.message ?? parsed.data.error) : undefined;
  if (said === undefined || said === null) return "";
  return truncate(oneLine(typeof said === "string" ? said : JSON.stringify(said)), 300);
}

/** GitLab answered, but not with what was asked for. Source of the codes: https://docs.gitlab.com/api/rest/troubleshooting/#status-codes */
export function answerError(status: number, said: string): GitError {
  const words = said === "" ? `HTTP ${status}` : said;
  if (status >= 500)
    return new GitError(
      status,
      "git.server-error",
      `GitLab answered ${status}${said === "" ? "" : `: ${said}`}`,
      "Look at GitLab's health; try again",
    );
  if (status >= 300 && status < 400)
    return new GitError(
      status,
      "git.refused",
      `GitLab sends the bot to another address (${status}), where its token is not taken`,
      "Set GITLAB_URL and GITLAB_PROJECT to the address that the project has now, with https",
    );
  switch (status) {
    case 401:
      return new GitError(
        status,
        "git.unauthorized",
        "GitLab refused the bot's token (401)",
        "Renew GITLAB_TOKEN: it was revoked, has expired, or has not the scope api",
      );
    case 403:
      return new GitError(
        status,
        "git.forbidden",
        `GitLab does not allow it: ${words}`,
        "Give the bot's account that right in the project, and its token the scope api",
      );
    case 404:
      return new GitError(
        status,
        "git.not-found",
        `GitLab has no such thing: ${words}`,
        "Check GITLAB_PROJECT, and that the bot's account is a member of it: GitLab says the same of what it hides",
      );
    default:
      return new GitError(status, "git.refused", `GitLab would not do it: ${words}`, "Correct what it names");
  }
}

export function rateLimited(until: Date): GitError {
  return new GitError(
    429,
    "git.rate-limited",
    `GitLab takes no more requests of the bot until ${until.toISOString()}`,
    "Try again then; something may be asking it too often with the same account",
  );
}

/** No answer came at all. */
export function connectionError(cause: Error): GitError {
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (/CERT|TLS|SSL|SELF_SIGNED|ALTNAME|UNABLE_TO_VERIFY/.test(code)) {
    return new GitError(
      undefined,
      "git.unreachable",
      `GitLab's certificate is not trusted (${code})`,
      "Check GITLAB_URL, and NODE_EXTRA_CA_CERTS for a certificate authority of your own",
      { cause },
    );
  }
  return new GitError(
    undefined,
    "git.unreachable",
    `GitLab cannot be reached${code === "" ? "" : ` (${code})`}`,
    "Check GITLAB_URL, the network, and that GitLab is up",
    { cause },
  );
}

export function timeoutError(timeoutMs: number): GitError {
  return new GitError(
    undefined,
    "git.timeout",
    `GitLab did not answer within ${timeoutMs / 1_000} s`,
    "Look at GitLab's health; try again",
  );
}

export function badAnswer(what: string, problem: string): GitError {
  return new GitError(
    undefined,
    "git.bad-answer",
    `GitLab answered ${what} with something unexpected: ${problem}`,
    "Check that GITLAB_URL leads to GitLab 15.6 or newer",
  );
}

/** More than the bot reads of one thing. */
export function tooLarge(what: string, next: string): BotError {
  return new BotError("git.too-large", what, next);
}

/** GitLab's 404 says what it is that is not there: a project that is not there has no branch either, and is no answer. */
export function isMissing(error: unknown, what: string): boolean {
  return error instanceof GitError && error.status === 404 && new RegExp(`\\b${what}\\b`, "i").test(error.message);
}
