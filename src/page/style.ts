/** The style sheet. Colours only accompany words. Light or dark is the reader's choice in the system. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --back: #f5f7fa; --card: #fff; --text: #17212f; --soft: #55606f; --line: #dde3ea; --link: #0b57a4; --focus: #0b57a4;
  --bad: #a81420; --bad-back: #fdeaeb; --warn: #7d4a00; --warn-back: #fff2d9; --info: #0b57a4; --info-back: #e5f0fb;
  --good: #17662f; --good-back: #e5f5e9; --quiet: #4c5766; --quiet-back: #e9edf2;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --back: #10151c; --card: #18202a; --text: #e4eaf1; --soft: #a3afbd; --line: #2c3744; --link: #82bbf5; --focus: #82bbf5;
    --bad: #ff9aa0; --bad-back: #421c21; --warn: #f7c56d; --warn-back: #3b2d12; --info: #8cc2f8; --info-back: #17304a;
    --good: #84d99c; --good-back: #17351f; --quiet: #b4bfcb; --quiet-back: #27313d;
  }
}
* { box-sizing: border-box; }
html { scrollbar-gutter: stable; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: 2px; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.skip { position: absolute; left: 8px; top: -60px; background: var(--card); padding: 8px 12px; z-index: 2; }
.skip:focus { top: 8px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 24px; padding: 10px 28px; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { font-weight: 700; font-size: 17px; color: var(--text); text-decoration: none; letter-spacing: -.01em; }
.top ul { display: flex; gap: 4px; list-style: none; margin: 0; padding: 0; }
.top nav a { display: block; padding: 6px 12px; border-radius: 6px; color: var(--soft); text-decoration: none; font-weight: 500; }
.top nav a:hover { background: var(--quiet-back); color: var(--text); }
.top nav a[aria-current] { background: var(--info-back); color: var(--info); }
#connection { margin: 0 0 0 auto; color: var(--soft); font-size: 13px; }
#connection.old { padding: 1px 9px; border-radius: 999px; color: var(--warn); background: var(--warn-back); font-weight: 600; }
main { max-width: 1280px; margin: 0 auto; padding: 24px 28px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -.02em; overflow-wrap: anywhere; display: flex; flex-wrap: wrap; align-items: center; }
h1 small { color: var(--soft); font-weight: 400; font-size: inherit; }
h1 .badge { margin: 4px 0 4px 12px; letter-spacing: 0; } h1 + .empty { margin-top: 14px; }
h2 { font-size: 17px; margin: 0 0 10px; overflow-wrap: anywhere; }
h2 small { color: var(--soft); font-weight: 400; font-size: 14px; }
section { margin-top: 28px; }
small { font-size: 13px; }
code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }
.lead { margin: 0 0 18px; max-width: 95ch; color: var(--soft); font-size: 16px; }
.crumbs { margin: 0 0 6px; font-size: 14px; }
.none, .legend, .shown, .address { color: var(--soft); }
.legend, .shown { font-size: 13px; margin: 8px 2px; }
.pager { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 18px; margin: 12px 2px; } .pager span { color: var(--soft); font-size: 14px; } .pager a { padding: 6px 0; }
.empty, .note { color: var(--soft); background: var(--card); border: 1px dashed var(--line); border-radius: 10px; padding: 16px 20px; margin: 0; }
.note { margin-bottom: 16px; }
.badge { display: inline-block; padding: 1px 9px; border-radius: 999px; font-size: 13px; font-weight: 600; white-space: nowrap; line-height: 1.55; }
.badge.bad { color: var(--bad); background: var(--bad-back); } .badge.warn { color: var(--warn); background: var(--warn-back); }
.badge.info { color: var(--info); background: var(--info-back); } .badge.good { color: var(--good); background: var(--good-back); }
.badge.quiet { color: var(--quiet); background: var(--quiet-back); }
.bad-text { color: var(--bad); } .warn-text { color: var(--warn); }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 10px; list-style: none; margin: 0 0 20px; padding: 0; }
.count { display: block; height: 100%; padding: 10px 14px; background: var(--card); border: 1px solid var(--line); border-top: 3px solid var(--line); border-radius: 10px; text-decoration: none; color: var(--text); }
.count:hover { border-color: var(--link); }
.count strong { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.count span { font-size: 13px; color: var(--soft); }
.count.bad { border-top-color: var(--bad); } .count.bad strong { color: var(--bad); }
.count.warn { border-top-color: var(--warn); } .count.warn strong { color: var(--warn); }
.count.info { border-top-color: var(--info); } .count.info strong { color: var(--info); }
.count.good { border-top-color: var(--good); } .count.good strong { color: var(--good); }
.count.quiet strong { color: var(--soft); }
.count[aria-current] { outline: 2px solid var(--focus); }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 10px; }
.filter label { font-size: 14px; color: var(--soft); }
.filter input, .filter select, .filter button { font: inherit; color: inherit; background: var(--card); border: 1px solid #7c8896; border-radius: 7px; padding: 6px 10px; min-height: 38px; }
.filter input { flex: 1 1 220px; max-width: 420px; min-width: 0; }
.filter button { cursor: pointer; }
/* The script filters while somebody types. */
@media (scripting: enabled) { .filter button { display: none; } }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 10px 14px; border-top: 1px solid var(--line); font-weight: 400; overflow-wrap: anywhere; }
td p, th p { margin: 3px 0 0; color: var(--soft); font-size: 14px; max-width: 70ch; } td > p:first-child { margin-top: 0; }
thead th { border-top: 0; font-size: 13px; font-weight: 600; color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 600; }
tbody th small, .timeline td small, .fleet td small { display: block; color: var(--soft); font-weight: 400; }
.fleet tbody th small { display: inline; }
.fleet td:nth-child(2) p { font-size: 13.5px; } .fleet td .since { display: inline; margin: 0 4px; }
.fleet th[scope=row] { min-width: 220px; } .fleet td[data-name] { white-space: nowrap; } .fleet td[data-name=Engine] { white-space: normal; min-width: 130px; }
.timeline td:first-child { white-space: nowrap; }
.containers tbody th { min-width: 260px; }
.stage, .object { display: block; color: var(--soft); margin-top: 4px; } .stage { white-space: nowrap; } .object { overflow-wrap: anywhere; }
.dots { display: inline-flex; gap: 3px; margin-right: 4px; } .dots i { width: 12px; height: 4px; border-radius: 2px; background: var(--line); } .dots .done { background: var(--info); } .conditions tbody th { min-width: 205px; }
.images td .plain, .image td .plain { columns: 200px; column-gap: 24px; } .image td:nth-child(1), .image td:nth-child(2) { white-space: nowrap; width: 190px; }
.images tbody:hover { background: color-mix(in srgb, var(--info-back) 35%, transparent); } .images tbody th a { overflow-wrap: anywhere; }
.fleet tbody tr { content-visibility: auto; contain-intrinsic-size: auto 64px; }
.fleet tbody tr:hover, .containers tbody tr:hover, .updates tbody tr:hover { background: color-mix(in srgb, var(--info-back) 35%, transparent); }
.address { display: block; font-size: 13px; font-weight: 400; }
td > .badge + time { white-space: nowrap; }
time { white-space: nowrap; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 20px; margin-top: 28px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 20px; margin-top: 16px; }
.columns .card { margin-top: 0; } .columns .empty { border: 0; padding: 0; }
.card p { margin: 0 0 10px; }
dl { margin: 0; } dl div { display: grid; grid-template-columns: 120px 1fr; gap: 12px; padding: 4px 0; }
dt { color: var(--soft); font-size: 14px; } dd { margin: 0; overflow-wrap: anywhere; } dd time { white-space: normal; }
.plain { list-style: none; margin: 0; padding: 0; }
.warnings { background: var(--warn-back); border: 1px solid var(--warn); border-radius: 10px; padding: 14px 20px; margin-top: 16px; }
.warnings.missing { margin: 0 0 16px; } .missing p { margin: 0; } .missing p + p { margin-top: 6px; }
.warnings h2 { color: var(--warn); margin-bottom: 4px; } .warnings ul { margin: 0; padding-left: 20px; }
.axis { width: 45%; min-width: 220px; padding-left: 0; padding-right: 0; vertical-align: top; }
.axis svg { display: block; width: 100%; height: 22px; } .axis .scale { height: 19px; overflow: visible; }
.scale text { font-size: 12px; font-weight: 500; fill: var(--soft); }
.tick { stroke: var(--line); } .today { stroke: var(--text); stroke-width: 2; }
.bar.good { fill: var(--good); } .bar.warn { fill: var(--warn); } .bar.bad { fill: var(--bad); }
@media (min-width: 1001px) {
  .fleet th[scope=row] { width: 24%; } .fleet td:nth-child(2) { width: 42%; }
  .images tbody th { width: 32%; } .images td:nth-last-child(3) { width: 135px; } .images td:nth-last-child(2) { width: 180px; }
  .updates tbody th { width: 20%; min-width: 180px; } .updates td[data-name=Digest] { width: 205px; }
  .updates td:nth-last-child(2) { width: 100px; white-space: nowrap; } .updates td[data-name=Host] { width: 17%; } .updates td:nth-last-child(4) { width: 132px; }
}
@media (min-width: 1001px) and (max-width: 1199px) {
  .axis { width: 38%; } .timeline td[data-name] { min-width: 128px; } .updates tbody th { min-width: 150px; } .updates td[data-name=Host] { width: 14%; }
  .updates td[data-name=Digest] { min-width: 205px; } .updates td:last-child { min-width: 200px; }
}
@media (min-width: 1200px) {
  .scroll { overflow: clip; } thead th { position: sticky; top: 0; z-index: 1; background: var(--card); box-shadow: inset 0 -1px var(--line); }
  thead + tbody > tr:first-child > * { border-top: 0; }
  .containers td[data-name=Digest] { white-space: nowrap; width: 380px; }
  .axis { width: 42%; } .timeline td[data-name=Expires] { min-width: 180px; }
}
@media (max-width: 1000px) {
  .top { padding: 10px 16px; } main { padding: 18px 16px 48px; }
  .counts { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 8px; }
  .counts .count { border-top-color: var(--line); }
  .count { display: flex; align-items: baseline; gap: 8px; padding: 6px 12px; border-top-width: 1px; border-left-width: 3px; }
  .count strong { font-size: 19px; }
  .count.bad { border-left-color: var(--bad); } .count.warn { border-left-color: var(--warn); }
  .count.info { border-left-color: var(--info); } .count.good { border-left-color: var(--good); }
  .filter input { flex-basis: 100%; max-width: none; }
  .scroll { overflow: visible; }
  table, tbody, tr, tbody th, tbody td { display: block; width: 100%; } thead { display: none; }
  tbody tr { padding: 10px 14px; border-top: 1px solid var(--line); } tbody tr:first-child { border-top: 0; }
  tbody th, tbody td { padding: 2px 0; border: 0; min-width: 0; }
  .fleet tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); column-gap: 6px; }
  .fleet tbody th, .fleet td:nth-child(2) { grid-column: 1 / -1; }
  .fleet td[data-name], .fleet td[data-name]::before { white-space: normal; font-size: 13px; }
  .fleet td[data-name]:has(.unknown) { display: none; }
  .conditions tbody tr, .containers tbody tr { display: grid; grid-template-columns: 1fr auto; column-gap: 12px; }
  .conditions tbody td:nth-child(n+3), .containers tbody td:nth-child(n+3) { grid-column: 1 / -1; } .conditions tbody th, .containers tbody th { min-width: 0; }
  h1 { display: block; } h1 .badge { display: table; margin: 6px 0; }
  .stage { display: inline; margin-left: 8px; }
  .brand { order: -2; } #connection { order: -1; } .top nav { width: 100%; } .top ul { flex-wrap: wrap; gap: 2px; margin-left: -9px; } .top nav a { padding: 6px 9px; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); font-size: 14px; }
  .axis { padding: 6px 0; width: 100%; min-width: 0; }
  .timeline thead { display: block; position: sticky; top: 0; z-index: 1; padding: 4px 14px; background: var(--card); border-bottom: 1px solid var(--line); border-radius: 10px 10px 0 0; }
  .timeline thead th:not(.axis) { display: none; } .timeline thead .axis { display: block; padding: 0; } .scale text:nth-of-type(even) { display: none; }
  .images tbody { padding: 10px 0; border-top: 1px solid var(--line); } .images thead + tbody { border-top: 0; } .images tbody tr { padding: 2px 14px; border-top: 0; }
  .fleet tbody tr { contain-intrinsic-size: auto 150px; }
  dl div { grid-template-columns: 104px 1fr; }
}
@media (forced-colors: active) { .badge { border: 1px solid; } [aria-current] { outline: 2px solid; } .dots { display: none; }
  .scale text { fill: CanvasText; } .today { stroke: CanvasText; } thead + tbody > tr:first-child > * { border-top: 1px solid; } }
@media print {
  .top nav, .filter, .skip, #connection { display: none; } body { background: #fff; } thead th { position: static; }
  .scroll { overflow: visible; } tr, .card { break-inside: avoid; } .fleet tbody tr { content-visibility: visible; } .badge { border: 1px solid; }
}
`;
