import { z } from "zod";
import type { Config } from "../config/file.ts";
import type { Tree } from "./draft.ts";
import { sharedFilesOf } from "./places.ts";
import { fileIn, withFiles } from "./tree.ts";
import { addItem, itemsOf, removeItem } from "./yaml/list.ts";
import type { Spot, Step } from "./yaml/source.ts";

/** The lists of namespaces that may connect to the shared instance: in the policies of both kinds, and in the bot's own configuration. */

const plainPeer = z.looseObject({ namespaceSelector: z.looseObject({ matchExpressions: z.array(z.unknown()) }) });
const ciliumPeer = z.looseObject({ matchExpressions: z.array(z.unknown()) });
const expression = (key: string) => z.looseObject({ key: z.literal(key), operator: z.literal("In") });
const plainName = expression("kubernetes.io/metadata.name");
const ciliumName = expression("k8s:io.kubernetes.pod.namespace");

const isPlainName = (item: unknown) => plainName.safeParse(item).success;
const isCiliumName = (item: unknown) => ciliumName.safeParse(item).success;
const isPlainPeer = (item: unknown) => {
  const peer = plainPeer.safeParse(item);
  return peer.success && peer.data.namespaceSelector.matchExpressions.some(isPlainName);
};
const isCiliumPeer = (item: unknown) => {
  const peer = ciliumPeer.safeParse(item);
  return peer.success && peer.data.matchExpressions.some(isCiliumName);
};
const hasSome = (field: string, is: (item: unknown) => boolean) => (rule: unknown) => {
  const found = z.looseObject({ [field]: z.array(z.unknown()) }).safeParse(rule);
  const peers: unknown = found.success ? found.data[field] : [];
  return Array.isArray(peers) && peers.some(is);
};

/** The way to the list in each kind of file. */
export const accessListSteps = {
  plain: [
    "spec",
    "ingress",
    hasSome("from", isPlainPeer),
    "from",
    isPlainPeer,
    "namespaceSelector",
    "matchExpressions",
    isPlainName,
    "values",
  ],
  cilium: [
    "spec",
    "ingress",
    hasSome("fromEndpoints", isCiliumPeer),
    "fromEndpoints",
    isCiliumPeer,
    "matchExpressions",
    isCiliumName,
    "values",
  ],
  bot: ["namespaces", "allowed"],
} satisfies Readonly<Record<string, readonly Step[]>>;

function spotsOf(tree: Tree, config: Config): readonly Spot[] {
  const { plainPolicy, ciliumPolicy, botConfig } = sharedFilesOf(config);
  const { name } = config.shared;
  const at = (file: string) => ({ file, text: fileIn(tree, file) });
  return [
    { ...at(plainPolicy), kind: "NetworkPolicy", name, path: accessListSteps.plain },
    { ...at(ciliumPolicy), kind: "CiliumNetworkPolicy", name, path: accessListSteps.cilium },
    { ...at(botConfig), path: accessListSteps.bot },
  ];
}

export interface AccessList {
  readonly file: string;
  readonly namespaces: readonly string[];
}

/** The three lists. Throws BotError `tenant.tree` when one of them is not where it is expected. */
export function accessLists(tree: Tree, config: Config): readonly AccessList[] {
  return spotsOf(tree, config).map((spot) => ({ file: spot.file, namespaces: itemsOf(spot) }));
}

/** Whether a namespace is in all lists. */
export function isAllowed(namespace: string, tree: Tree, config: Config): boolean {
  return accessLists(tree, config).every(({ namespaces }) => namespaces.includes(namespace));
}

/** The tree with a namespace in every list. */
export function withNamespace(namespace: string, tree: Tree, config: Config): Tree {
  return withFiles(
    tree,
    spotsOf(tree, config).map((spot) => [spot.file, addItem(spot, namespace)] as const),
  );
}

/** The tree with a namespace in no list. */
export function withoutNamespace(namespace: string, tree: Tree, config: Config): Tree {
  return withFiles(
    tree,
    spotsOf(tree, config).map((spot) => [spot.file, removeItem(spot, namespace)] as const),
  );
}
