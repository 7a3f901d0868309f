import { EventEmitter } from "node:events";
import PQueue from "p-queue";
import type { Repository } from "../git/repository.ts";
import { type AccessLevel, type Account, type Accounts, may } from "./accounts.ts";
import type { MergeRequestState, Note, Pipeline } from "./model.ts";
import type { Timers } from "./timers.ts";

export interface PipelineOptions {
  /** From its creation to its end. */
  readonly takesMs: number;
  /** How the pipeline for a commit ends; success when left out. A person may end it sooner. */
  readonly outcome?: (sha: string) => "success" | "failed";
  /** Whether only a merge request with a pipeline that succeeded may be merged; true when left out. */
  readonly mustSucceed?: boolean;
}

export interface ProjectSettings {
  readonly path: string;
  readonly branch: string;
  /** No pipelines at all when left out. */
  readonly pipeline: PipelineOptions | undefined;
  readonly mergeStatusTakesMs: number;
  readonly approvalsRequired: number;
  /** A push takes approvals away, as is GitLab's default. */
  readonly resetApprovalsOnPush: boolean;
  readonly discussionsMustBeResolved: boolean;
  /** `rebase_merge`: a merge request that is behind its target has to be rebased first. */
  readonly mergeMethod: "merge" | "rebase_merge";
  /** GitLab 19.2 and later, where the group asks for it: no merge without a sha. */
  readonly requireSha: boolean;
  /** Who may push to, and merge into, the protected branch. */
  readonly protection: { readonly push: AccessLevel | "nobody"; readonly merge: AccessLevel };
}

export interface MergeRequestEvent {
  readonly mergeRequest: MergeRequestState;
  readonly by: Account;
  readonly action:
    | "open"
    | "update"
    | "close"
    | "reopen"
    | "merge"
    | "approval"
    | "approved"
    | "unapproval"
    | "unapproved";
  /** The head before a push. */
  readonly oldrev?: string;
  readonly changes?: Readonly<Record<string, { readonly previous: unknown; readonly current: unknown }>>;
}

export interface PushEvent {
  readonly branch: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly by: Account;
}

interface ProjectEvents {
  mergeRequest: [MergeRequestEvent];
  push: [PushEvent];
  note: [{ readonly mergeRequest: MergeRequestState; readonly note: Note }];
  pipeline: [Pipeline];
}

/** One project: its repository, its merge requests, and who is told of what happens in it. Plain state; the rules are beside it. */
export class Project {
  readonly id = 1;
  readonly createdAt = new Date().toISOString();
  readonly settings: ProjectSettings;
  readonly repository: Repository;
  readonly accounts: Accounts;
  readonly timers: Timers;
  readonly events = new EventEmitter<ProjectEvents>();
  readonly mergeRequests: MergeRequestState[] = [];
  readonly pipelines: Pipeline[] = [];
  /** Commands that were found in somebody's text, and run as theirs. */
  readonly quickActions: { readonly by: string; readonly iid: number; readonly command: string }[] = [];
  /** Where people see it; known once it listens. */
  url = "";
  private readonly line = new PQueue({ concurrency: 1 });
  private lastId = 100;

  constructor(parts: Pick<Project, "settings" | "repository" | "accounts" | "timers">) {
    this.settings = parts.settings;
    this.repository = parts.repository;
    this.accounts = parts.accounts;
    this.timers = parts.timers;
  }

  get webUrl(): string {
    return `${this.url}/${this.settings.path}`;
  }

  nextId(): number {
    return ++this.lastId;
  }

  mergeRequest(iid: number): MergeRequestState | undefined {
    return this.mergeRequests[iid - 1];
  }

  /** Everything that changes the project happens one after the other. */
  exclusive<T>(change: () => Promise<T>): Promise<T> {
    return this.line.add(change);
  }

  /** When nothing that changes it is under way any more. */
  settled(): Promise<void> {
    return this.line.onIdle();
  }

  isProtected(branch: string): boolean {
    return branch === this.settings.branch;
  }

  mayPush(account: Account, branch: string): boolean {
    if (!this.isProtected(branch)) return may(account, "developer");
    const { push } = this.settings.protection;
    return push !== "nobody" && may(account, push);
  }

  mayMerge(account: Account, branch: string): boolean {
    return may(account, this.isProtected(branch) ? this.settings.protection.merge : "developer");
  }
}
