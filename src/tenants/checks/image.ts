import type { Check } from "../draft.ts";
import { broken, kept, remark } from "./check.ts";

/** What an image reference says. */
interface Image {
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
  /** Of a tag such as v1.40.1. */
  readonly version: readonly [number, number, number] | undefined;
}

/** Below it the server does not know a flag that the operator always passes, and exits. Source: docs/versions.md. */
const least = [1, 20, 0] as const;

export function parseImage(text: string): Image | undefined {
  const parts =
    /^([a-z0-9]+(?:[._:-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      text,
    );
  if (parts === null) return undefined;
  const [, repository = "", tag, digest] = parts;
  const numbers = /^v(\d+)\.(\d+)\.(\d+)$/.exec(tag ?? "");
  return {
    repository,
    tag,
    digest,
    version: numbers === null ? undefined : [Number(numbers[1]), Number(numbers[2]), Number(numbers[3])],
  };
}

/** The rules for an instance's image, and the warnings for the way from one to another. */
export function checkImage(from: string, to: string): readonly Check[] {
  const now = parseImage(from);
  const then = parseImage(to);
  if (then === undefined)
    return [
      broken("upgrade.image", `"${to}" is not an image`, "Such as docker.dragonflydb.io/dragonflydb/dragonfly:v1.40.1"),
    ];
  return [
    (then.tag === undefined || then.tag === "latest") && then.digest === undefined
      ? broken(
          "upgrade.pinned",
          "The image is not pinned",
          "Name a tag such as v1.40.1, or a digest: otherwise it rolls with every upgrade of the operator.",
        )
      : kept("upgrade.pinned", "The image is pinned"),
    then.repository === now?.repository
      ? kept("upgrade.repository", `The image is from where it is now: ${then.repository}`)
      : broken(
          "upgrade.repository",
          `The image is from ${then.repository}`,
          `Now it is from ${now?.repository ?? from}. Another registry is a change of its own, by people.`,
        ),
    ...versionChecks(now, then),
  ];
}

function versionChecks(now: Image | undefined, then: Image): readonly Check[] {
  if (then.version === undefined) {
    const title = "Which version it is cannot be told";
    return [
      {
        id: "upgrade.version",
        verdict: "unknown",
        title,
        detail: `Give a tag such as v1.40.1, with a digest behind it if you like: …:v1.40.1@sha256:…`,
      },
    ];
  }
  const [major, minor] = then.version;
  if (below(then.version, least))
    return [
      broken(
        "upgrade.version",
        `v${then.version.join(".")} is below v${least.join(".")}`,
        "The operator passes a flag that it does not know, and an unknown flag ends the server at start.",
      ),
    ];
  const from = now?.version;
  if (from === undefined || from[0] !== major)
    return [
      remark(
        "upgrade.version",
        "The step is from a version that cannot be told",
        "Read docs/versions.md, and take a snapshot first.",
      ),
    ];
  const known = kept("upgrade.version", `v${then.version.join(".")} runs under the operator`);
  if (below(then.version, from)) return [known, ...downgrade(from[1], minor)];
  return [known, ...upgradeNotes(from[1], minor)];
}

function downgrade(from: number, to: number): readonly Check[] {
  const notes = [
    "Take a snapshot first. The other direction of replication, a newer primary and an older replica, is not tested upstream.",
  ];
  if (from >= 40 && to < 40)
    notes.push(
      "v1.40 writes tagged chunks, which v1.38 and older may not read: --serialization_tagged_chunks=false first, let that roll, snapshot again, then the image.",
    );
  if (from >= 38 && to < 38)
    notes.push("Below v1.38 there is no /healthz and the metrics of TLS and latency are gone.");
  return [remark("upgrade.downgrade", "It is a step back", notes.join("\n"))];
}

/** Metrics that are renamed on the way, by the minor version that does it. Source: docs/versions.md. */
const renames: readonly (readonly [number, string])[] = [
  [22, "replica_state says online instead of stable_sync"],
  [28, "connected_clients and commands_processed_total by listener"],
  [34, "evicted, expired, hits and misses by db"],
  [38, "metrics of TLS and latency"],
  [39, "metrics of the replica's link"],
  [40, "the legacy memory metrics are gone"],
];

function upgradeNotes(from: number, to: number): readonly Check[] {
  const renamed = renames
    .filter(([minor]) => from < minor && minor <= to)
    .map(([minor, what]) => `v1.${minor}: ${what}`);
  const tagged =
    from < 40 && to >= 40
      ? [
          remark(
            "upgrade.tagged-chunks",
            "The way back closes",
            "v1.40 writes tagged chunks, which v1.38 and older may not read: keep --serialization_tagged_chunks=false for a week.",
          ),
        ]
      : [];
  return renamed.length === 0
    ? tagged
    : [...tagged, remark("upgrade.metrics", "Metrics are renamed on the way", renamed.join("\n"))];
}

function below(a: readonly [number, number, number], b: readonly [number, number, number]): boolean {
  const index = a.findIndex((number, place) => number !== b[place]);
  return index !== -1 && (a[index] ?? 0) < (b[index] ?? 0);
}
