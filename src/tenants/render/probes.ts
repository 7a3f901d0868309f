import type { OwnInstance } from "./own-instance.ts";

export function renderProbes({ name }: OwnInstance): string {
  return `# As for the shared instance. Keys and mount are the operator's, and so are the timings: every 10 s, 5 s to answer, 3 failures.
apiVersion: v1
kind: ConfigMap
metadata:
  name: dragonfly-liveness
  namespace: ${name}
  annotations:
    # The shell's variables are not Flux's.
    kustomize.toolkit.fluxcd.io/substitute: disabled
data:
  liveness-check.sh: |
    #!/bin/sh
    # Alive is whoever answers at all: a server that loads a big snapshot must not be killed for it.
    answer=$(timeout 4 redis-cli -h "\${HEALTHCHECK_HOST:-127.0.0.1}" -p "\${HEALTHCHECK_PORT:-9999}" PING 2>&1)
    case "$answer" in
      PONG | *LOADING*) exit 0 ;;
      *) echo "not alive: $answer"; exit 1 ;;
    esac
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: dragonfly-readiness
  namespace: ${name}
  annotations:
    kustomize.toolkit.fluxcd.io/substitute: disabled
data:
  readiness-check.sh: |
    #!/bin/sh
    # Not ready while it is loading. Whether a replica is through with its full sync is the readiness gate's business.
    answer=$(timeout 4 redis-cli -h "\${HEALTHCHECK_HOST:-127.0.0.1}" -p "\${HEALTHCHECK_PORT:-9999}" INFO persistence 2>&1)
    case "$answer" in
      *loading:0*) exit 0 ;;
      *loading:1* | *LOADING*) echo "still loading"; exit 1 ;;
      *) echo "not ready: $answer"; exit 1 ;;
    esac
`;
}
