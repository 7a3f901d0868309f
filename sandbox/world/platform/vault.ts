import { randomBytes } from "node:crypto";
import type { Vault } from "./external-secrets.ts";

/** The store of secrets as a platform engineer uses it: External Secrets takes up what is put there. */
export interface SecretStore {
  /** Puts the properties at a path, in place of those that were there. */
  put(path: string, properties: Readonly<Record<string, string>>): void;
  /** Adds properties to those that are at a path. */
  merge(path: string, properties: Readonly<Record<string, string>>): void;
  remove(path: string): void;
  /** Whether it cannot be reached. */
  away: boolean;
}

/** The vault, and what may be done with it; `onChange` hears of everything that External Secrets should look at. */
export function createSecretStore(
  vault: Record<string, Vault[string]>,
  onChange: () => void,
): SecretStore & { readonly readable: () => Vault | undefined } {
  let away = false;
  return {
    put: (path, properties) => {
      vault[path] = { ...properties };
      onChange();
    },
    merge: (path, properties) => {
      vault[path] = { ...vault[path], ...properties };
      onChange();
    },
    remove: (path) => {
      delete vault[path];
      onChange();
    },
    get away() {
      return away;
    },
    set away(value) {
      away = value;
      onChange();
    },
    readable: () => (away ? undefined : vault),
  };
}

/** Secrets of this world only, at the paths that the settings of the clusters name. */
export function createVault(): Record<string, Vault[string]> {
  const secret = () => randomBytes(24).toString("hex");
  return {
    "platform/dragonfly/users": { default: secret(), dfbot: secret(), gitlab: secret(), harbor: secret() },
    "platform/dragonfly/dfbot": {
      "slack-bot-token": secret(),
      "slack-app-token": secret(),
      "gitlab-token": secret(),
      "gitlab-webhook-secret": secret(),
      "alertmanager-webhook-token": secret(),
      kubeconfig: secret(),
    },
  };
}

/** Password of a user of the shared instance. */
export function passwordOf(vault: Vault, user: string): string {
  const found = vault["platform/dragonfly/users"]?.[user];
  if (found === undefined) throw new Error(`The instance has no user ${user}`);
  return found;
}
