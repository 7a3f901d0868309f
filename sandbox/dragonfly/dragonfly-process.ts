import { startChild } from "./child.ts";
import { backendPort, firstLine, type StoreProcess, type StoreSettings } from "./redis-process.ts";

/** Behind the relay, which has the operator's own 9999. */
export const backendAdminPort = 19999;

/**
 * Starts a real Dragonfly as the operator does (facts: operator, section 2), with two differences that the sandbox needs:
 * it listens on private ports of the pod's address, behind a relay that can cut replication links, and it announces the
 * address and port that the others reach it at.
 */
export function startDragonfly(
  settings: Omit<StoreSettings, "maxMemoryBytes"> & {
    readonly args: readonly string[];
    readonly password: string;
    readonly aclFile: string | undefined;
  },
): StoreProcess {
  const { ip, directory, program, onLine } = settings;
  const flags = [
    ...settings.args,
    // Of a flag that is given twice, the last one counts.
    `--admin_port=${backendAdminPort}`,
    `--admin_bind=${ip}`,
    `--bind=${ip}`,
    `--port=${backendPort}`,
    `--announce_ip=${ip}`,
    "--announce_port=6379",
    ...(settings.password === "" ? [] : [`--requirepass=${settings.password}`]),
    ...(settings.aclFile === undefined ? [] : [`--aclfile=${settings.aclFile}`]),
    `--dir=${directory}`,
  ];
  const child = startChild(program, flags, { cwd: directory, onLine });
  // The operator's --admin_nopass: no password there, and no ACL.
  return { ...child, control: firstLine(child, { host: ip, port: backendAdminPort }) };
}
