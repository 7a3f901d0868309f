import { z } from "zod";
import type * as platform from "../../platform/live-object.ts";
import { labels } from "./common.ts";

const fields = z.record(z.string(), z.unknown());

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels,
  ownerReferences: z.array(z.unknown()).default([]),
  managedFields: z
    .array(
      z.object({
        manager: z.string().default(""),
        time: z.string().optional(),
        subresource: z.string().default(""),
        fieldsV1: fields.default({}),
      }),
    )
    .default([]),
});

export const liveObject = z.looseObject({ metadata }).transform(
  ({ metadata: { managedFields, ...meta }, ...content }): platform.LiveObject => ({
    name: meta.name,
    namespace: meta.namespace,
    labels: meta.labels,
    owned: meta.ownerReferences.length > 0,
    managers: managedFields.map(({ manager, time, subresource, fieldsV1 }) => ({
      name: manager,
      at: time,
      subresource,
      fields: fieldsV1,
    })),
    content: { ...content, metadata: meta },
  }),
);
