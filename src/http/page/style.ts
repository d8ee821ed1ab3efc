/**
 * The one style sheet. Colours are tokens: each state has a foreground that reads on the page (4.5:1 and more) and a wash.
 * Total loss alone fills its whole card.
 */
export const style = `
:root {
  --page: #f6f7f8; --card: #ffffff; --edge: #dfe3e6; --ink: #1c2328; --soft: #56616a; --link: #0b5cad;
  --ok: #1a7f4b; --degraded: #8a5a00; --lossy: #b83a0d; --down: #a50e1f; --unknown: #59656e; --failed: #6a3fa0;
  --warm: #fff6e2; --hot: #fff0ea; --odd: #f5effc; --loud: #a50e1f; --onloud: #ffffff; --track: #e7eaed; --mark: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171b; --card: #1a2126; --edge: #2d373e; --ink: #e4e9ec; --soft: #a3afb7; --link: #7db8f5;
    --ok: #57c78d; --degraded: #e6b54a; --lossy: #ff9067; --down: #ff7b86; --unknown: #a3afb7; --failed: #c3a3f0;
    --warm: #29241a; --hot: #2d211d; --odd: #241f2e; --loud: #a8172a; --onloud: #ffffff; --track: #2d373e; --mark: #12171b;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--page); color: var(--ink); max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 3rem;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums;
}
a { color: var(--link); }
header, footer { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .25rem 1rem; }
header p, footer p { color: var(--soft); font-size: .875rem; }
footer { margin-top: 2rem; }
h1 { font-size: 1.25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h1 span { color: var(--soft); font-weight: 400; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1.0625rem; overflow-wrap: anywhere; }
h4 { font-size: .8125rem; font-weight: 400; color: var(--soft); }
ul { list-style: none; padding: 0; }
.icon { width: 1em; height: 1em; flex: none; }
.icon .fill { fill: currentColor; }
.icon .mark { fill: none; stroke: var(--mark); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.icon .hollow { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-dasharray: 2.6 2.4; }
.icon .line { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; }
.badge { display: inline-flex; align-items: center; gap: .4em; font-weight: 600; font-size: .9375rem; white-space: nowrap; }
.ok { --tone: var(--ok); }
.degraded { --tone: var(--degraded); }
.lossy { --tone: var(--lossy); }
.down { --tone: var(--down); }
.failed { --tone: var(--failed); }
.no_data, .absent { --tone: var(--unknown); }
.badge, .icon { color: var(--tone); }
.verdict {
  display: flex; align-items: center; gap: .75rem; margin-top: 1rem; padding: 1rem 1.25rem; border-radius: .75rem;
  background: var(--card); border: 1px solid var(--edge); font-size: 1.375rem; font-weight: 600; line-height: 1.3;
}
.verdict.degraded { background: var(--warm); }
.verdict.lossy { background: var(--hot); border-color: var(--lossy); }
.verdict.failed { background: var(--odd); }
.rest .badge { white-space: normal; }
.rest { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: .625rem 1.25rem 0; }
.hint { margin-top: .75rem; padding: .625rem 1.25rem; border-left: 3px solid var(--link); background: var(--card); overflow-wrap: anywhere; }
.path {
  display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1.5fr) minmax(0, .8fr); gap: .25rem 1.5rem;
  margin-bottom: .5rem; padding: .875rem 1.25rem; background: var(--card); border: 1px solid var(--edge);
  border-left: 4px solid var(--tone); border-radius: .5rem;
}
.path p { font-size: .875rem; color: var(--soft); }
.path .figure { font-size: 1.25rem; font-weight: 600; color: var(--ink); line-height: 1.4; }
.path .unknown { color: var(--soft); font-weight: 400; font-size: 1rem; }
.path .where { margin-top: .125rem; overflow-wrap: anywhere; }
.path .problem { grid-column: 1 / -1; color: var(--ink); overflow-wrap: anywhere; }
.path.lossy { background: var(--hot); }
.path.degraded { background: var(--warm); }
.path.failed { background: var(--odd); }
.path.no_data { border-style: dashed; border-left-style: solid; }
.verdict.down, .path.down {
  --ink: var(--onloud); --soft: var(--onloud); --tone: var(--onloud); --mark: var(--loud); --track: #ffffff55;
  background: var(--loud); border-color: var(--loud); color: var(--onloud);
}
.path.down .badge { --tone: var(--onloud); text-transform: uppercase; letter-spacing: .04em; }
.path.down .icon, .verdict.down .icon { --tone: var(--onloud); }
.path.down .problem { font-weight: 600; }
.lossbar { display: block; width: 100%; max-width: 20rem; margin-top: .25rem; }
.lossbar text { fill: var(--soft); font-size: 9px; }
.lossbar .track { fill: var(--track); }
.lossbar .tick { stroke: var(--soft); stroke-width: .75; opacity: .6; }
.lossbar .interval { fill: var(--tone); opacity: .55; }
.lossbar .point { fill: var(--ink); }
.prober { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
.prober p { color: var(--soft); }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--edge); font-size: .9375rem; }
th, td { text-align: left; padding: .375rem .75rem; border-bottom: 1px solid var(--edge); vertical-align: top; overflow-wrap: anywhere; }
thead th { white-space: nowrap; color: var(--soft); font-weight: 400; font-size: .8125rem; }
tbody th { font-weight: 600; min-width: 7rem; }
.took { white-space: nowrap; }
nav { display: flex; gap: 1rem; margin-top: .75rem; align-items: baseline; }
@media (max-width: 44rem) {
  .path { grid-template-columns: minmax(0, 1fr); padding: .75rem 1rem; }
  .path .rtt, .path .loss { border-top: 1px solid var(--edge); padding-top: .375rem; }
  .verdict { font-size: 1.125rem; padding: .875rem 1rem; }
  .lossbar { max-width: none; }
  thead { display: none; }
  tbody tr { display: grid; grid-template-columns: 1fr auto auto; border-bottom: 1px solid var(--edge); }
  th, td { border-bottom: 0; }
  td:last-child { grid-column: 1 / -1; padding-top: 0; color: var(--soft); }
  td:last-child:empty { display: none; }
}
.runbook { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; margin: 1rem 0; }
`;
