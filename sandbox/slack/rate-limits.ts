/** Methods that write to one channel: about one a second, with a short burst allowed. https://docs.slack.dev/apis/web-api/rate-limits */
const perChannel = { burst: 3, perSecond: 1 };
/** Tier 3 of the Web API; chat, views and files methods are in tier 4. */
const perMethod = { burst: 20, perSecond: 50 / 60 };

interface Bucket {
  tokens: number;
  at: number;
}

/** Seconds to wait, or undefined when the call may go on. */
export type Limit = (method: string, channel: string | undefined) => number | undefined;

/** Token buckets, one a channel for posting and one a method for the rest. */
export function createLimits(now: () => number = Date.now): Limit {
  const buckets = new Map<string, Bucket>();
  const take = (key: string, { burst, perSecond }: { readonly burst: number; readonly perSecond: number }) => {
    const bucket = buckets.get(key) ?? { tokens: burst, at: now() };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now() - bucket.at) / 1_000) * perSecond);
    bucket.at = now();
    buckets.set(key, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return undefined;
    }
    return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
  };
  return (method, channel) => {
    if (method === "chat.postMessage" && channel !== undefined) return take(`post:${channel}`, perChannel);
    if (method === "auth.test" || method === "api.test") return undefined;
    return take(method, /^(chat|views|files)\./.test(method) ? { burst: 50, perSecond: 100 / 60 } : perMethod);
  };
}
