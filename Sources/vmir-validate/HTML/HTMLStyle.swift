/// The looks of a report, for light and dark screens and for paper.
let reportStyle = """
  :root {
    color-scheme: light dark;
    --paper: #fbfbfa; --card: #ffffff; --ink: #1c1e21; --soft: #676d76; --line: #e1e3e6;
    --good: #1b7f4b; --good-soft: #e2f3ea; --bad: #b3261e; --bad-soft: #fbe6e4; --bar: #5b7fb8;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --paper: #15171a; --card: #1d2024; --ink: #e8eaed; --soft: #9aa1ab; --line: #31353b;
      --good: #6fd19d; --good-soft: #16342a; --bad: #ff8a80; --bad-soft: #3d1e1c; --bar: #7d9fd6;
    }
  }
  * { box-sizing: border-box; }
  body {
    margin: 0; background: var(--paper); color: var(--ink);
    font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  }
  main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
  h1 { font-size: 27px; line-height: 1.25; margin: 0 0 6px; letter-spacing: -0.01em; }
  h2 { font-size: 19px; margin: 44px 0 4px; }
  h3 { font-size: 15px; margin: 28px 0 6px; }
  p { margin: 0 0 12px; }
  .soft, figcaption { color: var(--soft); }
  .verdict {
    display: inline-block; margin: 10px 0 20px; padding: 5px 14px; border-radius: 999px;
    font-weight: 600;
  }
  .verdict.ok { color: var(--good); background: var(--good-soft); }
  .verdict.bad { color: var(--bad); background: var(--bad-soft); }
  .facts {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px;
  }
  .card {
    background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px;
  }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 0; }
  dt { color: var(--soft); }
  dd { margin: 0; overflow-wrap: anywhere; }
  .scroll { overflow-x: auto; margin: 10px 0 0; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { padding: 6px 12px; text-align: right; white-space: nowrap; }
  th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); }
  td { border-bottom: 1px solid var(--line); }
  th:first-child, td:first-child { text-align: left; padding-left: 0; }
  td:last-child { white-space: normal; }
  tr.mean td { font-weight: 600; border-bottom: none; }
  .ok-text { color: var(--good); font-weight: 600; }
  .bad-text { color: var(--bad); font-weight: 600; }
  .note { border-left: 3px solid var(--bad); padding: 2px 0 2px 12px; margin: 14px 0; }
  .chart { display: block; width: 100%; height: auto; margin: 12px 0; }
  .chart text { font-size: 11px; fill: var(--soft); text-anchor: end; }
  .chart .grid { stroke: var(--line); }
  .chart .limit { stroke: var(--bad); stroke-dasharray: 4 3; }
  .chart .ok { fill: var(--bar); }
  .chart .bad { fill: var(--bad); }
  .picture { margin: 18px 0 0; }
  .picture h3 { margin: 0; }
  .panels {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px;
    margin-top: 10px;
  }
  figure { margin: 0; max-width: 340px; }
  figure img {
    display: block; width: 100%; height: auto; border-radius: 5px; image-rendering: pixelated;
    background: #000;
  }
  figcaption { font-size: 13px; margin-top: 4px; }
  @media print { main { max-width: none; } .picture { break-inside: avoid; } }
  """
