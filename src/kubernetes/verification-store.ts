import { type Verification, type VerificationStore, verificationSchema } from "../records/verification.ts";
import { createRecordStore } from "./record-store.ts";
import type { StorePlace } from "./run-store.ts";

/** Keeps the last run of `verify` for each instance as a ConfigMap `dfbot-verification-…` in the bot's own namespace. */
export function createVerificationStore(place: StorePlace): VerificationStore {
  return createRecordStore<Verification>({
    ...place,
    kind: "verification",
    schema: verificationSchema,
    idOf: ({ id }) => id,
    sinceOf: ({ at }) => at,
    labelsOf: () => ({}),
    isOpen: () => false,
  });
}
