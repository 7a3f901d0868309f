import type { Platform } from "../src/platform/ports.ts";

/** The platform, with every upstream read timed: `slowest()` is the longest one since the last `reset()`. */
export function timedPlatform(platform: Platform): { readonly platform: Platform; reset(): void; slowest(): number } {
  let longest = 0;
  const timed = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...args: readonly unknown[]) => {
          const started = performance.now();
          const answer: unknown = Reflect.apply(member, target, args);
          if (!(answer instanceof Promise)) return answer;
          return answer.finally(() => {
            longest = Math.max(longest, performance.now() - started);
          });
        };
      },
    });
  return {
    platform: {
      ...platform,
      cluster: (name) => timed(platform.cluster(name)),
      servers: timed(platform.servers),
      metrics: timed(platform.metrics),
      alerting: timed(platform.alerting),
      lastResults: timed(platform.lastResults),
      git: timed(platform.git),
      probes: timed(platform.probes),
    },
    reset: () => {
      longest = 0;
    },
    slowest: () => longest,
  };
}
