/** The shared instance's alerts, by what the story asks for. A test holds the list to the shipped PrometheusRule. */
export const shippedAlerts = {
  availability: [
    "DragonflyPodDown",
    "DragonflyMetricsAbsent",
    "DragonflyNoPrimary",
    "DragonflySeveralPrimaries",
    "DragonflyTooFewReplicas",
    "DragonflyRoleChanged",
    "DragonflyRestarted",
    "DragonflyOomKilled",
  ],
  replication: ["DragonflyReplicaLinkDown", "DragonflyReplicaStale", "DragonflyReplicaLagging", "DragonflySyncStuck"],
  memory: [
    "DragonflyMemoryHigh",
    "DragonflyMemoryCritical",
    "DragonflyOutOfMemory",
    "DragonflyRssNearLimit",
    "DragonflyEvictions",
  ],
  storage: ["DragonflyDiskFilling", "DragonflyDiskFull"],
  snapshots: ["DragonflySnapshotFailed", "DragonflySnapshotOld"],
  traffic: ["DragonflyCommandBurst", "DragonflyClientsNearLimit", "DragonflyClientsRefused"],
  operator: ["DragonflyOperatorDown", "DragonflyRolloutStuck"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
