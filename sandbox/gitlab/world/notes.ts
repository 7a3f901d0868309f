import type { Account } from "./accounts.ts";
import type { MergeRequestState, Note } from "./model.ts";
import type { Project } from "./project.ts";

export function addNote(
  project: Project,
  mergeRequest: MergeRequestState,
  author: Account,
  body: string,
  kind: "comment" | "thread" | "system" = "comment",
): Note {
  const now = new Date().toISOString();
  const note: Note = {
    id: project.nextId(),
    author,
    createdAt: now,
    updatedAt: now,
    system: kind === "system",
    resolvable: kind === "thread",
    resolvedBy: undefined,
    body,
  };
  mergeRequest.notes.push(note);
  touch(mergeRequest);
  // What GitLab itself writes down is nobody's comment.
  if (!note.system) project.events.emit("note", { mergeRequest, note });
  return note;
}

/** Something about it changed now. */
export function touch(mergeRequest: MergeRequestState): void {
  mergeRequest.updatedAt = new Date().toISOString();
}
