/** Notifications that are on this replica's disk, and that no incident can be made of because the cluster does not answer. */
export interface Backlog {
  readonly since: Date;
  readonly notifications: number;
  /** Names of the alerts, of the oldest notifications. */
  readonly names: readonly string[];
  /** The worst of them. */
  readonly severity: string;
}
