import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { ProbeEndpoint } from "../probe-endpoint/answer.ts";
import { securityHeaders } from "./headers.ts";
import { type Exposition, metricsRoute } from "./metrics-route.ts";
import { type HttpLog, type Outcome, sendLine } from "./outcome.ts";
import { pageFromQuery, renderStatusPage } from "./page/page.ts";
import { renderRunbook } from "./page/runbook.ts";
import type { StatusView } from "./page/view.ts";
import { probeHistoryRoute, probeRoute } from "./probe/routes.ts";

export interface Readiness {
  readonly ready: boolean;
  /** Configured parts that were not tried yet. */
  readonly waitingFor: readonly string[];
}

export interface AppParts extends Exposition {
  /** Is the process able to do its work at all? */
  health(): Outcome;
  ready(): Readiness;
  status(): Promise<StatusView> | StatusView;
  /** The runbook of an alert, Markdown; undefined where there is no such alert. The name is letters only. */
  runbook(alert: string): Promise<string | undefined>;
  /** Probes what a request names; off until its networks are allowed. */
  readonly probes: ProbeEndpoint;
  /** Given only where the operator allowed it (`web.enable_lifecycle`). */
  readonly reload?: () => Promise<Outcome>;
  readonly log: HttpLog;
}

/** Seconds after which the status page asks for itself again. */
const REFRESH_SECONDS = 15;

const WHAT_EXISTS = `not found. This is virtloss; it has:
  /            status page
  /metrics     for Prometheus
  /probe       GET ?target=: one run to a target, where probe.allow permits it; /probe/history has the latest
  /runbooks/…  what to do about an alert
  /-/healthy   200 while the exporter works
  /-/ready     200 once every configured part was tried
  /-/reload    POST: read the configuration again`;

function health({ health }: AppParts): RequestHandler {
  return (_req, res) => {
    const state = health();
    if (state.ok) sendLine(res, 200, "healthy");
    else sendLine(res, 503, state.message);
  };
}

function readiness({ ready }: AppParts): RequestHandler {
  return (_req, res) => {
    const state = ready();
    if (state.ready) sendLine(res, 200, "ready");
    else sendLine(res, 503, `not ready: waiting for ${state.waitingFor.join(", ")}`);
  };
}

function reloading({ reload }: AppParts): RequestHandler {
  return async (req, res) => {
    if (!reload) {
      sendLine(res, 403, "reloading over HTTP is off: set web.enable_lifecycle to true, or send SIGHUP");
      return;
    }
    // Only browsers send Origin, and the status page has nothing to submit: this is another site's doing.
    if (req.headers.origin !== undefined) {
      sendLine(res, 403, "reloading from a web page is refused");
      return;
    }
    const outcome = await reload();
    if (outcome.ok) sendLine(res, 200, "configuration reloaded");
    else sendLine(res, 500, `the running configuration stays: ${outcome.message}`);
  };
}

function runbookPage({ runbook }: AppParts): RequestHandler<{ alert: string }> {
  return async (req, res) => {
    const { alert } = req.params;
    const text = /^[A-Za-z]{1,64}$/.test(alert) ? await runbook(alert) : undefined;
    if (text === undefined) sendLine(res, 404, "there is no such runbook");
    else res.type("html").send(renderRunbook(alert, text));
  };
}

function statusPage({ status }: AppParts): RequestHandler {
  return async (req, res) => {
    const query = new URLSearchParams(req.url.split("?")[1]);
    const refreshing = !query.has("still");
    // A header and not a meta element, because the page also offers to stop it (WCAG 2.2.1).
    if (refreshing) res.set("Refresh", String(REFRESH_SECONDS));
    const html = renderStatusPage(await status(), {
      page: pageFromQuery(query.get("page")),
      refreshSeconds: refreshing ? REFRESH_SECONDS : null,
    });
    res.type("html").send(html);
  };
}

function onError(log: HttpLog): ErrorRequestHandler {
  return (err, _req, res, next) => {
    if (res.headersSent) {
      next(err);
      return;
    }
    // express marks what the request itself got wrong, such as a broken percent escape.
    if (err.status === 400) {
      sendLine(res, 400, "bad request");
      return;
    }
    log.error({ err }, "request failed");
    sendLine(res, 500, "the request failed: the log of this exporter says why");
  };
}

/** The exporter's web side. Everything it shows comes through its arguments; it starts and owns nothing. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").disable("query parser");
  app.use(securityHeaders);

  function route(method: "get" | "post", path: string, handler: RequestHandler): void {
    const allowed = method === "get" ? "GET, HEAD" : "POST";
    app
      .route(path)
      [method](handler)
      .all((_req, res) => {
        res.set("Allow", allowed);
        sendLine(res, 405, `method not allowed here: use ${allowed}`);
      });
  }
  route("get", "/", statusPage(parts));
  route("get", "/metrics", metricsRoute(parts, parts.log));
  route("get", "/probe", probeRoute(parts.probes));
  route("get", "/probe/history", probeHistoryRoute(parts.probes));
  route("get", "/runbooks/:alert", runbookPage(parts) as RequestHandler);
  route("get", "/-/healthy", health(parts));
  route("get", "/-/ready", readiness(parts));
  route("post", "/-/reload", reloading(parts));

  app.use((_req, res) => sendLine(res, 404, WHAT_EXISTS));
  app.use(onError(parts.log));
  return app;
}
