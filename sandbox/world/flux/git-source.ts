import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A commit of the branch, checked out. */
export interface Artifact {
  /** As Flux writes it: `main@sha1:<commit>`. */
  readonly revision: string;
  readonly folder: string;
}

/** Flux's source controller with one Git repository. */
export interface GitSource {
  readonly repository: string;
  /** The newest commit of the branch. Rejects with what Git says when it cannot be had. */
  fetch(): Promise<Artifact>;
}

/** `folder` holds one check-out a commit: the newest, and the one before it for whoever is still reading it. */
export function createGitSource(options: {
  readonly repository: string;
  readonly branch: string;
  readonly folder: string;
}): GitSource {
  const { repository, branch, folder } = options;
  const git = (...args: readonly string[]) =>
    run("git", ["--git-dir", repository, ...args], { env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } });
  const kept: Artifact[] = [];

  const checkOut = async (commit: string): Promise<Artifact> => {
    const target = join(folder, commit);
    const archive = `${target}.tar`;
    mkdirSync(target, { recursive: true });
    await git("archive", "--format=tar", "--output", archive, commit);
    await run("tar", ["-xf", archive, "-C", target]);
    rmSync(archive);
    return { revision: `${branch}@sha1:${commit}`, folder: target };
  };

  return {
    repository,
    fetch: async () => {
      const { stdout } = await git("rev-parse", "--verify", `refs/heads/${branch}^{commit}`).catch((error: unknown) => {
        throw new Error(`couldn't find remote ref "refs/heads/${branch}"`, { cause: error });
      });
      const commit = stdout.trim();
      const known = kept.find(({ revision }) => revision.endsWith(commit));
      if (known !== undefined) return known;
      const artifact = await checkOut(commit);
      kept.push(artifact);
      for (const old of kept.splice(0, kept.length - 2)) rmSync(old.folder, { recursive: true, force: true });
      return artifact;
    },
  };
}
