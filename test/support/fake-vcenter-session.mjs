import { randomUUID } from "node:crypto";
import { counterFields } from "./fake-vcenter-counters.mjs";
import { distance } from "./fake-vcenter-inventory.mjs";
import { isoTime } from "./fake-vcenter-performance.mjs";
import { contentXml, createFilter, nextUpdates, readSpec, select } from "./fake-vcenter-updates.mjs";
import {
  anything,
  childOf,
  childrenOf,
  element,
  list,
  notFound,
  record,
  ref,
  textOf,
  vimFault,
} from "./fake-vcenter-xml.mjs";

/** vCenter allows a session this many collectors of events. */
const MOST_COLLECTORS = 32;

/** Everything that one login holds on the server; it ends with it. */
export function createSession(server) {
  const key = randomUUID();
  const views = new Map();
  const collectors = new Map();
  const pages = new Map();
  /** Filters and the last version of each property collector: one is there, others are made. */
  const propertyCollectors = new Map([["propertyCollector", { filters: new Map(), version: 0 }]]);

  function newId() {
    return `session[${key}]${randomUUID()}`;
  }

  function world() {
    return { ...server.world(), views };
  }

  function addView(type, members) {
    const id = newId();
    views.set(id, { type, members });
    return element("returnval", ref(type, id));
  }

  function listed(body) {
    const ids = childrenOf(body, "obj").map(({ text }) => text);
    return (objects) => ids.flatMap((id) => objects.get(id) ?? []);
  }

  /** Pages of a RetrieveResult; what is left waits under a token. */
  function page(objects, most) {
    const rest = objects.splice(most);
    let token;
    if (rest.length > 0) {
      token = String(pages.size);
      pages.set(token, { objects: rest, most });
    }
    return objects.length === 0
      ? ""
      : `<returnval>${element("token", token)}${objects.map(contentXml).join("")}</returnval>`;
  }

  function performanceManager(spec) {
    const counters = server.performance.listed().map((counter) => record("PerfCounterInfo", counterFields(counter)));
    const values = new Map(
      spec.wanted.flatMap(({ paths }) =>
        paths.includes("perfCounter") ? [["perfCounter", anything("val", list("PerfCounterInfo", counters))]] : [],
      ),
    );
    return [{ object: { type: "PerformanceManager", id: "PerfMgr" }, values, missed: new Map() }];
  }

  function propertyCollector(id) {
    const found = propertyCollectors.get(id);
    if (!found) throw notFound(id);
    return found;
  }

  async function waitForUpdates({ body, target }) {
    const collector = propertyCollector(target);
    const { filters } = collector;
    const asked = textOf(body, "version") ?? "";
    if (asked === "") for (const filter of filters.values()) filter.forget();
    else if (asked !== String(collector.version))
      throw vimFault("InvalidCollectorVersion", "The collector version is invalid.");
    const most = Number(textOf(body, "options", "maxObjectUpdates") ?? 100);
    const until = Date.now() + 1000 * Number(textOf(body, "options", "maxWaitSeconds") ?? 600);
    for (;;) {
      const updates = nextUpdates([...filters.values()], world(), most);
      if (updates) {
        collector.version += 1;
        const truncated = updates.truncated ? element("truncated", true) : "";
        return `<returnval>${element("version", String(collector.version))}${updates.xml}${truncated}</returnval>`;
      }
      if (Date.now() >= until) return "";
      await server.changeOrTimeout(until - Date.now());
    }
  }

  return {
    key,
    /** What is open, for tests that count what is left behind. */
    held: () => ({
      views: views.size,
      filters: [...propertyCollectors.values()].reduce((sum, { filters }) => sum + filters.size, 0),
      collectors: collectors.size,
    }),
    methods: {
      CreateContainerView({ body }) {
        const container = textOf(body, "container");
        if (!server.world().objects.has(container)) throw notFound(container);
        const types = childrenOf(body, "type").map(({ text }) => text);
        return addView("ContainerView", (objects) =>
          [...objects.values()].filter(
            ({ type, within }) =>
              within.has(container) && (types.length === 0 || types.some((kind) => distance(type, kind) !== undefined)),
          ),
        );
      },
      CreateListView: ({ body }) => addView("ListView", listed(body)),
      ResetListView({ body, target }) {
        const view = views.get(target);
        if (!view) throw notFound(target);
        view.members = listed(body);
        server.changed();
        return "";
      },
      DestroyView({ target }) {
        if (!views.delete(target)) throw notFound(target);
        return "";
      },
      RetrievePropertiesEx({ body }) {
        const spec = readSpec(childOf(body, "specSet"));
        const most = Number(textOf(body, "options", "maxObjects") ?? 100);
        const ofCounters = spec.sources.some(({ id }) => id === "PerfMgr");
        return page(ofCounters ? performanceManager(spec) : select(spec, world()), most);
      },
      ContinueRetrievePropertiesEx({ body }) {
        const token = textOf(body, "token");
        const rest = pages.get(token);
        if (!rest) throw vimFault("InvalidProperty", "The token is not valid.", element("name", "token"));
        pages.delete(token);
        return page(rest.objects, rest.most);
      },
      CreatePropertyCollector() {
        const id = newId();
        propertyCollectors.set(id, { filters: new Map(), version: 0 });
        return element("returnval", ref("PropertyCollector", id));
      },
      DestroyPropertyCollector({ target }) {
        if (!propertyCollectors.delete(target)) throw notFound(target);
        return "";
      },
      CreateFilter({ body, target }) {
        const { filters } = propertyCollector(target);
        const id = newId();
        filters.set(id, createFilter(id, childOf(body, "spec")));
        return element("returnval", ref("PropertyFilter", id));
      },
      DestroyPropertyFilter({ target }) {
        if (![...propertyCollectors.values()].some(({ filters }) => filters.delete(target))) throw notFound(target);
        return "";
      },
      WaitForUpdatesEx: waitForUpdates,
      QueryPerf({ body }) {
        const { objects } = server.world();
        const specs = childrenOf(body, "querySpec");
        const gone = specs
          .map((spec) => textOf(spec, "entity"))
          .find((id) => !objects.has(id) || server.vanished.has(id));
        if (gone !== undefined) throw notFound(gone);
        return specs.map((spec) => server.performance.answer(spec)).join("");
      },
      QueryPerfProviderSummary({ body }) {
        const entity = childOf(body, "entity");
        const summary = {
          entity: ref(entity.attributes.type, entity.text),
          currentSupported: true,
          summarySupported: true,
          refreshRate: 20,
        };
        return element("returnval", summary);
      },
      CreateCollectorForEvents({ body }) {
        if (collectors.size >= MOST_COLLECTORS) {
          throw vimFault("InvalidState", "The operation is not allowed in the current state.");
        }
        const id = newId();
        collectors.set(id, server.events.createCollector(childOf(body, "filter")));
        return element("returnval", ref("EventHistoryCollector", id));
      },
      ReadNextEvents({ body, target }) {
        const collector = collectors.get(target);
        if (!collector) throw notFound(target);
        return server.events.read(collector, Number(textOf(body, "maxCount")));
      },
      SetCollectorPageSize: ({ target }) => {
        if (!collectors.has(target)) throw notFound(target);
        return "";
      },
      RewindCollector({ target }) {
        server.events.rewind(collectors.get(target));
        return "";
      },
      ResetCollector({ target }) {
        server.events.skipAll(collectors.get(target));
        return "";
      },
      DestroyCollector({ target }) {
        if (!collectors.delete(target)) throw notFound(target);
        return "";
      },
      CurrentTime: () => `<returnval>${isoTime(server.now())}</returnval>`,
    },
  };
}
