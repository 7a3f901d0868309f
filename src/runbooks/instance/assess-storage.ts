import type { InstanceConfig, Thresholds } from "../../config/file.ts";
import type { PersistentVolumeClaim } from "../../platform/kubernetes.ts";
import type { Finding } from "../../reports/model.ts";
import { evidence, finding, firstVerdict, fromReading } from "./findings.ts";
import type { InstanceObservation } from "./observe.ts";
import { bytes, percent } from "./units.ts";

const section = "Storage";

/** The snapshot volumes: bound, and how full. */
export function assessStorage(
  seen: InstanceObservation,
  instance: InstanceConfig,
  thresholds: Thresholds,
): readonly Finding[] {
  return fromReading({ id: "pvc", section, what: "The instance's volume claims" }, seen.claims, (all) => {
    const claims = all.filter((claim) => claim.meta.name.startsWith(`df-${instance.name}-`));
    if (claims.length === 0) {
      return [
        finding({
          id: "pvc",
          section,
          verdict: "warn",
          title: "The instance has no volume: nothing survives when all pods restart",
          evidence: [evidence(seen.claims, `no claim named df-${instance.name}-N`)],
        }),
      ];
    }
    return claims.flatMap((claim) => [boundFinding(claim, seen), useFinding(claim, seen, thresholds)]);
  });
}

function boundFinding(claim: PersistentVolumeClaim, seen: InstanceObservation): Finding {
  const bound = claim.phase === "Bound";
  return finding({
    id: `pvc.${claim.meta.name}`,
    section,
    verdict: bound ? "ok" : "fail",
    title: bound
      ? `Volume ${claim.meta.name} is bound, ${bytes(claim.capacityBytes ?? claim.requestedBytes)}`
      : `Volume ${claim.meta.name} is ${claim.phase}`,
    detail: bound ? "" : `Its pod cannot start. Storage class: ${claim.storageClass ?? "none"}.`,
    evidence: [evidence(seen.claims, `${claim.meta.name} ${claim.phase} ${claim.storageClass ?? ""}`.trim())],
  });
}

function useFinding(claim: PersistentVolumeClaim, seen: InstanceObservation, thresholds: Thresholds): Finding {
  const { name } = claim.meta;
  const id = `pvc.${name}.used`;
  if (!seen.volumeUse.ok) {
    return finding({
      id,
      section,
      verdict: "unknown",
      title: `How full volume ${name} is could not be read`,
      detail: seen.volumeUse.reason,
      evidence: [evidence(seen.volumeUse, "")],
    });
  }
  const sample = seen.volumeUse.value.find(({ labels }) => labels["persistentvolumeclaim"] === name);
  if (sample === undefined) {
    return finding({
      id,
      section,
      verdict: "unknown",
      title: `No metric says how full volume ${name} is`,
      detail: "The kubelet's volume metrics do not reach the metrics store for this claim.",
      evidence: [evidence(seen.volumeUse, "no sample")],
    });
  }
  const verdict = firstVerdict(
    [sample.value >= thresholds.diskFail, "fail"],
    [sample.value >= thresholds.diskWarn, "warn"],
  );
  return finding({
    id,
    section,
    verdict,
    title: `Volume ${name} is ${percent(sample.value)} full`,
    detail:
      verdict === "ok"
        ? ""
        : "A full volume makes snapshots fail, and a server that cannot load its snapshot does not start.",
    evidence: [{ ...evidence(seen.volumeUse, percent(sample.value)), at: sample.at }],
  });
}
