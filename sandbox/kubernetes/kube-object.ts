import type { ManagedFields } from "./managed-fields/ownership.ts";

export interface KubeMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  managedFields?: readonly ManagedFields[];
  ownerReferences?: {
    readonly uid: string;
    readonly kind: string;
    readonly name: string;
    readonly apiVersion: string;
    readonly controller?: boolean;
  }[];
}

/** Any Kubernetes object. What is inside is the business of whoever wrote it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: KubeMetadata;
  [key: string]: unknown;
}

/** Where an object is kept: its resource's group and plural. */
export interface Place {
  readonly group: string;
  readonly plural: string;
}

export function samePlace(a: Place, b: Place): boolean {
  return a.group === b.group && a.plural === b.plural;
}

/** Where an object stands in a list; by code point, as etcd sorts. */
export function orderOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
