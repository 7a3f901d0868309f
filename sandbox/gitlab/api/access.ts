import type { FastifyRequest } from "fastify";
import { notFound, Refusal, unauthorized } from "../refusal.ts";
import { may, type Scope, type Token } from "../world/accounts.ts";
import type { Project } from "../world/project.ts";
import type { Route } from "./call.ts";

/** The token that a request comes with, in any of the places GitLab looks for it (https://docs.gitlab.com/api/rest/authentication/). */
export function tokenIn(project: Project, request: FastifyRequest): Token | undefined {
  const header = request.headers["private-token"];
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const query = Object(request.query)["private_token"];
  const value = [header, bearer, query].find((each): each is string => typeof each === "string");
  return value === undefined ? undefined : project.accounts.token(value);
}

/** Throws 401, 403 or 404, each as GitLab answers; a project that one may not see is not there. */
export function admit(project: Project, route: Route, id: string | undefined, token: Token | undefined): Token {
  if (token?.revoked === true)
    throw new Refusal(401, {
      error: "invalid_token",
      error_description: "Token was revoked. You have to re-authorize from the user.",
    });
  if (token === undefined) throw unauthorized();
  const enough: readonly Scope[] = [
    "api",
    ...(route.method === "GET" ? (["read_api"] as const) : []),
    ...(route.scopes ?? []),
  ];
  if (!token.scopes.some((scope) => enough.includes(scope)))
    throw new Refusal(403, {
      error: "insufficient_scope",
      error_description: "The request requires higher privileges than provided by the access token.",
      scope: enough.join(" "),
    });
  if (id === undefined) return token;
  const known = id === String(project.id) || id.toLowerCase() === project.settings.path.toLowerCase();
  if (!known || !may(token.account, "guest")) throw notFound("Project");
  return token;
}
