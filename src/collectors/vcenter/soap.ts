/** A reference to an object that the server keeps, such as {kind: "VirtualMachine", id: "vm-42"}. */
export interface ObjectRef {
  readonly kind: string;
  readonly id: string;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as XML has it; characters that XML 1.0 does not know are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => entities[character] ?? "")
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "");
}

export function tag(name: string, content: string | number | boolean): string {
  return `<${name}>${typeof content === "string" ? escapeXml(content) : content}</${name}>`;
}

/** An element with others in it. */
export function group(name: string, ...parts: readonly string[]): string {
  return `<${name}>${parts.join("")}</${name}>`;
}

export function ref(name: string, { kind, id }: ObjectRef): string {
  return `<${name} type="${escapeXml(kind)}">${escapeXml(id)}</${name}>`;
}

/** A call of a method of vim25 as the body of a request. @param parts its arguments, in the order of the documentation */
export function envelope(method: string, self: ObjectRef, parts: readonly string[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
    `<${method} xmlns="urn:vim25">${ref("_this", self)}${parts.join("")}</${method}></soapenv:Body></soapenv:Envelope>`
  );
}
