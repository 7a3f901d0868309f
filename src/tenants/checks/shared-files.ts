import type { Config } from "../../config/file.ts";
import type { FileEdit } from "../../platform/git.ts";
import { type AccessList, accessListSteps, accessLists } from "../access-lists.ts";
import type { Check, Tree } from "../draft.ts";
import { tenantsOf } from "../inventory.ts";
import { sharedFilesOf } from "../places.ts";
import { accessListSpot, userLinesOf, userOfLine } from "../users.ts";
import { blockLines } from "../yaml/block.ts";
import { scalarAt } from "../yaml/scalar.ts";
import { type Step, valuesOf } from "../yaml/source.ts";
import { accessRuleProblems } from "./access-rules.ts";
import { broken, kept, remark, ruled } from "./check.ts";
import { checkImage } from "./image.ts";

/** What a merge request does to the shared instance's files: lists and images may change, anything else is not about tenants. */
export function checkSharedFiles(
  edits: readonly FileEdit[],
  before: Tree,
  after: Tree,
  config: Config,
): readonly Check[] {
  const files = sharedFilesOf(config);
  const touched = (path: string) => edits.some((edit) => edit.path === path);
  const lists = [files.plainPolicy, files.ciliumPolicy, files.botConfig].filter(touched);
  return [
    ...(touched(files.acl) ? checkAccessList(before, after, config) : []),
    ...(lists.length > 0 ? [checkAgreement(before, after, config)] : []),
    ...(touched(files.resource) ? checkSharedImage(before, after, config) : []),
    ...[...lists, files.acl, files.resource]
      .filter(touched)
      .map((path) => checkNothingElse(path, before, after, config)),
  ];
}

function checkAccessList(before: Tree, after: Tree, config: Config): readonly Check[] {
  const old = blockLines(accessListSpot(before, config));
  const lines = blockLines(accessListSpot(after, config));
  const added = lines.filter((line) => !old.includes(line));
  const tenants = tenantsOf(after, config).flatMap(({ tenant }) => (tenant?.isolation === "shared" ? [tenant] : []));
  const gone = usersIn(old).filter((user) => !usersIn(lines).includes(user));
  const platforms = gone.filter((user) => ["default", "dfbot"].includes(user));
  const known = new Set(tenantsOf(before, config).map(({ name }) => name));
  const others = gone.filter((user) => !platforms.includes(user) && !known.has(user));
  const missing = tenants.filter((tenant) => {
    const { guard, rule } = userLinesOf(tenant);
    return !(lines.includes(guard) && lines.includes(rule));
  });
  return [
    ruled(
      "policy.acl",
      "Every line of the access list is one that the server can read",
      accessRuleProblems(lines, { wholeKeyspace: true }),
    ),
    ruled(
      "policy.acl-keys",
      "New users are held to their own keys",
      accessRuleProblems(
        [
          ...lines.filter((line) => !added.includes(line) && !line.startsWith("USER ")),
          "",
          ...defaultLine(lines),
          ...added,
        ],
        { wholeKeyspace: false },
      ),
    ),
    ruled("policy.acl-users", "Each tenant has its user, and the platform's users stay", [
      ...platforms.map((user) => `${user} is gone`),
      ...missing.map(({ name }) => `${name} is a tenant, and its two lines are not what the bot writes`),
    ]),
    ...(others.length === 0
      ? []
      : [
          remark(
            "policy.acl-gone",
            `Users that are no tenants go: ${others.join(", ")}`,
            "Whoever logs in as one of them is refused from then on.",
          ),
        ]),
  ];
}

/** Of the lines that stay, for the rule that there must be one. */
function defaultLine(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith("USER default ")).slice(0, 1);
}

function usersIn(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith("USER ")).flatMap((line) => userOfLine(line) ?? []);
}

/** A difference that was there before is somebody else's, and worth a word. */
function checkAgreement(before: Tree, after: Tree, config: Config): Check {
  const lists = accessLists(after, config);
  if (agree(lists)) return kept("lists.agree", "Both policies and the bot's configuration list the same namespaces");
  const detail = lists.map(({ file, namespaces }) => `${file}: ${namespaces.join(", ")}`).join("\n");
  return agree(accessLists(before, config))
    ? broken("lists.agree", "The lists of namespaces differ", detail)
    : remark("lists.agree", "The lists of namespaces differ, and did before", detail);
}

function agree(lists: readonly AccessList[]): boolean {
  const said = lists.map(({ namespaces }) => namespaces.toSorted().join());
  return (
    said.every((one) => one === said[0]) &&
    lists.every(({ namespaces }) => new Set(namespaces).size === namespaces.length)
  );
}

function checkSharedImage(before: Tree, after: Tree, config: Config): readonly Check[] {
  const { resource, botConfig } = sharedFilesOf(config);
  const image = (tree: Tree) =>
    scalarAt({ file: resource, text: tree.get(resource) ?? "", kind: "Dragonfly", path: ["spec", "image"] });
  const expected = scalarAt({ file: botConfig, text: after.get(botConfig) ?? "", path: ["shared", "image"] });
  return [
    ...(image(before) === image(after) ? [] : checkImage(image(before), image(after))),
    ruled(
      "upgrade.expected",
      "The bot expects the image that the shared instance has",
      image(after) === expected ? [] : [`${botConfig}: shared.image is ${expected}`],
    ),
  ];
}

/** Everything but the lists and the images, compared as data; comments may change. */
function checkNothingElse(path: string, before: Tree, after: Tree, config: Config): Check {
  const same = rest(path, before, config) === rest(path, after, config);
  return ruled(
    "shared.only-lists",
    `Nothing else changes in ${path}`,
    same
      ? []
      : [
          "Something beside the lists of tenants changes. That is no change about tenants: have it reviewed as one of the platform.",
        ],
  );
}

function rest(path: string, tree: Tree, config: Config): string {
  const ways = blanksOf(path, config);
  return JSON.stringify(
    valuesOf(path, tree.get(path) ?? "").map((document) =>
      ways.reduce<unknown>((value, way) => blanked(value, way), document),
    ),
  );
}

/** The places of a file that changes about tenants may touch. */
function blanksOf(path: string, config: Config): readonly (readonly Step[])[] {
  const files = sharedFilesOf(config);
  if (path === files.plainPolicy) return [accessListSteps.plain];
  if (path === files.ciliumPolicy) return [accessListSteps.cilium];
  if (path === files.botConfig) return [accessListSteps.bot, ["shared", "image"]];
  if (path === files.acl) return [["spec", "target", "template", "data", "dragonfly.acl"]];
  return [["spec", "image"]];
}

function blanked(value: unknown, [step, ...more]: readonly Step[]): unknown {
  if (step === undefined) return null;
  if (Array.isArray(value)) {
    const index = typeof step === "function" ? value.findIndex(step) : step;
    return value.map((item: unknown, at) => (at === index ? blanked(item, more) : item));
  }
  if (typeof value !== "object" || value === null || typeof step !== "string" || !Object.hasOwn(value, step))
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === step ? blanked(item, more) : item]),
  );
}
