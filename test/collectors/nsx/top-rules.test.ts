import fc from "fast-check";
import { countRules } from "../../../src/collectors/nsx/firewall.ts";
import type { Rule } from "../../../src/collectors/nsx/parse.ts";
import { createTopRules } from "../../../src/collectors/nsx/top-rules.ts";

const counted = (packets: Record<string, number>) =>
  Object.entries(packets).map(([path, count]) => ({ rule: { path }, packets: count }));
const pathsOf = (chosen: readonly { readonly rule: { readonly path: string } }[]) =>
  chosen.map(({ rule }) => rule.path);

test("the rules that dropped most are chosen, and of equal ones always the same", () => {
  const top = createTopRules(2);

  expect(pathsOf(top.choose(counted({ a: 0, b: 5, c: 9, d: 0 })))).toEqual(["c", "b"]);
  expect(pathsOf(createTopRules(2).choose(counted({ d: 0, c: 0, b: 0, a: 0 })))).toEqual(["a", "b"]);
});

test("a rule that was chosen stays while it is among the first twice as many", () => {
  const top = createTopRules<{ path: string }>(2);
  top.choose(counted({ a: 10, b: 9, c: 1, d: 0, e: 0 }));

  expect(pathsOf(top.choose(counted({ a: 10, b: 9, c: 11, d: 12, e: 0 })))).toEqual(["d", "c", "a", "b"]);
  expect(pathsOf(top.choose(counted({ a: 10, b: 9, c: 11, d: 12, e: 13 })))).toEqual(["e", "d", "c", "a"]);
  expect(pathsOf(top.choose(counted({ a: 10, b: 90, c: 11, d: 12, e: 13 })))).toEqual(["b", "e", "d", "c"]);
});

test("never more than twice as many are chosen, and always the first ones", () => {
  const readings = fc.array(fc.array(fc.nat(50), { minLength: 12, maxLength: 12 }), { minLength: 1, maxLength: 8 });

  fc.assert(
    fc.property(readings, fc.nat(6), (all, count) => {
      const top = createTopRules<{ path: string }>(count);
      for (const packets of all) {
        const rules = packets.map((number, i) => ({
          rule: { path: `r${String(i).padStart(2, "0")}` },
          packets: number,
        }));
        const chosen = top.choose(rules);
        const least = [...packets].sort((a, b) => b - a)[count - 1] ?? Number.POSITIVE_INFINITY;
        expect(chosen.length).toBeLessThanOrEqual(2 * count);
        for (const one of rules) if (one.packets > least) expect(chosen).toContainEqual(one);
      }
    }),
  );
});

test("what a rule dropped is added up over enforcement points; by its path, or else by its id", () => {
  const rule = (id: string): Rule => ({ path: `/p/rules/${id}`, name: id, policy: "/p", id, action: "drop" });

  const counts = countRules(
    [rule("1"), rule("2"), rule("3")],
    new Map([
      [
        "/p",
        [
          { rule: "/p/rules/1", id: "1", packets: 3 },
          { rule: "/p/rules/1", id: "77", packets: 4 },
          { rule: "", id: "2", packets: 5 },
          { rule: "/p/rules/other", id: "", packets: 100 },
        ],
      ],
    ]),
  );

  expect(counts.map(({ rule: { id }, packets }) => [id, packets])).toEqual([
    ["1", 7],
    ["2", 5],
  ]);
});
