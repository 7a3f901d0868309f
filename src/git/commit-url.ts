import type { GitLabSettings } from "../config/environment.ts";

/** Where a commit is shown to people. A project that is known by its number has no such page that could be named without asking. */
export function commitUrl({ url, project }: Pick<GitLabSettings, "url" | "project">, sha: string): string {
  const host = url.replace(/\/+$/, "");
  return /^\d+$/.test(project) ? `${host}/projects/${project}` : `${host}/${project}/-/commit/${sha}`;
}
