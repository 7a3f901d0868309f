/** Where the API server has the objects of a kind. */
export interface ObjectKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

/** Who wrote which fields of an object, as `metadata.managedFields` says it. */
export interface FieldManager {
  /** `kubectl-edit`, `kustomize-controller`. */
  readonly name: string;
  readonly at: string | undefined;
  /** `status`, or empty. */
  readonly subresource: string;
  /** FieldsV1: `{"f:spec": {"f:replicas": {}}}`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An object as the API server has it, whatever its kind: to be compared with what it should be. */
export interface LiveObject {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Another object made it, and takes it along. */
  readonly owned: boolean;
  readonly managers: readonly FieldManager[];
  /** Everything but who wrote it; not looked into. */
  readonly content: Readonly<Record<string, unknown>>;
}
