import fc from "fast-check";
import { html, toText } from "../../../src/http/page/html.ts";

test("values are escaped, our own markup is not, lists are joined", () => {
  const item = (text: string) => html`<li title="${text}">${text}</li>`;

  const list = html`<ul>${[item("a&b"), item(`"<'>`)]}${null}${3}</ul>`;

  expect(toText(list)).toBe(
    '<ul><li title="a&amp;b">a&amp;b</li><li title="&quot;&lt;&#39;&gt;">&quot;&lt;&#39;&gt;</li>3</ul>',
  );
});

test("no text whatever opens an element or leaves an attribute", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const inside = toText(html`${text}`);
      expect(inside).not.toMatch(/[<>"']/);
      expect(inside.replace(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
    }),
  );
});

test("an object that only looks like markup is no markup", () => {
  const lookalike = JSON.parse('{"markup":"<b>"}') as unknown as string;

  expect(toText(html`${lookalike}`)).toBe("[object Object]");
});
