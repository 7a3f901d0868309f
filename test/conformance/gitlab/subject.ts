import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { type GitLabOptions, type GitLabSimulation, startGitLab } from "../../../sandbox/gitlab/gitlab.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** The GitLab under test: the simulation, or the real one that the environment leads to. */
export interface Subject {
  /** Undefined against a real GitLab, where people, pipelines and faults cannot be made. */
  readonly simulation: GitLabSimulation | undefined;
  /** Of the project, which is protected. */
  readonly branch: string;
  /** Below `/api/v4/`; an empty token sends none. */
  call(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** Below the project. */
  inProject(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** A name for a branch that nobody has used. */
  branchName(): string;
  /** Sha of a branch. */
  head(branch: string): Promise<string>;
  /** A new branch with one commit on the newest of the protected one: `file` holds `content`. Returns its name and sha. */
  proposal(file?: string, content?: string): Promise<{ readonly branch: string; readonly sha: string }>;
  /** Opens a merge request; returns its iid. */
  open(branch: string, title?: string): Promise<number>;
  /** Reads a merge request until GitLab knows whether it can be merged. */
  checked(iid: number): Promise<z.infer<typeof mergeRequest>>;
  close(): Promise<void>;
}

const real = {
  url: process.env["DFBOT_CONFORMANCE_GITLAB_URL"],
  token: process.env["DFBOT_CONFORMANCE_GITLAB_TOKEN"],
  project: process.env["DFBOT_CONFORMANCE_GITLAB_PROJECT"],
};
/** Whether the suite runs against a real GitLab. */
export const isReal = real.url !== undefined && real.token !== undefined && real.project !== undefined;

export const mergeRequest = z.looseObject({
  iid: z.int(),
  state: z.string(),
  sha: z.string(),
  detailed_merge_status: z.string(),
  merge_commit_sha: z.string().nullable(),
});
const branchAnswer = z.looseObject({ commit: z.looseObject({ id: z.string() }) });
const commitAnswer = z.looseObject({ id: z.string() });
const projectAnswer = z.looseObject({ default_branch: z.string() });

/** `options` are for the simulation; a real project has settings of its own. */
export async function openSubject(options: Partial<GitLabOptions> = {}): Promise<Subject> {
  const simulation = isReal
    ? undefined
    : await startGitLab({ files: new Map([["README.md", "# GitOps\n"]]), mergeStatusTakesMs: 10, ...options });
  const url = simulation?.url ?? real.url ?? "";
  const ownToken = simulation?.token("dfbot") ?? real.token ?? "";
  const project = encodeURIComponent(simulation?.project ?? real.project ?? "");
  const branches: string[] = [];

  const call: Subject["call"] = async (method, path, body, token = ownToken) => {
    const response = await fetch(`${url}/api/v4/${path}`, {
      method,
      headers: {
        ...(token === "" ? {} : { "private-token": token }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  };
  const inProject: Subject["call"] = (method, path, body, token) =>
    call(method, `projects/${project}${path === "" ? "" : `/${path}`}`, body, token);
  const { default_branch: branch } = projectAnswer.parse((await inProject("GET", "")).body);
  const subject: Subject = {
    simulation,
    branch,
    call,
    inProject,
    branchName() {
      const name = `conformance/${randomBytes(6).toString("hex")}`;
      branches.push(name);
      return name;
    },
    async head(name) {
      const { body } = await inProject("GET", `repository/branches/${encodeURIComponent(name)}`);
      return branchAnswer.parse(body).commit.id;
    },
    async proposal(file = `conformance-${randomBytes(6).toString("hex")}.txt`, content = "one\n") {
      const name = subject.branchName();
      const { status, body } = await inProject("POST", "repository/commits", {
        branch: name,
        start_sha: await subject.head(branch),
        commit_message: "A proposal",
        actions: [{ action: "create", file_path: file, content }],
      });
      expect(status).toBe(201);
      return { branch: name, sha: commitAnswer.parse(body).id };
    },
    async open(name, title = "A proposal") {
      const { status, body } = await inProject("POST", "merge_requests", {
        title,
        source_branch: name,
        target_branch: branch,
      });
      expect(status).toBe(201);
      return mergeRequest.parse(body).iid;
    },
    async checked(iid) {
      for (;;) {
        const { body } = await inProject("GET", `merge_requests/${iid}`);
        const found = mergeRequest.parse(body);
        if (!["preparing", "unchecked", "checking"].includes(found.detailed_merge_status)) return found;
        await new Promise<void>((resolve) => setTimeout(resolve, isReal ? 500 : 5));
      }
    },
    async close() {
      if (simulation !== undefined) return simulation.stop();
      for (const name of branches) await inProject("DELETE", `repository/branches/${encodeURIComponent(name)}`);
    },
  };
  return subject;
}
