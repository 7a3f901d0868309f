import { posix } from "node:path";
import { z } from "zod";
import type { Config } from "../../config/file.ts";
import type { Check, Tree } from "../draft.ts";
import { sharedFilesOf } from "../places.ts";
import { pathsBelow } from "../tree.ts";
import { valuesOf } from "../yaml/source.ts";
import { ruled } from "./check.ts";

/** Nothing but a list: no patch, no generator, no file from elsewhere, so that a folder is what its files say. */
const plainKustomization = z.strictObject({
  apiVersion: z.literal("kustomize.config.k8s.io/v1beta1"),
  kind: z.literal("Kustomization"),
  resources: z.array(z.string()),
});

/** Whether a tenant's folder, and the list above it, apply exactly what is there. */
export function checkFolderLists(folder: string, parent: string, tree: Tree): Check {
  const name = posix.basename(folder);
  const files = pathsBelow(tree, folder)
    .filter((path) => /\.ya?ml$/.test(path))
    .map((path) => path.slice(folder.length + 1))
    .filter((path) => path !== "kustomization.yaml");
  const own = readList(`${folder}/kustomization.yaml`, tree);
  const above = readList(parent, tree);
  return ruled("kustomization.lists-it", `${parent} applies ${name}, and ${name} each of its files`, [
    ...own.problems,
    ...above.problems,
    ...compare(`${folder}/kustomization.yaml`, own.items, files),
    ...(above.items?.includes(name) === false ? [`${parent} does not list ${name}`] : []),
  ]);
}

/** Whether the lists of folders name folders that are there, once each. */
export function checkParentLists(tree: Tree, config: Config): readonly Check[] {
  const { parent, appsParent } = sharedFilesOf(config);
  return [parent, appsParent].map((path) => {
    const { items = [], problems } = readList(path, tree);
    const gone = items.filter((item) => !tree.has(`${posix.dirname(path)}/${item}/kustomization.yaml`));
    const twice = items.filter((item, index) => items.indexOf(item) !== index);
    return ruled("kustomization.parents", `${path} lists folders that are there`, [
      ...problems,
      ...gone.map((item) => `${item} is not there`),
      ...twice.map((item) => `${item} is there twice`),
    ]);
  });
}

interface List {
  readonly items: readonly string[] | undefined;
  readonly problems: readonly string[];
}

function readList(path: string, tree: Tree): List {
  const text = tree.get(path);
  if (text === undefined) return { items: undefined, problems: [`${path} is not there`] };
  const parsed = plainKustomization.safeParse(valuesOf(path, text)[0]);
  if (parsed.success)
    return { items: parsed.data.resources.map((item) => item.replace(/^\.\/|\/$/g, "")), problems: [] };
  const [issue] = parsed.error.issues;
  return {
    items: undefined,
    problems: [`${path}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is not a list of resources"}`],
  };
}

function compare(path: string, items: readonly string[] | undefined, files: readonly string[]): readonly string[] {
  if (items === undefined) return [];
  return [
    ...files.filter((file) => !items.includes(file)).map((file) => `${path} does not list ${file}`),
    ...items.filter((item) => !files.includes(item)).map((item) => `${path} lists ${item}, which is not in the folder`),
  ];
}
