import type { KubeObject, Place } from "./kube-object.ts";

export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly place: Place;
  readonly object: KubeObject;
  /** What it was before, so that a watch can tell what began or ceased to match its selector. */
  readonly before: KubeObject | undefined;
  readonly resourceVersion: number;
}

/** What has happened to the objects of a cluster: one growing resourceVersion, and a window of past events for watches. */
export class History {
  private latest: number;
  private readonly events: StoreEvent[] = [];
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private readonly window: number;

  constructor(window: number, latest = 1000) {
    this.window = window;
    this.latest = latest;
  }

  get resourceVersion(): number {
    return this.latest;
  }

  /** The oldest resourceVersion a watch may still start from. */
  get oldestWatchable(): number {
    return this.events.length < this.window ? 0 : (this.events[0]?.resourceVersion ?? 0);
  }

  since(version: number): readonly StoreEvent[] {
    return this.events.filter((event) => event.resourceVersion > version);
  }

  onChange(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  next(): number {
    this.latest += 1;
    return this.latest;
  }

  record(event: StoreEvent): void {
    this.events.push(event);
    if (this.events.length > this.window) this.events.shift();
    for (const listener of this.listeners) listener(event);
  }
}
