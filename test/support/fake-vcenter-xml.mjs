import { SaxesParser } from "saxes";

/**
 * The wire format of vim25. Values are plain: text, number, boolean, a record of fields in the order of the wire, a list, or
 * one of the kinds below. What is undefined is left out.
 */

/** A reference to a managed object. */
export function ref(type, id) {
  return { kind: "ref", type, id };
}

/** A record of exactly the type that its place declares: inside another record it is written without xsi:type. */
export function record(type, fields) {
  return { kind: "record", type, fields };
}

/** A record of a type derived from what its place declares, written with xsi:type everywhere. */
export function derived(type, fields) {
  return { kind: "record", type, fields, derived: true };
}

/** A list; its elements are named after `base` where it is the value of a property. */
export function list(base, items) {
  return { kind: "list", base, items };
}

/** Text of another type than the one that JavaScript would tell. */
export function scalar(type, value) {
  return { kind: "scalar", type, value };
}

/** vCenter escapes these three in the names of its entities, and no others. */
export function entityName(name) {
  return String(name).replace(/[%/\\]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

const ENTITIES = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;" };

export function escaped(text) {
  return String(text).replace(/[<>&"']/g, (character) => ENTITIES[character]);
}

function fieldsOf(fields) {
  return Object.entries(fields)
    .map(([name, value]) => element(name, value))
    .join("");
}

/** One field of a record; a list repeats it. */
export function element(name, value) {
  if (value === undefined) return "";
  if (typeof value !== "object") return `<${name}>${escaped(value)}</${name}>`;
  switch (value.kind) {
    case "list":
      return value.items.map((item) => element(name, item)).join("");
    case "ref":
      return `<${name} type="${value.type}">${escaped(value.id)}</${name}>`;
    case "record": {
      const type = value.derived ? ` xsi:type="${value.type}"` : "";
      return `<${name}${type}>${fieldsOf(value.fields)}</${name}>`;
    }
    case "scalar":
      return `<${name}>${escaped(value.value)}</${name}>`;
    default:
      return Array.isArray(value)
        ? value.map((item) => element(name, item)).join("")
        : `<${name}>${fieldsOf(value)}</${name}>`;
  }
}

function typeOfScalar(value) {
  if (typeof value === "boolean") return "xsd:boolean";
  if (typeof value === "number") return Math.abs(value) < 2 ** 31 ? "xsd:int" : "xsd:long";
  return "xsd:string";
}

/** A value where anything may stand, as that of a property: its type is always told. */
export function anything(name, value) {
  if (typeof value !== "object") {
    return `<${name} xsi:type="${typeOfScalar(value)}">${escaped(value)}</${name}>`;
  }
  switch (value.kind) {
    case "list":
      return `<${name} xsi:type="ArrayOf${value.base}">${value.items.map((item) => anything(value.base, item)).join("")}</${name}>`;
    case "ref":
      return `<${name} type="${value.type}" xsi:type="ManagedObjectReference">${escaped(value.id)}</${name}>`;
    case "record":
      return `<${name} xsi:type="${value.type}">${fieldsOf(value.fields)}</${name}>`;
    case "scalar":
      return `<${name} xsi:type="${value.type}">${escaped(value.value)}</${name}>`;
    default:
      throw new Error(`expected a record or a list with its type, got ${JSON.stringify(value).slice(0, 200)}`);
  }
}

const NAMESPACES = [
  'xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"',
  'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"',
  'xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
].join("\n ");

/** Everything before and after the body, with the line breaks that vCenter writes. */
export function envelope(body) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope ${NAMESPACES}>\n<soapenv:Body>\n${body}\n</soapenv:Body>\n</soapenv:Envelope>`;
}

export function answerTo(method, content) {
  return envelope(`<${method}Response xmlns="urn:vim25">${content}</${method}Response>`);
}

/** An error that is answered as a fault. @param {string} detail XML of its fields */
export function vimFault(type, message, detail = "") {
  return Object.assign(new Error(message), { fault: { type, message, detail } });
}

/** The fault for an object that is not there, or not any more. */
export function notFound(id) {
  const view = id.startsWith("session[");
  const type = view ? "ContainerView" : id.startsWith("host-") ? "HostSystem" : "VirtualMachine";
  const message = `The object 'vim.${view ? "view." : ""}${type}:${id}' has already been deleted or has not been completely created`;
  return vimFault("ManagedObjectNotFound", message, element("obj", ref(type, id)));
}

export function noPermission(type, id, privilege) {
  const detail = element("object", ref(type, id)) + element("privilegeId", privilege);
  return vimFault("NoPermission", "Permission to perform this operation was denied.", detail);
}

export function notAuthenticated() {
  const detail = element("object", ref("Folder", "group-d1")) + element("privilegeId", "System.View");
  return vimFault("NotAuthenticated", "The session is not authenticated.", detail);
}

export function faultAnswer({ type, message, detail }) {
  return envelope(
    `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${escaped(message)}</faultstring><detail>` +
      `<${type}Fault xmlns="urn:vim25" xsi:type="${type}">${detail}</${type}Fault></detail></soapenv:Fault>`,
  );
}

/** One element of a request: its local name, attributes by local name, text, and elements in it. */
function parsed(text) {
  const parser = new SaxesParser({ xmlns: true });
  const root = { name: "", attributes: {}, text: "", children: [] };
  const stack = [root];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    const attributes = Object.fromEntries(Object.values(tag.attributes).map(({ local, value }) => [local, value]));
    const node = { name: tag.local, attributes, text: "", children: [] };
    stack.at(-1).children.push(node);
    stack.push(node);
  });
  parser.on("text", (part) => {
    stack.at(-1).text += part;
  });
  parser.on("closetag", () => stack.pop());
  parser.write(text).close();
  return root;
}

export function childrenOf(node, name) {
  return node.children.filter((child) => child.name === name);
}

export function childOf(node, ...path) {
  return path.reduce((at, name) => at?.children.find((child) => child.name === name), node);
}

export function textOf(node, ...path) {
  return childOf(node, ...path)?.text;
}

/** The one call in a request. @throws Error where it is no SOAP request of vim25 */
export function readRequest(text) {
  const call = childOf(parsed(text), "Envelope", "Body")?.children[0];
  const target = call && childOf(call, "_this");
  if (!target) throw new Error(`expected a SOAP request with _this, got ${text.slice(0, 200)}`);
  return { method: call.name, target: target.text, targetType: target.attributes.type, body: call };
}
