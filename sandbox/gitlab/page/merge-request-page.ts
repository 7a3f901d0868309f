import { diffsBetween } from "../git/diffs.ts";
import { may } from "../world/accounts.ts";
import { mayApprove } from "../world/approvals.ts";
import { detailedMergeStatus, headPipeline, isActive } from "../world/merge-status.ts";
import type { MergeRequestState } from "../world/model.ts";
import type { Project } from "../world/project.ts";
import { diffView } from "./diff.ts";
import { type Html, html } from "./html.ts";
import { page } from "./layout.ts";

/** Who may be acted as: people, not the bot's own accounts. */
export const actors = (project: Project) =>
  project.accounts.all.filter((account) => !account.bot && !account.admin && may(account, "developer"));

const tag = (text: string, kind = "") => html`<span class="tag ${kind}">${text}</span>`;
const stateKind = { opened: "", merged: "good", closed: "bad" } as const;

/** One merge request, and buttons to act on it as somebody. */
export async function mergeRequestPage(
  project: Project,
  mergeRequest: MergeRequestState,
  { as, problem }: { readonly as: string; readonly problem: string | undefined },
): Promise<Html> {
  const { iid, title, description, author, sourceBranch, targetBranch, base, head, state } = mergeRequest;
  const [status, diffs, commits] = await Promise.all([
    detailedMergeStatus(project, mergeRequest),
    diffsBetween(project.repository, base, head),
    project.repository.log([`${base}..${head}`]),
  ]);
  const files = `${diffs.length} changed file${diffs.length === 1 ? "" : "s"}`;
  return page(
    `${title} (!${iid})`,
    project.settings.path,
    html`<h1>${title} <span class="muted">!${iid}</span></h1>
<p class="bar">${tag(state, stateKind[state])} ${tag(status, status === "mergeable" ? "good" : "")}
  ${mergeRequest.labels.map((label) => tag(label))}
  <span class="muted">${author.name} (@${author.username}) wants <code>${sourceBranch}</code> in <code>${targetBranch}</code></span></p>
${problem === undefined ? undefined : html`<div class="box problem">${problem}</div>`}
${actions(project, mergeRequest, as)}
<h2>Description</h2><div class="box"><pre>${description === "" ? "None" : description}</pre></div>
<h2>Pipeline</h2>${pipelinePart(project, mergeRequest)}
<h2>Approvals</h2>${approvalsPart(project, mergeRequest)}
<h2>Commits</h2><div class="box">${commits.map(
      ({ sha, message, author: by }) =>
        html`<div><a href="/${project.settings.path}/-/commit/${sha}"><code>${sha.slice(0, 8)}</code></a> ${message.split("\n")[0]} <span class="muted">${by.name}</span></div>`,
    )}</div>
<h2>${files}</h2>${diffView(diffs)}
<h2>Activity</h2>${mergeRequest.notes.map(
      ({ author: by, body, createdAt, system }) =>
        html`<div class="box"><span class="muted">${by.name} ${system ? "" : "wrote "}at ${createdAt.slice(11, 19)}</span><pre>${body}</pre></div>`,
    )}`,
  );
}

function pipelinePart(project: Project, mergeRequest: MergeRequestState): Html {
  const pipeline = headPipeline(project, mergeRequest);
  if (pipeline === undefined) return html`<p class="muted">None for the newest commit</p>`;
  const kind = pipeline.status === "success" ? "good" : isActive(pipeline) ? "" : "bad";
  return html`<p class="bar">${tag(pipeline.status, kind)} <span class="muted">#${pipeline.id} for ${pipeline.sha.slice(0, 8)}</span></p>`;
}

function approvalsPart(project: Project, { approvals }: MergeRequestState): Html {
  const by = approvals.map(({ account }) => tag(account.name, "good"));
  return html`<p class="bar">${approvals.length} of ${project.settings.approvalsRequired} that are demanded ${by}</p>`;
}

function actions(project: Project, mergeRequest: MergeRequestState, as: string): Html {
  const at = `/${project.settings.path}/-/merge_requests/${mergeRequest.iid}`;
  const actor = actors(project).find(({ username }) => username === as);
  const button = (action: string, label: string) =>
    html`<form method="post" action="${at}/${action}"><input type="hidden" name="as" value="${as}"><button>${label}</button></form>`;
  const who = html`<form method="get" action="${at}" class="bar"><label for="as">Act as</label>
<select id="as" name="as">${actors(project).map(({ username, name }) =>
    username === as
      ? html`<option value="${username}" selected>${name}</option>`
      : html`<option value="${username}">${name}</option>`,
  )}</select><button>Switch</button></form>`;
  const open = mergeRequest.state === "opened";
  const pipeline = headPipeline(project, mergeRequest);
  const approved = mergeRequest.approvals.some(({ account }) => account.username === as);
  return html`<div class="box"><div class="bar">${who}
${actor !== undefined && mayApprove(mergeRequest, actor) ? button("approve", "Approve") : undefined}
${open && approved ? button("unapprove", "Revoke approval") : undefined}
${open ? button("merge", "Merge") : undefined}
${open ? button("close", "Close") : undefined}
${mergeRequest.state === "closed" ? button("reopen", "Reopen") : undefined}
${open && isActive(pipeline) ? html`${button("pass", "Pass the pipeline")}${button("fail", "Fail the pipeline")}` : undefined}
</div>
<details><summary>Comment</summary><form method="post" action="${at}/comment"><input type="hidden" name="as" value="${as}">
<textarea name="body" aria-label="Comment" required></textarea><button>Comment</button></form></details>
${
  open
    ? html`<details><summary>Push a commit</summary><form method="post" action="${at}/push"><input type="hidden" name="as" value="${as}">
<label>File<input name="path" required></label><label>Content<textarea name="content"></textarea></label>
<label>Message<input name="message" value="Change by hand" required></label><button>Push</button></form></details>`
    : undefined
}</div>`;
}
