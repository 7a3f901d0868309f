import { createHash } from "node:crypto";
import { z } from "zod";
import { diffsBetween } from "../../git/diffs.ts";
import { invalid, notFound } from "../../refusal.ts";
import type { Project } from "../../world/project.ts";
import { type Call, declared, ok, type Route } from "../call.ts";
import { keysetPaginated, paginated } from "../pagination.ts";
import { flag, text } from "../parameters.ts";
import { commitShape } from "../shapes/commits.ts";

const treeQuery = z.object({
  ref: text.optional(),
  path: text.default(""),
  recursive: flag.default(false),
  pagination: z.enum(["legacy", "keyset", "none"]).default("legacy"),
});

/** https://docs.gitlab.com/api/repositories/ and https://docs.gitlab.com/api/repository_files/ */
export function fileRoutes(project: Project): readonly Route[] {
  const { repository } = project;
  const fileOf = async (call: Call, ref: string) => {
    const path = call.params["path"] ?? "";
    if (path.split("/").includes("..")) throw invalid("file_path should be a valid file path");
    const commit = await repository.resolve(ref);
    if (commit === undefined) throw notFound("Commit");
    const entry = await repository.entry(commit, path);
    const content = entry === undefined ? undefined : await repository.blob(entry.sha);
    if (entry === undefined || content === undefined) throw notFound("File");
    return { path, commit, entry, content };
  };
  const blobOf = async (call: Call) => {
    const content = await repository.blob(call.params["sha"] ?? "");
    if (content === undefined) throw notFound("Blob");
    return content;
  };
  const raw = (content: Buffer) =>
    ok(content, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  return [
    {
      method: "GET",
      path: "projects/:id/repository/tree",
      answer: async (call) => {
        const { ref = project.settings.branch, path, recursive, pagination } = declared(treeQuery, call.query);
        if (pagination === "none" && !recursive)
          throw invalid('pagination cannot be "none" unless "recursive" is true');
        const commit = await repository.resolve(ref);
        if (commit === undefined) throw notFound("Tree");
        const entries = await repository.tree(commit, path, recursive);
        if (entries === undefined) throw notFound("invalid revision or path");
        const order = { tree: 0, blob: 1, commit: 2 } as const;
        const sorted = entries.toSorted((a, b) => order[a.type] - order[b.type] || (a.path < b.path ? -1 : 1));
        const shape = ({ sha, type, path: at, mode }: (typeof sorted)[number]) => ({
          id: sha,
          name: at.split("/").at(-1),
          type,
          path: at,
          mode,
        });
        if (pagination === "none") return ok(sorted.map(shape));
        return pagination === "keyset"
          ? keysetPaginated(call, sorted, (entry) => entry.path, shape)
          : paginated(call, sorted, shape);
      },
    },
    {
      method: "GET",
      path: "projects/:id/repository/files/:path",
      scopes: ["read_repository"],
      answer: async (call) => {
        const { ref } = declared(z.object({ ref: text }), call.query);
        const { path, commit, entry, content } = await fileOf(call, ref);
        return ok({
          file_name: path.split("/").at(-1),
          file_path: path,
          size: content.length,
          encoding: "base64",
          content_sha256: createHash("sha256").update(content).digest("hex"),
          ref,
          blob_id: entry.sha,
          commit_id: commit,
          last_commit_id: await repository.lastCommitFor(commit, path),
          execute_filemode: entry.mode === "100755",
          content: content.toString("base64"),
        });
      },
    },
    {
      method: "GET",
      path: "projects/:id/repository/files/:path/raw",
      scopes: ["read_repository"],
      answer: async (call) => {
        const { ref = project.settings.branch } = declared(z.object({ ref: text.optional() }), call.query);
        return raw((await fileOf(call, ref)).content);
      },
    },
    {
      method: "GET",
      path: "projects/:id/repository/blobs/:sha",
      answer: async (call) => {
        const content = await blobOf(call);
        return ok({
          size: content.length,
          encoding: "base64",
          content: content.toString("base64"),
          sha: call.params["sha"],
        });
      },
    },
    {
      method: "GET",
      path: "projects/:id/repository/blobs/:sha/raw",
      answer: async (call) => raw(await blobOf(call)),
    },
    {
      method: "GET",
      path: "projects/:id/repository/compare",
      answer: async (call) => {
        const given = declared(z.object({ from: text, to: text, straight: flag.default(false) }), call.query);
        const [from, to] = await Promise.all([repository.resolve(given.from), repository.resolve(given.to)]);
        if (from === undefined || to === undefined) throw notFound("Ref");
        const start = given.straight ? from : ((await repository.mergeBase(from, to)) ?? from);
        const commits = await repository.log(["--reverse", `${start}..${to}`]);
        const last = commits.at(-1);
        return ok({
          commit: last === undefined ? null : commitShape(project, last),
          commits: commits.map((commit) => commitShape(project, commit)),
          diffs: await diffsBetween(repository, start, to),
          compare_timeout: false,
          compare_same_ref: from === to,
          web_url: `${project.webUrl}/-/compare/${from}...${to}`,
        });
      },
    },
  ];
}
