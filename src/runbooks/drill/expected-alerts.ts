/**
 * What the shipped rules say of a failover that goes well; a test holds this to the PrometheusRule. DragonflyNoPrimary (for 1m),
 * DragonflyPodDown (2m) and DragonflyTooFewReplicas (5m) are not here: when one of them fires, the failover took too long.
 */
export const expectedAlerts = [
  {
    alert: "DragonflyRoleChanged",
    /** Its expression looks back so far: it cannot be over sooner. */
    lastsMs: 15 * 60_000,
  },
] as const satisfies readonly ExpectedAlert[];

export interface ExpectedAlert {
  readonly alert: string;
  readonly lastsMs: number;
}

/** A server that begins anew under its old address; in a cluster the new pod has another one, and nothing fires. */
export const possibleAlerts: readonly string[] = ["DragonflyRestarted"];
