import { randomUUID } from "node:crypto";
import type { Repository, Signature } from "./repository.ts";

/** What becomes of one path in a commit; a content of undefined takes the file away. */
export interface FileChange {
  readonly path: string;
  readonly mode: "100644" | "100755" | "120000";
  readonly content: Buffer | undefined;
}

export interface NewCommit {
  readonly parent: string | undefined;
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
  readonly changes: readonly FileChange[];
}

/** Writes one commit that no branch leads to yet; returns its sha. */
export async function writeCommit(repository: Repository, commit: NewCommit): Promise<string> {
  const keep = `refs/keep-around/${randomUUID()}`;
  const seconds = Math.floor(Date.now() / 1_000);
  const who = ({ name, email }: Signature) => `${clean(name)} <${clean(email)}> ${seconds} +0000`;
  const parts: Buffer[] = [];
  const line = (text: string) => void parts.push(Buffer.from(`${text}\n`));
  const data = (content: Buffer) => {
    line(`data ${content.length}`);
    parts.push(content, Buffer.from("\n"));
  };
  line(`commit ${keep}`);
  line("mark :1");
  line(`author ${who(commit.author)}`);
  line(`committer ${who(commit.committer)}`);
  data(Buffer.from(`${commit.message.replace(/\n*$/, "")}\n`));
  if (commit.parent !== undefined) line(`from ${commit.parent}`);
  // What goes comes first, so that a folder may become a file, and a file a folder.
  for (const { path, content } of commit.changes) if (content === undefined) line(`D ${quoted(path)}`);
  for (const { path, mode, content } of commit.changes) {
    if (content === undefined) continue;
    line(`M ${mode} inline ${quoted(path)}`);
    data(content);
  }
  line("");
  line("get-mark :1");
  line("done");
  const output = await repository.git.text(["fast-import", "--quiet", "--done"], { stdin: Buffer.concat(parts) });
  return output.trim();
}

/** Neither may break the line that it stands in. */
const clean = (text: string) => text.replace(/[<>\n\0]/g, "");

const quoted = (path: string) =>
  `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;
