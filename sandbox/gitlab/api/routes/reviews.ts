import { z } from "zod";
import { badRequest, forbidden, notFound } from "../../refusal.ts";
import { may } from "../../world/accounts.ts";
import { approve, unapprove } from "../../world/approvals.ts";
import { addNote, touch } from "../../world/notes.ts";
import type { Project } from "../../world/project.ts";
import { runQuickActions, takeQuickActions } from "../../world/quick-actions.ts";
import { type Call, created, declared, mergeRequestOf, noContent, ok, type Route } from "../call.ts";
import { paginated } from "../pagination.ts";
import { text } from "../parameters.ts";
import { approvalsShape, noteShape } from "../shapes/merge-requests.ts";

const listing = z.object({
  sort: z.enum(["asc", "desc"]).default("desc"),
  order_by: z.enum(["created_at", "updated_at"]).default("created_at"),
});

/** https://docs.gitlab.com/api/merge_request_approvals/ and https://docs.gitlab.com/api/notes/#merge-requests */
export function reviewRoutes(project: Project): readonly Route[] {
  const path = "projects/:id/merge_requests/:iid";
  const noteOf = (call: Call) => {
    const mergeRequest = mergeRequestOf(project, call);
    const note = mergeRequest.notes.find(({ id }) => String(id) === call.params["note"]);
    if (note === undefined) throw notFound();
    return { mergeRequest, note };
  };
  const ownNoteOf = (call: Call) => {
    const found = noteOf(call);
    if (found.note.author.id !== call.account.id && !may(call.account, "maintainer")) throw forbidden();
    return found;
  };
  const bodyOf = (call: Call) => {
    const { body } = declared(z.object({ body: z.string() }), call.body);
    if (body.trim() === "") throw badRequest(`Note {:note=>["can't be blank"]}`);
    if (body.length > 1_000_000) throw badRequest('Note {:note=>["is too long (maximum is 1000000 characters)"]}');
    return body;
  };
  return [
    {
      method: "GET",
      path: `${path}/approvals`,
      answer: async (call) => ok(await approvalsShape(project, mergeRequestOf(project, call), call.account)),
    },
    {
      method: "POST",
      path: `${path}/approve`,
      answer: (call) =>
        project.exclusive(async () => {
          const mergeRequest = mergeRequestOf(project, call);
          const { sha } = declared(z.object({ sha: text.optional() }), call.body);
          approve(project, mergeRequest, call.account, sha);
          return created(await approvalsShape(project, mergeRequest, call.account));
        }),
    },
    {
      method: "POST",
      path: `${path}/unapprove`,
      answer: (call) =>
        project.exclusive(async () => {
          const mergeRequest = mergeRequestOf(project, call);
          unapprove(project, mergeRequest, call.account);
          return created(await approvalsShape(project, mergeRequest, call.account));
        }),
    },
    {
      method: "GET",
      path: `${path}/notes`,
      answer: (call) => {
        const mergeRequest = mergeRequestOf(project, call);
        const { sort, order_by } = declared(listing, call.query);
        const key = order_by === "created_at" ? "createdAt" : "updatedAt";
        const sign = sort === "asc" ? 1 : -1;
        const notes = mergeRequest.notes.toSorted(
          (a, b) => sign * (a[key] === b[key] ? a.id - b.id : a[key] < b[key] ? -1 : 1),
        );
        return paginated(call, notes, (note) => noteShape(project, mergeRequest, note));
      },
    },
    {
      method: "GET",
      path: `${path}/notes/:note`,
      answer: (call) => {
        const { mergeRequest, note } = noteOf(call);
        return ok(noteShape(project, mergeRequest, note));
      },
    },
    {
      method: "POST",
      path: `${path}/notes`,
      answer: (call) =>
        project.exclusive(async () => {
          const mergeRequest = mergeRequestOf(project, call);
          if (!may(call.account, "guest")) throw forbidden();
          const { rest, actions } = takeQuickActions(bodyOf(call));
          await runQuickActions(project, mergeRequest, call.account, actions);
          const summary = actions.map(({ command }) => `Ran /${command}.`);
          // Nothing but commands: there is no note.
          if (rest.trim() === "") return { status: 202, body: { commands_changes: {}, summary } };
          return created(noteShape(project, mergeRequest, addNote(project, mergeRequest, call.account, rest)));
        }),
    },
    {
      method: "PUT",
      path: `${path}/notes/:note`,
      answer: (call) =>
        project.exclusive(async () => {
          const { mergeRequest, note } = ownNoteOf(call);
          note.body = bodyOf(call);
          note.updatedAt = new Date().toISOString();
          touch(mergeRequest);
          return ok(noteShape(project, mergeRequest, note));
        }),
    },
    {
      method: "DELETE",
      path: `${path}/notes/:note`,
      answer: (call) =>
        project.exclusive(async () => {
          const { mergeRequest, note } = ownNoteOf(call);
          mergeRequest.notes.splice(mergeRequest.notes.indexOf(note), 1);
          return noContent;
        }),
    },
  ];
}
