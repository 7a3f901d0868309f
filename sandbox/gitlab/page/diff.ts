import type { FileDiff } from "../git/diffs.ts";
import { type Html, html } from "./html.ts";

export function diffView(diffs: readonly FileDiff[]): Html {
  return html`${diffs.map(fileView)}`;
}

function fileView({ old_path, new_path, diff, new_file, deleted_file, renamed_file, collapsed, too_large }: FileDiff) {
  const what = new_file ? "new" : deleted_file ? "deleted" : renamed_file ? `was ${old_path}` : "";
  const body = collapsed || too_large ? html`<span class="muted">Too large to be shown</span>` : html`${lines(diff)}`;
  return html`<div class="box diff"><div>${new_path} <span class="muted">${what}</span></div><pre>${body}</pre></div>`;
}

const kinds: Readonly<Record<string, string>> = { "+": "add", "-": "del", "@": "hunk", "\\": "hunk" };

function lines(diff: string): readonly Html[] {
  return diff
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => html`<span class="${kinds[line[0] ?? ""] ?? ""}">${line === "" ? " " : line}</span>`);
}
