/** What can go wrong with one request. */
export type Fault =
  /** Everything is done, and the connection is cut in place of an answer. */
  | { readonly kind: "lose-answer" }
  /** The connection is cut before anything is done. */
  | { readonly kind: "cut" }
  | { readonly kind: "rate-limit"; readonly retryAfterSeconds: number }
  | { readonly kind: "status"; readonly status: 500 | 502 | 503 }
  /** Done and answered, but late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** No answer ever; done or not. */
  | { readonly kind: "hang"; readonly done: boolean };

/** A request as faults and the log see it. */
export interface RequestLine {
  readonly method: string;
  /** Without `/api/v4/`, parameters by name: `projects/:id/merge_requests/:iid/merge`. */
  readonly route: string;
  /** User name of the token's account; undefined without a good token. */
  readonly username: string | undefined;
}

export interface FaultRule {
  /** `PUT projects/:id/merge_requests/:iid/merge`, or what the test says; every request when left out. */
  readonly on?: string | ((request: RequestLine) => boolean);
  readonly fault: Fault;
  /** How often it strikes; always when left out. */
  readonly times?: number;
}

export interface RandomFaults {
  readonly seed: number;
  /** Share of the requests that are struck, 0 to 1. */
  readonly rate: number;
  /** One of them is picked each time. */
  readonly faults: readonly Fault[];
  readonly on?: FaultRule["on"];
}

/** Knobs that make GitLab behave as it does on a bad day. All may be turned while it runs. */
export class GitLabFaults {
  private rules: { readonly rule: FaultRule; left: number }[] = [];
  private random: (RandomFaults & { readonly next: () => number }) | undefined;

  /** Returns what takes it away again. */
  add(rule: FaultRule): () => void {
    const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
    this.rules.push(entry);
    return () => {
      this.rules = this.rules.filter((each) => each !== entry);
    };
  }

  /** The same seed strikes the same requests, as long as they come in the same order. Undefined: none at random any more. */
  atRandom(random: RandomFaults | undefined): void {
    this.random = random === undefined ? undefined : { ...random, next: numbersFrom(random.seed) };
  }

  clear(): void {
    this.rules = [];
    this.random = undefined;
  }

  /** What strikes this request, rules before chance. */
  strike(request: RequestLine): Fault | undefined {
    const entry = this.rules.find(({ rule, left }) => left > 0 && matches(rule.on, request));
    if (entry !== undefined) {
      entry.left -= 1;
      return entry.rule.fault;
    }
    const { random } = this;
    if (random === undefined || !matches(random.on, request) || random.next() >= random.rate) return undefined;
    return random.faults[Math.floor(random.next() * random.faults.length)];
  }
}

function matches(on: FaultRule["on"], request: RequestLine): boolean {
  if (on === undefined) return true;
  return typeof on === "string" ? on === `${request.method} ${request.route}` : on(request);
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator, good enough to pick requests). */
function numbersFrom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
