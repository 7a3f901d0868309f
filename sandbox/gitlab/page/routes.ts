import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { diffsBetween } from "../git/diffs.ts";
import type { GitLabPeople } from "../people.ts";
import { Refusal } from "../refusal.ts";
import { beginCheck } from "../world/merge-status.ts";
import type { MergeRequestState } from "../world/model.ts";
import type { Project } from "../world/project.ts";
import { diffView } from "./diff.ts";
import { type Html, html } from "./html.ts";
import { page } from "./layout.ts";
import { actors, mergeRequestPage } from "./merge-request-page.ts";

const place = z.object({ iid: z.coerce.number().int() });
const shown = z.object({ as: z.string().optional(), problem: z.string().optional() });
const form = z.object({
  as: z.string(),
  body: z.string().default(""),
  path: z.string().default(""),
  content: z.string().default(""),
  message: z.string().default("Change by hand"),
});
type Form = z.infer<typeof form>;

/** What somebody does with a button, by the last word of its address. */
const actions: Readonly<
  Record<string, (people: GitLabPeople, mergeRequest: MergeRequestState, given: Form) => Promise<unknown>>
> = {
  approve: (people, { iid }, { as }) => people.approve(as, iid),
  unapprove: (people, { iid }, { as }) => people.unapprove(as, iid),
  merge: (people, { iid }, { as }) => people.merge(as, iid),
  close: (people, { iid }, { as }) => people.close(as, iid),
  reopen: (people, { iid }, { as }) => people.reopen(as, iid),
  comment: (people, { iid }, { as, body }) => people.comment(as, iid, body),
  pass: (people, { iid }) => people.passPipeline(iid),
  fail: (people, { iid }) => people.failPipeline(iid),
  push: (people, { sourceBranch }, { as, path, content, message }) =>
    people.push(as, { branch: sourceBranch, message, files: { [path]: content.replaceAll("\r\n", "\n") } }),
};

/** Pages for people, so that a link on a Slack card leads somewhere. Nothing of them exists in the real GitLab but their addresses. */
export function addPageRoutes(server: FastifyInstance, project: Project, people: GitLabPeople): void {
  const root = `/${project.settings.path}`;
  const send = (reply: FastifyReply, content: Html, status = 200) =>
    reply
      .code(status)
      .type("text/html; charset=utf-8")
      .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
      .send(content.text);
  const missing = (reply: FastifyReply) =>
    send(reply, page("Not found", project.settings.path, html`<h1>There is nothing here</h1>`), 404);
  const mergeRequestAt = (params: unknown) => {
    const found = place.safeParse(params);
    return found.success ? project.mergeRequest(found.data.iid) : undefined;
  };

  server.get("/", (_request, reply) => reply.redirect(`${root}/-/merge_requests`));
  server.get(root, (_request, reply) => reply.redirect(`${root}/-/merge_requests`));
  server.get(`${root}/-/merge_requests`, (_request, reply) => {
    const all = project.mergeRequests.toReversed();
    const list = all.map(
      ({ iid, title, state, author }) =>
        html`<div class="box"><a href="${root}/-/merge_requests/${iid}">${title}</a> <span class="muted">!${iid} by ${author.name}</span> <span class="tag">${state}</span></div>`,
    );
    const none = html`<p class="muted">None yet</p>`;
    const content = html`<h1>Merge requests</h1>${list.length === 0 ? none : list}`;
    return send(reply, page("Merge requests", project.settings.path, content));
  });
  server.get(`${root}/-/merge_requests/:iid`, async (request, reply) => {
    const mergeRequest = mergeRequestAt(request.params);
    if (mergeRequest === undefined) return missing(reply);
    await beginCheck(project, mergeRequest);
    const { as = actors(project)[0]?.username ?? "", problem } = shown.parse(request.query);
    return send(reply, await mergeRequestPage(project, mergeRequest, { as, problem }));
  });
  server.post<{ Params: { action: string } }>(`${root}/-/merge_requests/:iid/:action`, async (request, reply) => {
    const mergeRequest = mergeRequestAt(request.params);
    const action = actions[request.params.action];
    const given = form.safeParse(request.body);
    const known = given.success && actors(project).some(({ username }) => username === given.data.as);
    if (mergeRequest === undefined || action === undefined || !known) return missing(reply);
    const query = new URLSearchParams({ as: given.data.as });
    try {
      await action(people, mergeRequest, given.data);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      query.set("problem", `GitLab refused it: ${error.message}`);
    }
    return reply.redirect(`${root}/-/merge_requests/${mergeRequest.iid}?${query}`, 303);
  });
  server.get<{ Params: { sha: string } }>(`${root}/-/commit/:sha`, async (request, reply) => {
    const sha = await project.repository.resolve(request.params.sha);
    if (sha === undefined) return missing(reply);
    const { message, author, parents } = await project.repository.commit(sha);
    const [parent] = parents;
    const diffs = parent === undefined ? [] : await diffsBetween(project.repository, parent, sha);
    const content = html`<h1><code>${sha.slice(0, 8)}</code></h1><p class="muted">${author.name}</p>
<div class="box"><pre>${message}</pre></div>${diffView(diffs)}`;
    return send(reply, page(sha.slice(0, 8), project.settings.path, content));
  });
  server.get<{ Params: { pipeline: string } }>(`${root}/-/pipelines/:pipeline`, (request, reply) => {
    const pipeline = project.pipelines.find(({ id }) => String(id) === request.params.pipeline);
    return pipeline === undefined
      ? missing(reply)
      : reply.redirect(`${root}/-/merge_requests/${pipeline.mergeRequest}`);
  });
}
