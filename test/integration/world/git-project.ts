import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const deploy = join(import.meta.dirname, "../../../deploy");
export const infraTenants = "kubernetes/workloads/platform/databases/tenants";

/** The platform's Git project: a bare repository that has the shipped tree on `main`, and a person's clone of it. */
export interface GitProject {
  readonly repository: string;
  read(path: string): string;
  /** Every YAML and Markdown file by its path. */
  tree(): ReadonlyMap<string, string>;
  write(path: string, text: string): void;
  remove(path: string): void;
  /** Puts everything back as it was before the newest commit; to be pushed. */
  revert(): void;
  /** Commits what was written and pushes it; returns the revision as Flux writes it. */
  push(message: string): string;
  /** Lists these tenants in the parent, each with what the example has, under its own name. */
  writeTenants(...names: readonly string[]): void;
  stop(): void;
}

export function createGitProject(): GitProject {
  const folder = mkdtempSync(join(tmpdir(), "dfbot-git-"));
  const repository = join(folder, "project.git");
  const clone = join(folder, "clone");
  const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  const git = (...args: readonly string[]) =>
    execFileSync("git", [...author, ...args], { cwd: clone, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  mkdirSync(clone);
  git("init", "--bare", "--initial-branch=main", repository);
  cpSync(deploy, clone, { recursive: true });
  git("init", "--initial-branch=main");
  git("remote", "add", "origin", repository);

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  };
  const project: GitProject = {
    repository,
    read: (path) => readFileSync(join(clone, path), "utf8"),
    tree: () =>
      new Map(
        globSync("{bot,kubernetes}/**/*.{yaml,md}", { cwd: clone }).map((path) => [
          path,
          readFileSync(join(clone, path), "utf8"),
        ]),
      ),
    write,
    remove: (path) => rmSync(join(clone, path), { recursive: true }),
    revert: () => void git("revert", "--no-commit", "HEAD"),
    push: (message) => {
      git("add", "--all");
      git("commit", "--quiet", "--message", message);
      git("push", "--quiet", "origin", "main");
      return `main@sha1:${git("rev-parse", "HEAD").trim()}`;
    },
    writeTenants: (...names) => {
      for (const name of names) writeTenant(write, name);
      const list = names.length === 0 ? " []" : `\n${names.map((name) => `  - ${name}`).join("\n")}`;
      write(`${infraTenants}/kustomization.yaml`, `${kustomization}resources:${list}\n`);
    },
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
  project.push("The platform as shipped");
  return project;
}

const kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

/** The example of the documentation, in sizes that fit beside others on a laptop. */
function writeTenant(write: GitProject["write"], name: string): void {
  const example = readFileSync(join(deploy, "docs/examples/dragonfly-gitlab.yaml"), "utf8");
  const instance = example
    .replaceAll("dragonfly-gitlab", `dragonfly-${name}`)
    .replaceAll("platform/dragonfly/gitlab", `platform/dragonfly/${name}`)
    .replaceAll("dfbot.platform/tenant: gitlab", `dfbot.platform/tenant: ${name}`);
  write(`${infraTenants}/${name}/instance.yaml`, instance);
  write(`${infraTenants}/${name}/kustomization.yaml`, `${kustomization}resources:\n  - instance.yaml\n`);
}
