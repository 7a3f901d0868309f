import { nameOfObject } from "../../../manifests/manifest.ts";
import type { ReadingOk } from "../../../platform/reading.ts";
import type { Evidence, Finding } from "../../../reports/model.ts";
import { evidence } from "../../instance/findings.ts";
import { plural } from "../../instance/units.ts";
import { check, criteria } from "../check.ts";
import type { Built } from "./git-tree.ts";
import type { DriftObservation, ObservedObject } from "./observe.ts";
import { type Difference, differencesOf } from "./words.ts";

/** An object that is not as Git has it; no differences: it is not there. */
interface Drifted {
  readonly object: ObservedObject;
  readonly differences: readonly Difference[];
}

const mostObjects = 5;
const mostLines = 20;

/** Whether every field that Git sets is so in the cluster: a check for each Flux Kustomization, and one for the Kustomizations themselves. */
export function verifyFields(seen: DriftObservation): Finding {
  const { cluster, name, built } = seen;
  const named = {
    id: name === undefined ? `drift.${cluster}.flux` : `drift.${name}.fields`,
    criterion: criteria.drift,
    what: name === undefined ? `What Flux is told in ${cluster}` : `Objects of ${name}`,
  };
  if (!built.ok) {
    const found = `could not be compared: ${built.reason}`;
    const expected = "every field that Git sets is so in the cluster";
    return check({ ...named, expected, found, holds: undefined, evidence: [evidence(built, "")] });
  }
  const { sha, objects } = built.value;
  const expected = `every field that Git sets at ${sha.slice(0, 8)} is so in the cluster`;
  const drifted = seen.objects.flatMap(driftedOf);
  const unread = seen.objects.filter(({ live }) => !live.ok);
  const finding = check({
    ...named,
    expected,
    found: foundOf(seen, drifted, unread),
    holds: drifted.length > 0 ? false : unread.length > 0 ? undefined : true,
    evidence: [
      evidence(built, `${plural(objects.length, "object")} at ${sha.slice(0, 8)}${leftOutWords(seen)}`),
      ...drifted.slice(0, mostObjects).map((one) => evidenceOf(one)),
      ...unread.slice(0, mostObjects).map(({ live }) => evidence(live, "")),
      ...oldestOf(seen),
    ],
  });
  return drifted.length === 0 ? finding : { ...finding, detail: `${finding.detail} ${nextOf(built, name)}` };
}

function driftedOf(object: ObservedObject): readonly Drifted[] {
  if (!object.live.ok) return [];
  if (object.live.value === undefined) return [{ object, differences: [] }];
  const differences = differencesOf(object.desired, object.live.value);
  return differences.length === 0 ? [] : [{ object, differences }];
}

function foundOf(seen: DriftObservation, drifted: readonly Drifted[], unread: readonly ObservedObject[]): string {
  const all = plural(seen.objects.length, "object");
  const missing = unread.length === 0 ? "" : `, and ${unread.length} could not be read`;
  const [first] = drifted;
  if (first !== undefined)
    return `${drifted.length} of ${all} ${drifted.length === 1 ? "differs" : "differ"}${missing}, first ${wordsOf(first)}`;
  const [reason] = unread.flatMap(({ live }) => (live.ok ? [] : [live.reason]));
  return reason === undefined ? `none of ${all} differs` : `${unread.length} of ${all} could not be read: ${reason}`;
}

function wordsOf({ object, differences }: Drifted): string {
  const [first, ...more] = differences;
  const what = nameOfObject(object.id);
  if (first === undefined) return `${what} is not there`;
  return `${what}: ${first.words}${more.length === 0 ? "" : `, and ${more.length} more`}`;
}

function evidenceOf({ object, differences }: Drifted): Evidence {
  const { live, id } = object;
  const lines = differences.map(({ words, writer }) => `${words}${writer === "" ? "" : `; ${writer}`}`);
  const more = lines.length > mostLines ? [`and ${lines.length - mostLines} more`] : [];
  return {
    command: commandOf(object),
    output:
      lines.length === 0 ? `${nameOfObject(id)} is not there` : [...lines.slice(0, mostLines), ...more].join("\n"),
    at: live.at,
  };
}

/** What shows one object with who wrote it. */
function commandOf({ live, kind, id: { name } }: ObservedObject): string {
  const one = live.command.replace(` get ${kind.plural} -o yaml`, ` get ${kind.kind.toLowerCase()} ${name} -o yaml`);
  return `${one} --show-managed-fields`;
}

/** How old the data is: nothing was read before this. */
function oldestOf({ objects }: DriftObservation): readonly Evidence[] {
  const read = objects.filter(({ live }) => live.ok).toSorted((a, b) => a.live.at.localeCompare(b.live.at));
  const [first] = read;
  if (first === undefined) return [];
  const output = `${plural(read.length, "object")} read, this one first`;
  return [{ command: first.live.command, output, at: first.live.at }];
}

/** By kind, so that a person sees what nobody looked at. */
function leftOutWords({ leftOut }: DriftObservation): string {
  if (leftOut.length === 0) return "";
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  return `; ${leftOut.length} left out: ${reasons.join(", ")}`;
}

function nextOf(built: ReadingOk<Built>, name: string | undefined): string {
  const reconcile = built.command
    .replace(/ diff kustomization (\S+) .*/, " reconcile kustomization $1")
    .concat(" --with-source");
  const words = name === undefined ? "Flux puts back what its own folder says" : "Flux puts it back";
  return `${words}: ${reconcile}. What is meant to stay belongs into Git.`;
}
