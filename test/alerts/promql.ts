import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { isAlert, ruleGroups } from "../../alerts/rules/index.ts";
import { exporterRunbooks } from "../../alerts/rules/render.ts";
import { defaultThresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";

/** What a target has, whatever it exports. */
const TARGET = ["instance", "job"];

const groups = ruleGroups({ thresholds: defaultThresholds, runbooks: exporterRunbooks });
export const allRules = groups.flatMap(({ rules }) => rules);
export const alerts = allRules.filter(isAlert);
export const metrics = Object.values(catalogue).flatMap((source) => Object.values(source));

export interface Selector {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The pieces of an expression that Prometheus' own grammar does not understand; none is good. */
export function syntaxErrors(expr: string): string[] {
  const errors: string[] = [];
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) errors.push(`at ${node.from}: ${expr.slice(Math.max(0, node.from - 20), node.to + 20)}`);
    },
  });
  return errors;
}

function labelNames(node: SyntaxNode, expr: string): string[] {
  const names: string[] = [];
  node.cursor().iterate((n) => {
    if (n.name === "LabelName") names.push(expr.slice(n.from, n.to));
    return true;
  });
  return names;
}

/** Every series that an expression reads, with the labels that it matches. */
export function selectors(expr: string): Selector[] {
  const found: Selector[] = [];
  parser.parse(expr).iterate({
    enter({ name, node }) {
      if (name !== "VectorSelector") return;
      const metric = node.getChild("Identifier");
      if (metric) found.push({ name: expr.slice(metric.from, metric.to), labels: labelNames(node, expr) });
    },
  });
  return found;
}

/** Labels that a series has; undefined where neither catalogue nor rules know its name. */
export function labelsOfSeries(name: string): readonly string[] | undefined {
  if (name === "up") return TARGET;
  const record = allRules.find((rule) => !isAlert(rule) && rule.record === name);
  if (record) return [...resultLabels(record.expr), ...(isAlert(record) ? [] : Object.keys(record.labels ?? {}))];
  for (const metric of metrics) {
    if (metric.type !== "histogram" && metric.name === name) return [...metric.labels, ...TARGET];
    if (metric.type === "histogram" && name === `${metric.name}_bucket`) return [...metric.labels, "le", ...TARGET];
    if (metric.type === "histogram" && [`${metric.name}_count`, `${metric.name}_sum`].includes(name)) {
      return [...metric.labels, ...TARGET];
    }
  }
  return undefined;
}

/** The labels that the result of an expression is sure to have, by the rules of PromQL. */
export function resultLabels(expr: string): readonly string[] {
  const root = parser.parse(expr).topNode.firstChild;
  return root ? labelsOf(root, expr) : [];
}

function labelsOf(node: SyntaxNode, expr: string): readonly string[] {
  const text = (n: SyntaxNode) => expr.slice(n.from, n.to);
  const operands = children(node).filter(isExpression);
  switch (node.name) {
    case "VectorSelector":
      return labelsOfSeries(text(node.getChild("Identifier") ?? node)) ?? [];
    case "AggregateExpr": {
      const modifier = node.getChild("AggregateModifier");
      const named = modifier ? labelNames(modifier, expr) : [];
      const inner = inside(node.getChild("FunctionCallBody"), expr);
      // These pick series and leave them as they are.
      if (/^(top|bottom)k$/.test(text(node.getChild("AggregateOp") ?? node))) return inner;
      if (modifier?.getChild("Without")) return inner.filter((label) => !named.includes(label));
      return inner.filter((label) => named.includes(label));
    }
    case "FunctionCall": {
      const called = text(node.getChild("FunctionIdentifier") ?? node);
      const body = node.getChild("FunctionCallBody");
      // Only what the selector compares with = is carried over: there is no series to take labels from.
      if (called === "absent") return body ? labelNames(body, expr) : [];
      if (called === "vector" || called === "time") return [];
      if (called === "label_replace") return [...new Set([...inside(body, expr), ...strings(body, expr).slice(0, 1)])];
      return inside(body, expr).filter((label) => called !== "histogram_quantile" || label !== "le");
    }
    case "BinaryExpr": {
      const [left, right] = operands.map((operand) => ({ labels: labelsOf(operand, expr), number: isNumber(operand) }));
      if (!left || !right) return [];
      if (left.number) return right.labels;
      if (node.getChild("Or")) return left.labels.filter((label) => right.labels.includes(label));
      if (node.getChild("And") || node.getChild("Unless")) return left.labels;
      return matched(node.getChild("MatchingModifierClause"), left.labels, expr);
    }
    default:
      return operands[0] ? labelsOf(operands[0], expr) : [];
  }
}

/** What arithmetic and comparison leave of the left side's labels, or of the "many" side's, which is left in all our rules. */
function matched(clause: SyntaxNode | null, left: readonly string[], expr: string): readonly string[] {
  const [on, added] = clause?.getChildren("GroupingLabels").map((labels) => labelNames(labels, expr)) ?? [];
  if (clause?.getChild("GroupRight")) throw new Error(`group_right is not understood here: ${expr}`);
  if (clause?.getChild("GroupLeft")) return [...new Set([...left, ...(added ?? [])])];
  return clause?.getChild("On") ? left.filter((label) => on?.includes(label)) : left;
}

const strings = (body: SyntaxNode | null, expr: string): readonly string[] =>
  body?.getChildren("StringLiteral").map(({ from, to }) => expr.slice(from + 1, to - 1)) ?? [];

const inside = (body: SyntaxNode | null, expr: string): readonly string[] =>
  body
    ? children(body)
        .filter(isExpression)
        .flatMap((argument) => labelsOf(argument, expr))
    : [];

const EXPRESSIONS =
  /^(VectorSelector|MatrixSelector|AggregateExpr|FunctionCall|BinaryExpr|ParenExpr|UnaryExpr|Number.*)$/;
const isExpression = (node: SyntaxNode): boolean => EXPRESSIONS.test(node.name);
const isNumber = (node: SyntaxNode): boolean => node.name.startsWith("Number") || resultIsTime(node);
const resultIsTime = (node: SyntaxNode): boolean =>
  node.name === "FunctionCall" && node.getChild("FunctionIdentifier")?.firstChild?.name === "Time";

function children(node: SyntaxNode): SyntaxNode[] {
  const list: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) list.push(child);
  return list;
}
