import type { z } from "zod";
import { invalid, notFound } from "../refusal.ts";
import type { Account, Scope, Token } from "../world/accounts.ts";
import type { MergeRequestState } from "../world/model.ts";
import type { Project } from "../world/project.ts";

/** A request whose sender is known and may see the project. */
export interface Call {
  readonly account: Account;
  readonly token: Token;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** As it was asked for, for the links to other pages. */
  readonly url: URL;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api/v4/`. */
  readonly path: string;
  /** Scopes beside `api` (and `read_api` for a GET) that are enough. */
  readonly scopes?: readonly Scope[];
  readonly answer: (call: Call) => Promise<Answer> | Answer;
}

export const ok = (body: unknown, headers?: Readonly<Record<string, string>>): Answer => ({
  status: 200,
  body,
  ...(headers === undefined ? {} : { headers }),
});
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent: Answer = { status: 204, body: "" };

/** Parameters as they are declared; throws 400 in the words of GitLab's parser: `title is missing`. */
export function declared<T extends z.ZodType>(schema: T, given: unknown): z.infer<T> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, code }) => {
    const [first, ...rest] = path.map(String);
    const name = `${first}${rest.map((part) => `[${part}]`).join("")}`;
    if (Object(given)[String(first)] === undefined) return `${name} is missing`;
    return `${name} ${code === "invalid_value" ? "does not have a valid value" : "is invalid"}`;
  });
  throw invalid([...new Set(problems)].join(", "));
}

/** Throws 404 for a merge request that is not there. */
export function mergeRequestOf(project: Project, call: Call): MergeRequestState {
  const iid = call.params["iid"] ?? "";
  const mergeRequest = /^\d+$/.test(iid) ? project.mergeRequest(Number(iid)) : undefined;
  if (mergeRequest === undefined) throw notFound();
  return mergeRequest;
}
