/** The report's style sheet: one page for light and dark, for screens and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f5f2; --card: #ffffff; --ink: #1c1b1a; --soft: #5f5c57; --faint: #8d8982; --line: #e7e4de;
  --accent: #2457d6; --wrong: #d1495b; --good: #1f8a5b; --code: #f3f1ec;
  --trial-1: #2457d6; --trial-2: #e07a1f; --trial-3: #12927a; --trial-4: #b13bb8;
  --trial-5: #d1495b; --trial-6: #0a8fb5; --trial-7: #7452d6; --trial-8: #7a8b16; --trial-9: #8a5a3b; --trial-10: #5b6470;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --card: #1c1e21; --ink: #eceae6; --soft: #aaa69f; --faint: #7d7a75; --line: #2f3236;
    --accent: #7aa2ff; --wrong: #ff7d8c; --good: #5fd39f; --code: #232629;
    --trial-1: #7aa2ff; --trial-2: #ffab5e; --trial-3: #4fd1b5; --trial-4: #e28aeb;
    --trial-5: #ff7d8c; --trial-6: #5cc8e8; --trial-7: #b19cff; --trial-8: #c3d45a; --trial-9: #d6a67e; --trial-10: #aab4c2;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-feature-settings: "cv05", "ss03"; -webkit-font-smoothing: antialiased;
}
main { max-width: 1120px; margin: 0 auto; padding: 56px 28px 72px; }
h1 { font-size: 38px; line-height: 1.12; letter-spacing: -0.022em; margin: 6px 0 12px; font-weight: 680; }
h2 { font-size: 19px; letter-spacing: -0.01em; margin: 0 0 4px; font-weight: 640; }
h3 { font-size: 13px; margin: 0 0 10px; font-weight: 600; color: var(--soft); }
p { margin: 0 0 10px; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
code, pre, .mono { font-family: "JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.875em; }
.eyebrow { color: var(--faint); font-size: 13px; display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.eyebrow b { color: var(--soft); font-weight: 600; }
.pill { border-radius: 99px; padding: 1px 10px; font-size: 12px; font-weight: 600; color: var(--card); background: var(--wrong); }
.lead { font-size: 18px; line-height: 1.5; color: var(--soft); max-width: 800px; }
.lead b { color: var(--ink); font-weight: 640; }
.note { color: var(--soft); font-size: 14px; max-width: 760px; margin-bottom: 18px; }
.warn { border-left: 3px solid var(--wrong); padding: 2px 0 2px 14px; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 30px 0 14px; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
.tile { padding: 16px 18px 14px; }
.tile .figure { font-size: 29px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 660; font-variant-numeric: tabular-nums; }
.tile .figure small { font-size: 0.6em; font-weight: 560; color: var(--soft); margin-left: 2px; }
.tile .what { font-size: 13px; color: var(--soft); margin-top: 2px; }
section { padding: 24px 26px 24px; margin-top: 14px; overflow: hidden; }
.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 30px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th { text-align: left; font-weight: 560; color: var(--faint); font-size: 12.5px; padding: 6px 14px 8px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { padding: 10px 14px 10px 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
tr:last-child td { border-bottom: 0; }
th.number, td.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.name { font-weight: 620; white-space: nowrap; } .name .mono { font-weight: 400; color: var(--soft); margin-left: 8px; }
.best .name::after { content: "best"; font-size: 11px; font-weight: 620; letter-spacing: 0.02em; color: var(--card); background: var(--good); border-radius: 99px; padding: 1px 8px 2px; margin-left: 9px; }
.settings { color: var(--soft); font-size: 12.5px; line-height: 1.45; }
tr.variant td { color: var(--soft); font-size: 13px; } tr.variant td:first-child { padding-left: 18px; }
td.fastest { font-weight: 640; color: var(--good); } td small { display: block; font-weight: 400; font-size: 12px; color: var(--faint); }
.bar { display: inline-block; width: 130px; height: 8px; border-radius: 9px; background: var(--line); overflow: hidden; margin-left: 12px; vertical-align: 1px; } .bar span { display: block; height: 100%; border-radius: 9px; }
.chip { vertical-align: -2px; margin-right: 8px; overflow: visible; }
.drawn { min-width: 0; } .drawn > svg:not(.chart) { width: 100%; height: auto; display: block; } .drawn .note { margin: 10px 0 0; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; font-size: 14px; margin: 8px 0 18px; align-items: center; }
.legend .how { color: var(--faint); font-size: 13px; }
.stroke { display: inline-block; width: 22px; border-top: 2.5px solid var(--soft); vertical-align: 4px; margin-right: 7px; }
.stroke.thin { border-top-width: 1.25px; opacity: 0.5; }
.chart { width: 100%; height: auto; display: block; color: var(--soft); font-variant-numeric: tabular-nums; overflow: visible; }
.chart text { fill: var(--soft); }
.matrix { max-width: 100%; height: auto; display: block; font-size: 13px; font-variant-numeric: tabular-nums; }
.matrix .empty { fill: var(--line); fill-opacity: 0.42; } .matrix .right { fill: var(--accent); } .matrix .wrong { fill: var(--wrong); }
.matrix .axis { fill: var(--ink); font-weight: 600; } .matrix .faint { fill: var(--faint); font-size: 12px; } .matrix .label { fill: var(--faint); font-size: 12px; }
.matrix .on { fill: var(--card); font-weight: 600; } .matrix .over { fill: var(--ink); }
.beside { display: grid; grid-template-columns: minmax(0, 560px) minmax(220px, 1fr); gap: 40px; align-items: center; }
.pairs { list-style: none; margin: 0; padding: 0; font-size: 14px; }
.pairs li { display: grid; grid-template-columns: 116px 1fr 74px; gap: 12px; align-items: center; padding: 7px 0; border-bottom: 1px solid var(--line); }
.pairs li:last-child { border: 0; } .times { text-align: right; color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
.track { height: 6px; background: var(--line); border-radius: 9px; overflow: hidden; } .track span { display: block; height: 100%; border-radius: 9px; background: var(--wrong); }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(98px, 1fr)); gap: 14px; }
.gallery figure { margin: 0; border: 1px solid var(--line); border-radius: 11px; overflow: hidden; background: var(--page); }
.gallery img { width: 100%; height: auto; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated; display: block; background: #000; }
.gallery figcaption { padding: 7px 9px 8px; font-size: 12.5px; line-height: 1.35; color: var(--soft); }
.gallery .answer { font-size: 15px; font-weight: 640; color: var(--ink); display: flex; justify-content: space-between; gap: 6px; }
.gallery .answer .no { color: var(--wrong); } .gallery .answer small { font-size: 12px; font-weight: 500; color: var(--faint); }
.gauge { height: 4px; border-radius: 9px; background: var(--line); margin-top: 5px; overflow: hidden; } .gauge span { display: block; height: 100%; background: var(--wrong); }
.filters { display: flex; flex-wrap: wrap; gap: 10px; } .filters img { width: 64px; height: 64px; image-rendering: pixelated; border-radius: 8px; border: 1px solid var(--line); }
pre { background: var(--code); border-radius: 10px; padding: 16px 18px; margin: 0; overflow-x: auto; line-height: 1.5; font-size: 12.5px; }
pre .key { color: var(--accent); } pre .remark { color: var(--faint); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 7px 20px; margin: 0; font-size: 14px; } dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
footer { color: var(--faint); font-size: 13px; margin-top: 26px; }
@media (max-width: 860px) {
  main { padding: 30px 16px 50px; } h1 { font-size: 30px; } section { padding: 18px 16px; }
  .tiles { grid-template-columns: 1fr 1fr; } .two, .beside { grid-template-columns: minmax(0, 1fr); }
}
@media print { body { background: none; } main { padding: 0; } section, .tile { break-inside: avoid; } }
`;
