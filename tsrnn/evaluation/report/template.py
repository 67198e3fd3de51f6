"""HTML and style sheet of a report's page, for screens of any width, light or dark, and for print."""

__all__ = ["PAGE", "STYLE"]

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1b1f24; --soft: #59636e;
  --line: #d8dde3; --best: #d9f0e6; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --page: #111418; --card: #1b1f25; --text: #e8eaed;
  --soft: #a3adb8; --line: #343b44; --best: #17402f; --link: #7cb8f5; }
  svg [style*='stroke: #0072b2'] { stroke: #6f86ff !important; }
  svg [style*='fill: #0072b2'] { fill: #6f86ff !important; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 1.5rem clamp(.75rem, 3vw, 2rem) 3rem;
  background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.35rem; margin: 2.5rem 0 0; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; } p { margin: .25rem 0 .75rem; color: var(--soft); }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
.scroll, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .4rem .6rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
thead th { color: var(--soft); font-weight: 600; white-space: normal; vertical-align: bottom; }
thead th + th { min-width: 4.5rem; } tbody th { font-weight: 600; }
td.best { background: var(--best); font-weight: 700; }
.text td, .text thead th { text-align: left; }
.text td:last-child { white-space: normal; min-width: 18rem; }
.verdict { color: var(--text); font-size: 1.15rem; font-weight: 600; margin: .5rem 0; }
.after { margin-top: 1rem; }
.notes { color: var(--soft); font-size: .875rem; padding-left: 1.25rem; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
.grid.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
figure { margin: 0; padding: .6rem .75rem; } figcaption { font-weight: 600; margin-bottom: .25rem; }
figure svg { display: block; max-width: none !important; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .875rem; }
dd { margin: 0; color: var(--soft); } footer { margin-top: 2.5rem; border-top: 1px solid var(--line); }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@media print { figure, tr { break-inside: avoid; } }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Forecasts compared</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Forecasts compared</h1>
<nav aria-label="Series"><ul>{links}</ul></nav>
</header>
<main>{body}</main>
<footer>
<h2>How to read the tables</h2>
<dl>{terms}</dl>
<p>Made with tsrnn {version}.</p>
</footer>
</body>
</html>
"""
