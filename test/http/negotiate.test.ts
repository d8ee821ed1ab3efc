import { negotiateFormat } from "../../src/http/negotiate.ts";

const PROMETHEUS_2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const PROMETHEUS_3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const PROMETHEUS_3_TEXT_FIRST =
  "text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2";
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

test.each([
  ["Prometheus 2", PROMETHEUS_2, "openmetrics"],
  ["Prometheus 3", PROMETHEUS_3, "openmetrics"],
  ["Prometheus told to prefer text", PROMETHEUS_3_TEXT_FIRST, "text"],
  ["a browser", BROWSER, "text"],
  ["curl", "*/*", "text"],
  ["no header", undefined, "text"],
  ["an empty header", "", "text"],
  ["a version that we do not speak", "application/openmetrics-text;version=0.0.1", "text"],
  ["OpenMetrics without a version", "application/openmetrics-text", "openmetrics"],
  ["a version in quotes", 'application/openmetrics-text; version="1.0.0"', "openmetrics"],
  ["other case and spaces", "Application/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9", "openmetrics"],
  ["OpenMetrics ruled out", "application/openmetrics-text;q=0,*/*", "text"],
  ["equal weights", "text/plain;q=0.5,application/openmetrics-text;q=0.5", "openmetrics"],
  ["a weight that is no number", "application/openmetrics-text;q=x,text/plain", "text"],
  ["nothing that we have", "image/png", "text"],
])("%s gets what it asks for", (_who, accept, format) => {
  expect(negotiateFormat(accept)).toBe(format);
});
