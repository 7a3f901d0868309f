import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiServer, type LoggedRequest } from "./api/server.ts";
import { GitLabFaults } from "./faults.ts";
import { Repository } from "./git/repository.ts";
import { writeCommit } from "./git/write-commit.ts";
import { initialFiles } from "./initial-files.ts";
import { addPageRoutes } from "./page/routes.ts";
import { createPeople, type GitLabPeople } from "./people.ts";
import { createWebhook, type Webhook, type WebhookOptions } from "./webhooks/delivery.ts";
import { mergeRequestPayload, notePayload, pipelinePayload, pushPayload } from "./webhooks/payloads.ts";
import { type AccountOptions, Accounts, defaultAccounts, type Scope, tokenOf } from "./world/accounts.ts";
import { mergeWaiting } from "./world/merge.ts";
import { isActive } from "./world/merge-status.ts";
import { Project, type ProjectSettings } from "./world/project.ts";
import { Timers } from "./world/timers.ts";

export interface GitLabOptions extends Partial<Omit<ProjectSettings, "path" | "branch">> {
  readonly port?: number;
  /** Path of the project; `platform/gitops` when left out. */
  readonly project?: string;
  /** Of the first commit: by path, or the folder that they are in. */
  readonly files: ReadonlyMap<string, string> | string;
  /** Of the default branch, which is protected. */
  readonly branch?: string;
  readonly accounts?: readonly AccountOptions[];
  readonly webhook?: WebhookOptions;
}

export interface GitLabSimulation {
  /** What GITLAB_URL is set to. */
  readonly url: string;
  readonly project: string;
  readonly projectId: number;
  readonly branch: string;
  /** Of the bare repository. */
  readonly repository: string;
  /** With the scope `api`, by user name. */
  readonly token: (username: string) => string;
  /** One with these scopes only. */
  createToken(username: string, scopes: readonly Scope[]): string;
  /** It is good for nothing from now on: 401. */
  revoke(token: string): void;
  /** Every request to the API, in the order in which they were answered. */
  readonly log: readonly LoggedRequest[];
  /** Commands that GitLab found in texts, and ran as whoever wrote them: a bot that passes on what others said wants none. */
  readonly quickActions: readonly { readonly by: string; readonly iid: number; readonly command: string }[];
  readonly people: GitLabPeople;
  readonly faults: GitLabFaults;
  /** Undefined when no webhook is set. */
  readonly webhook: Webhook | undefined;
  /** Sha of a branch, as git has it. */
  head(branch?: string): Promise<string | undefined>;
  /** A file as git has it, at a branch or sha; undefined when it is not there. */
  file(path: string, ref?: string): Promise<string | undefined>;
  /** Commits of a branch, newest first, with their whole messages. */
  history(
    branch?: string,
  ): Promise<readonly { readonly sha: string; readonly parents: readonly string[]; readonly message: string }[]>;
  stop(): Promise<void>;
}

/** Starts a GitLab with one project over a bare repository of its own, which is gone when it stops. */
export async function startGitLab(options: GitLabOptions): Promise<GitLabSimulation> {
  const directory = mkdtempSync(join(tmpdir(), "dfbot-gitlab-"));
  const settings = settingsOf(options);
  const accounts = new Accounts(options.accounts ?? defaultAccounts);
  const repository = await Repository.create(join(directory, "project.git"), settings.branch);
  const timers = new Timers();
  const project = new Project({ settings, repository, accounts, timers });
  await firstCommit(project, options.files);

  const faults = new GitLabFaults();
  const log: LoggedRequest[] = [];
  const webhook = options.webhook === undefined ? undefined : createWebhook(options.webhook, () => project.url);
  if (webhook !== undefined) announce(project, webhook);
  watchAutoMerge(project);

  const people = createPeople(project);
  const server = await apiServer(project, faults, log);
  addPageRoutes(server, project, people);
  await server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
  project.url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    url: project.url,
    project: settings.path,
    projectId: project.id,
    branch: settings.branch,
    repository: repository.git.path,
    token: (username) => tokenOf(accounts.named(username).username),
    createToken: (username, scopes) => accounts.createToken(username, scopes),
    revoke: (token) => accounts.revoke(token),
    log,
    quickActions: project.quickActions,
    people,
    faults,
    webhook,
    head: (branch = settings.branch) => repository.head(branch),
    async file(path, ref = settings.branch) {
      const sha = await repository.resolve(ref);
      const entry = sha === undefined ? undefined : await repository.entry(sha, path);
      return entry === undefined ? undefined : (await repository.blob(entry.sha))?.toString("utf8");
    },
    history: (branch = settings.branch) => repository.log([`refs/heads/${branch}`]),
    async stop() {
      timers.stop();
      webhook?.stop();
      await server.close();
      await project.settled();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function settingsOf(options: GitLabOptions): ProjectSettings {
  return {
    path: options.project ?? "platform/gitops",
    branch: options.branch ?? "main",
    pipeline: options.pipeline,
    mergeStatusTakesMs: options.mergeStatusTakesMs ?? 30,
    approvalsRequired: options.approvalsRequired ?? 0,
    resetApprovalsOnPush: options.resetApprovalsOnPush ?? true,
    discussionsMustBeResolved: options.discussionsMustBeResolved ?? false,
    mergeMethod: options.mergeMethod ?? "merge",
    requireSha: options.requireSha ?? true,
    protection: options.protection ?? { push: "nobody", merge: "developer" },
  };
}

async function firstCommit(project: Project, files: GitLabOptions["files"]): Promise<void> {
  const { repository, settings, accounts } = project;
  const author = accounts.all[0];
  if (author === undefined) throw new Error("a GitLab without accounts is of no use");
  const who = { name: author.name, email: author.email };
  const sha = await writeCommit(repository, {
    parent: undefined,
    message: "Begin",
    author: who,
    committer: who,
    changes: initialFiles(files),
  });
  await repository.move(settings.branch, undefined, sha);
}

/** Tells the webhook of everything, in the order in which it happens. */
function announce(project: Project, webhook: Webhook): void {
  project.events.on("push", (event) => webhook.send(() => pushPayload(project, event)));
  project.events.on("mergeRequest", (event) => webhook.send(() => mergeRequestPayload(project, event)));
  project.events.on("note", ({ mergeRequest, note }) => webhook.send(() => notePayload(project, mergeRequest, note)));
  project.events.on("pipeline", (pipeline) => webhook.send(() => pipelinePayload(project, pipeline)));
}

/** What waits for its pipeline, or for approvals, is looked at when either changed. */
function watchAutoMerge(project: Project): void {
  project.events.on("pipeline", (pipeline) => {
    const mergeRequest = project.mergeRequest(pipeline.mergeRequest);
    if (mergeRequest?.autoMerge !== undefined && !isActive(pipeline)) void mergeWaiting(project, mergeRequest);
  });
  project.events.on("mergeRequest", ({ mergeRequest, action }) => {
    if (mergeRequest.autoMerge !== undefined && action === "approved") void mergeWaiting(project, mergeRequest);
  });
}
