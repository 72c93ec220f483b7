namespace Inheritune.Reports;

/// <summary>The style of a report: light and dark, wide and narrow, on screen and on paper.</summary>
internal static class PageStyle
{
    /// <summary>Contents of the style element.</summary>
    public const string Css = """
        :root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1f23;--soft:#5b636d;--rule:#e3e5e8;
        --accent:#1f5fbf;
        --good:#1d7a46;--bad:#b3461b;--c0:#5b636d;--c1:#1f5fbf;--c2:#c4561a;--c3:#8a3fb0;--c4:#13806f;
        --c5:#a38200;--c6:#b02a5b}
        @media(prefers-color-scheme:dark){:root{--bg:#15181c;--card:#1d2126;--ink:#e7e9ec;--soft:#a0a8b2;
        --rule:#343a42;
        --accent:#6ea8ff;--good:#58c98a;--bad:#ff9566;--c0:#a0a8b2;--c1:#6ea8ff;--c2:#ff9a5c;--c3:#cf95f0;
        --c4:#4fd0bb;--c5:#e0c04a;
        --c6:#ff82ac}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        main{max-width:960px;margin:0 auto;padding:28px 18px 64px}
        h1{font-size:1.65rem;line-height:1.25;margin:.2em 0 .3em;text-wrap:balance}
        h2{font-size:1.15rem;margin:0 0 .6em}h3{font-size:.95rem;margin:1em 0 .3em;font-weight:600}
        .muted,figcaption{color:var(--soft);font-size:.9rem}
        .eyebrow{color:var(--soft);font-size:.85rem;margin:0}
        section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;
        margin:18px 0}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:18px 0}
        .tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 14px}
        .tile b{display:block;font-size:1.45rem;font-variant-numeric:tabular-nums;line-height:1.2}
        .tile span{color:var(--soft);font-size:.85rem}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
        th{font-weight:600;color:var(--soft);text-align:right;padding:6px 10px;
        border-bottom:2px solid var(--rule);vertical-align:bottom}
        td{text-align:right;padding:7px 10px;border-bottom:1px solid var(--rule);white-space:nowrap}
        th:first-child,td:first-child,td.l,th.l{text-align:left}td.w{white-space:normal;min-width:16em}
        tr.best td{font-weight:650}
        .key{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.5em}
        figure{margin:0}svg{display:block;width:100%;height:auto}
        .chart{overflow-x:auto}.chart svg{min-width:560px}ul{padding-left:1.3em}
        svg text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--soft)}
        .grid{stroke:var(--rule)}.line{fill:none;stroke-width:2.2;stroke-linejoin:round}
        .line.thin{stroke-width:1;opacity:.35}
        .c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
        .c4{stroke:var(--c4)}
        .c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.dot{fill:var(--card);stroke-width:2.2}
        svg .t0{fill:var(--c0)}svg .t1{fill:var(--c1)}svg .t2{fill:var(--c2)}svg .t3{fill:var(--c3)}
        svg .t4{fill:var(--c4)}
        svg .t5{fill:var(--c5)}svg .t6{fill:var(--c6)}
        .k0{background:var(--c0)}.k1{background:var(--c1)}.k2{background:var(--c2)}.k3{background:var(--c3)}
        .k4{background:var(--c4)}
        .k5{background:var(--c5)}.k6{background:var(--c6)}
        .cell{fill:var(--accent)}svg text.on{fill:var(--card)}svg text.off{fill:var(--ink)}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:18px}
        blockquote{margin:.3em 0 1em;padding:.6em .9em;border-left:3px solid var(--rule);
        white-space:pre-wrap;overflow-wrap:anywhere;
        font:.88rem/1.5 ui-monospace,SFMono-Regular,Consolas,monospace}
        blockquote b{font-weight:600;color:var(--soft)}
        li{margin:.35em 0}details summary{cursor:pointer;color:var(--soft)}
        .good{color:var(--good)}.bad{color:var(--bad)}
        @media(max-width:600px){main{padding:16px 10px 40px}section{padding:14px 12px}h1{font-size:1.3rem}}
        @media print{section,.tile{break-inside:avoid}}
        """;
}
