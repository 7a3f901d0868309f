/** Ids of the change runbooks that ship with the bot, for whoever must know their names and not what they work with. */
export const changeIds = [
  "snapshot",
  "restart-replica",
  "reattach-replica",
  "failover",
  "drill-failover",
  "tenant-propose",
  "tenant-resize",
  "tenant-offboard",
  "access-allow",
  "access-revoke",
  "upgrade",
  "revert",
  "review",
] as const;
