import type { Tenant } from "../change.ts";
import { secretPathOf } from "../places.ts";
import { inline } from "../yaml/source.ts";
import type { OwnInstance } from "./own-instance.ts";

export function renderExternalSecret({ name, tenant }: OwnInstance): string {
  return `# One consumer, so \`default\` is its user: every client can give a password, not every one a user name. The guard keeps a
# password that Dragonfly cannot read out of the file: one bad token and the server starts wide open.
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: ${name}
  namespace: ${name}
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: \${SECRET_STORE:=platform}
  data:
    - secretKey: password
      remoteRef:
        key: ${inline(secretPathOf(tenant))}
        property: password
  target:
    name: ${name}
    creationPolicy: Owner
    # A store that is away must not take the password with it.
    deletionPolicy: Retain
    template:
      engineVersion: v2
      mergePolicy: Merge
      data:
        dragonfly.acl: |
          {{- if not (regexMatch "^[A-Za-z0-9_-]{24,128}$" .password) }}{{ fail "password: 24 to 128 letters, digits, - or _" }}{{ end }}
          USER default on >{{ .password }} ~* &* ${rightsOf(tenant)}
`;
}

/** All of its own instance, but not the server's settings, unless the tenant asked for them. */
function rightsOf({ adminCommands }: Tenant): string {
  const data =
    "-@all +@read +@write +@scripting +@connection +@transaction +@blocking +@stream +@pubsub -@admin -@dangerous";
  return adminCommands
    ? `${data} +KEYS +SCAN +DBSIZE +FLUSHDB +FLUSHALL +CONFIG +info +client`
    : `${data} -KEYS -FLUSHDB -FLUSHALL +info +client`;
}
