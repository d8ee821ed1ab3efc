import { distance, privilegeMissing, valueAt } from "./fake-vcenter-inventory.mjs";
import { anything, childrenOf, element, notFound, ref, textOf } from "./fake-vcenter-xml.mjs";

/** @returns XML of a fault in missingSet */
function missing(path, { type, id, privilege }) {
  const fault =
    `<fault xsi:type="NoPermission">${element("object", ref(type, id))}${element("privilegeId", privilege)}</fault>` +
    "<localizedMessage>Permission to perform this operation was denied.</localizedMessage>";
  return `<missingSet>${element("path", path)}<fault>${fault}</fault></missingSet>`;
}

/** TraversalSpecs: from objects of a type along a path, whose objects may be only on the way to others. */
function readSelections(node) {
  return childrenOf(node, "selectSet").map((selection) => ({
    type: textOf(selection, "type"),
    path: textOf(selection, "path"),
    skip: textOf(selection, "skip") === "true",
    through: readSelections(selection),
  }));
}

/** A PropertyFilterSpec as it was asked: which properties of which types, of which objects or views. */
export function readSpec(node) {
  const wanted = childrenOf(node, "propSet").map((set) => ({
    type: textOf(set, "type"),
    paths: childrenOf(set, "pathSet").map(({ text }) => text),
  }));
  const sources = childrenOf(node, "objectSet").map((set) => ({
    id: textOf(set, "obj"),
    /** A view is only where the objects are listed. */
    skip: textOf(set, "skip") === "true",
    through: readSelections(set),
  }));
  return { wanted, sources };
}

function pathsFor(type, wanted) {
  const fitting = wanted
    .map((set) => ({ ...set, far: distance(type, set.type) ?? (type === set.type ? 0 : undefined) }))
    .filter(({ far }) => far !== undefined)
    .sort((a, b) => a.far - b.far);
  return fitting[0]?.paths;
}

/** What a path leads to. */
function targets(start, path, objects) {
  if (start.members) return path === "view" ? start.members(objects) : [];
  const value = valueAt(start, path);
  const refs = value?.kind === "list" ? value.items : value?.kind === "ref" ? [value] : [];
  return refs.flatMap(({ id }) => objects.get(id) ?? []);
}

function follow(start, through, objects, chosen) {
  for (const selection of through) {
    if (start.type !== selection.type && distance(start.type, selection.type) === undefined) continue;
    for (const object of targets(start, selection.path, objects)) {
      if (!selection.skip) chosen.set(object.id, object);
      follow(object, selection.through, objects, chosen);
    }
  }
}

/** Properties of the objects that a spec chooses. @param world `{ inventory, objects, views }` as they are now */
export function select({ wanted, sources }, { inventory, objects, views }) {
  const chosen = new Map();
  for (const { id, skip, through } of sources) {
    const start = views.get(id) ?? objects.get(id);
    if (!start) throw notFound(id);
    if (!skip) chosen.set(id, start);
    follow(start, through, objects, chosen);
  }
  return [...chosen.values()].flatMap((object) => {
    const paths = pathsFor(object.type, wanted);
    if (!paths) return [];
    const values = new Map();
    const missed = new Map();
    for (const path of paths) {
      const privilege = privilegeMissing(inventory, object.id, path);
      const value = valueAt(object, path);
      if (privilege !== undefined) missed.set(path, missing(path, { ...object, privilege }));
      else if (value !== undefined) values.set(path, anything("val", value));
    }
    return [{ object, values, missed }];
  });
}

/** One ObjectContent, as RetrievePropertiesEx tells it. */
export function contentXml({ object, values, missed }) {
  const properties = [...values].map(([path, val]) => `<propSet>${element("name", path)}${val}</propSet>`).join("");
  return `<objects>${element("obj", ref(object.type, object.id))}${properties}${[...missed.values()].join("")}</objects>`;
}

function change(path, val) {
  return `<changeSet>${element("name", path)}<op>assign</op>${val}</changeSet>`;
}

function updateXml(kind, object, changes, missed) {
  return `<objectSet><kind>${kind}</kind>${element("obj", ref(object.type, object.id))}${changes}${missed}</objectSet>`;
}

/** A property filter: what it has told of each object is what later answers are compared with. */
export function createFilter(id, specNode) {
  const spec = readSpec(specNode);
  let told = new Map();
  let waiting = [];
  let revision = -1;

  function difference(selected) {
    const before = told.get(selected.object.id);
    if (!before) {
      const changes = [...selected.values].map(([path, val]) => change(path, val)).join("");
      return updateXml("enter", selected.object, changes, [...selected.missed.values()].join(""));
    }
    const paths = new Set([...before.values.keys(), ...selected.values.keys()]);
    const changes = [...paths].filter(
      (path) => !selected.missed.has(path) && before.values.get(path) !== selected.values.get(path),
    );
    const missed = [...selected.missed].filter(([path]) => !before.missed.has(path));
    if (changes.length === 0 && missed.length === 0) return undefined;
    const changed = changes.map((path) => {
      const val = selected.values.get(path);
      // A property that became unset is told without a value.
      return val === undefined ? `<changeSet>${element("name", path)}<op>assign</op></changeSet>` : change(path, val);
    });
    return updateXml("modify", selected.object, changed.join(""), missed.map(([, xml]) => xml).join(""));
  }

  /** Everything that is not told yet. Objects are told of, and forgotten, when their turn comes. */
  function untold(world) {
    const selected = select(spec, world);
    const present = new Set(selected.map(({ object }) => object.id));
    const gone = [...told.values()].filter(({ object }) => !present.has(object.id));
    return [
      ...selected.map((one) => () => {
        const update = difference(one);
        told.set(one.object.id, one);
        return update;
      }),
      ...gone.map(({ object }) => () => {
        told.delete(object.id);
        return updateXml("leave", object, "", "");
      }),
    ];
  }

  return {
    id,
    forget() {
      told = new Map();
      revision = -1;
    },
    /** @returns at most `most` updates and whether more are left */
    next(world, most) {
      if (revision !== world.revision) {
        waiting = untold(world);
        revision = world.revision;
      }
      const updates = [];
      while (waiting.length > 0 && updates.length < most) {
        const update = waiting.shift()();
        if (update) updates.push(update);
      }
      return { updates, truncated: waiting.length > 0 };
    },
  };
}

/** One page of an UpdateSet; undefined where nothing has changed. */
export function nextUpdates(filters, world, most) {
  let left = most;
  let truncated = false;
  const sets = [];
  for (const filter of filters) {
    if (left <= 0) {
      truncated = true;
      break;
    }
    const page = filter.next(world, left);
    left -= page.updates.length;
    truncated ||= page.truncated;
    if (page.updates.length > 0) {
      sets.push(
        `<filterSet>${element("filter", ref("PropertyFilter", filter.id))}${page.updates.join("")}</filterSet>`,
      );
    }
  }
  return sets.length === 0 && !truncated ? undefined : { xml: sets.join(""), truncated };
}
