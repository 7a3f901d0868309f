/**
 * What one Dragonfly process says of itself, over its admin port. Produced by `src/dragonfly/`; read by the runbooks.
 * Field sources: INFO, ROLE, SLOWLOG of Dragonfly v1.40 (older spellings are folded in by the parser).
 */

export interface ConnectedReplica {
  /** As the primary sees it; under the operator the replica's pod IP. */
  readonly ip: string;
  readonly port: number;
  /** preparation, full_sync, online (stable_sync before v1.22), cancelled. */
  readonly state: string;
  /** In journal records, not in seconds: Dragonfly has no lag in time. */
  readonly lagRecords: number;
}

export interface PrimaryLink {
  readonly host: string;
  readonly port: number;
  /** TCP is connected; also true during a full sync. */
  readonly up: boolean;
  readonly syncInProgress: boolean;
  readonly lastIoSecondsAgo: number;
  /** Only after a full sync. */
  readonly offset?: number | undefined;
}

export type ServerRole =
  | { readonly kind: "primary"; readonly replicas: readonly ConnectedReplica[] }
  | { readonly kind: "replica"; readonly link: PrimaryLink };

export interface SlowCommand {
  readonly at: string;
  readonly microseconds: number;
  /** Command name only: arguments may hold a tenant's data. */
  readonly command: string;
  readonly client: string;
}

export interface ServerState {
  /** Without the `df-` prefix: `v1.40.1`. */
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly role: ServerRole;
  readonly replicationId: string;
  readonly loading: boolean;
  readonly memory: {
    readonly usedBytes: number;
    readonly rssBytes: number;
    readonly maxBytes: number;
    /** Evicts keys when memory runs low, queue keys too. */
    readonly cacheMode: boolean;
  };
  readonly clients: { readonly connected: number; readonly max: number; readonly blocked: number };
  readonly opsPerSecond: number;
  readonly evictedKeys: number;
  readonly oomRejections: number;
  readonly snapshot: {
    readonly saving: boolean;
    /** Undefined until the first save of this process: the server reports its start time until then. */
    readonly lastSuccessAt?: string | undefined;
    readonly lastFile?: string | undefined;
    readonly lastFailureAt?: string | undefined;
    /** Not cleared by a later success: compare the two times. */
    readonly lastError?: string | undefined;
  };
  readonly slowLog: readonly SlowCommand[];
}

/** A user of a server's access list. */
export interface ServerUser {
  readonly name: string;
  readonly enabled: boolean;
  /** Everything else that the list says of it, in its order, but for passwords: `~*`, `-@all`, `+get`, `nopass`. */
  readonly rules: readonly string[];
}
