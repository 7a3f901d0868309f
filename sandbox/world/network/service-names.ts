import type { ObjectStore } from "../../kubernetes/object-store.ts";
import { places } from "../places.ts";
import { getView, serviceView } from "../views.ts";
import type { Names } from "./name-server.ts";

const serviceName = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc\.cluster\.local$/;

/** The names of a cluster's Services, as its DNS has them at that moment. Only those with a ClusterIP have an address here. */
export function serviceNames(objects: ObjectStore): Names {
  return {
    get(asked) {
      const [, name, namespace] = serviceName.exec(asked) ?? [];
      if (name === undefined || namespace === undefined) return undefined;
      const service = getView(objects, places.services, serviceView, namespace, name);
      if (service === undefined) return undefined;
      return service.spec.clusterIP === undefined ? {} : { v4: [service.spec.clusterIP] };
    },
  };
}
