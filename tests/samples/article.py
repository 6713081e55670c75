#!/usr/bin/env python3
"""The gallery of samples/article in a browser: is all of it there, and does it fit any screen?

Usage: article.py GALLERY_PY CHAPTERS FOLDER
CHAPTERS has the executables; what they write goes to FOLDER.
Exit code 77, which skips the test: no chromium, or no chromedriver."""
import itertools
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "draw"))
from browser import Browser  # noqa: E402

GALLERY, CHAPTERS, FOLDER = (Path(path).resolve() for path in sys.argv[1:])
INDEX = FOLDER / "output/article/index.html"
SCREENS = [*itertools.product([(360, 740), (1280, 720), (1920, 1080)], ["light", "dark"])]

# What is too wide, except for what scrolls in a box of its own.
MISFITS = """
const found = [];
const name = (e) => `${e.tagName}.${e.getAttribute("class")} ${e.textContent.slice(0, 30)}`;
if (document.documentElement.scrollWidth > innerWidth) found.push("the page is too wide");
const scrolls = (e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
for (const e of document.querySelectorAll("body *")) {
  if (!e.checkVisibility()) continue;
  const box = e.getBoundingClientRect();
  let above = e.parentElement;
  while (above && !scrolls(above)) above = above.parentElement;
  if (above) continue;
  if (box.left < -1 || box.right > innerWidth + 1) found.push(`outside: ${name(e)}`);
  if (!scrolls(e) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
    found.push(`sticks out: ${name(e)}`);
  if (scrolls(e) && e.scrollWidth > e.clientWidth && e.tabIndex !== 0)
    found.push(`not scrolled by keys: ${name(e)}`);
}
return found"""

# Each picture: what was loaded, how wide it is, and what it says to those who do not see it.
PICTURES = """return [...document.images].map((image) => [
  image.currentSrc, image.complete && image.naturalWidth, image.alt,
  image.closest("picture").querySelector("source") !== null])"""

# What stands in the place of pictures that were not drawn.
MISSING = "return [...document.querySelectorAll('.missing')].map((each) => each.innerText)"

# Each text: its colour, and that of what it stands on.
COLORS = """
const parse = (color) => color.match(/[\\d.]+/g).map(Number);
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const color = parse(getComputedStyle(e).backgroundColor);
    if (color[3] !== 0) return color;
  }
};
const pairs = new Map();
for (const e of document.querySelectorAll("body *")) {
  const has_text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!has_text || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
  const pair = [parse(getComputedStyle(e).color), ground(e)];
  pairs.set(String(pair), [`${e.tagName}.${e.className} ${e.textContent.slice(0, 20)}`, ...pair]);
}
return [...pairs.values()]"""

failures = []


def check(holds, *what):
    if not holds:
        failures.append(" ".join(map(str, what)))


def contrast(one, other):
    """The ratio of WCAG 2."""

    def luminance(color):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                  for c in (part / 255 for part in color[:3])]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def check_screens(browser):
    for (width, height), scheme in SCREENS:
        browser.open(INDEX.as_uri(), width, height, scheme)
        for misfit in browser.run(MISFITS)[:4]:
            check(False, width, scheme, misfit)
        for name, text, ground in browser.run(COLORS):
            ratio = contrast(text, ground)
            check(ratio >= 4.5, width, scheme, name, "contrast", ratio)
        for source, pixels, alt, has_twin in browser.run(PICTURES):
            check(pixels, width, scheme, source, "is not shown")
            check(alt, source, "says nothing to those who do not see it")
            check(has_twin, source, "has no dark twin")
            check(source.endswith(".dark.svg") == (scheme == "dark"), scheme, "shows", source)
        for missing in browser.run(MISSING):
            check("was not drawn:" in missing, "no reason is given:", missing)


def check_contents(browser):
    """All chapters, each with a title of its own, its code, and a way to the others."""
    browser.open(INDEX.as_uri())
    sources = sorted(GALLERY.parent.glob("[0-9][0-9]_*.cpp"))
    titles = browser.run("return [...document.querySelectorAll('main h2')].map(h => h.innerText)")
    check(len(titles) == len(sources) + 1, len(sources), "chapters have the titles", titles)
    for i, (source, title) in enumerate(zip(sources, titles), 1):
        check(title.startswith(f"{i}. "), source.name, "has the title", title)
    codes = browser.run("return [...document.querySelectorAll('pre code')].map(c => c.textContent)")
    for source in sources:
        check(source.read_text(encoding="utf-8") in codes, source.name, "is not shown")
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].map(h => h.tagName)")
    check(levels == ["H1"] + ["H2"] * len(titles), "headings", levels)
    for i, title in enumerate(titles[:-1]):
        link = "document.querySelectorAll('#contents li a')[arguments[0]]"
        browser.run(f"{link}.click()", i)
        top = browser.run("""const title = document.querySelectorAll("main h2")[arguments[0]];
            const box = title.getBoundingClientRect();
            return document.elementFromPoint(box.x + 5, box.y + 5) === title && box.top""", i)
        check(top is not False and 0 <= top < 60, title, "is jumped to, and stands at", top)


def check_frames(browser):
    """The stepping pages, which are loaded once they are opened."""
    browser.open(INDEX.as_uri())
    frames = browser.run("""return [...document.querySelectorAll("iframe")].map((frame) => {
      frame.closest("details").open = true;
      frame.loading = "eager";
      return frame;
    })""")
    for frame in frames:
        source = browser.run("return arguments[0].src", frame)
        browser.post("/frame", id=frame)
        nodes = browser.run("""return new Promise((done) => {
          const look = () => document.readyState === "complete";
          const wait = () => look() ? done(document.querySelectorAll("svg").length)
                                    : setTimeout(wait, 50);
          wait();
        })""")
        check(nodes, source, "draws nothing")
        browser.post("/frame", id=None)


def check_folder():
    """Nothing is asked for outside the folder, and all that is asked for is there."""
    html = INDEX.read_text(encoding="utf-8")
    targets = re.findall(r'\b(?:src|srcset|href)="([^"#]+)"', html)
    check(targets, "the page has no pictures")
    for target in targets:
        check(target == "data:," or (INDEX.parent / target).is_file(), target, "is not there")
    for request in ["@import", "url(", "fetch(", "import("]:
        check(request not in html, "the page asks for more:", request)


def check_readme(printed):
    """Its table names all that is drawn, and no more."""
    readme = (GALLERY.parent / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\d\d_\w+\.(?:svg|html))`", readme))
    drawn = set(re.findall(r"^→ output/article/(.+?\.(?:svg|html)): ", printed, re.MULTILINE))
    check(named == drawn, "README.md and the chapters do not agree on", sorted(named ^ drawn))


with Browser() as chromium:
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, GALLERY, CHAPTERS]
    gallery = subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.PIPE,
                             encoding="utf-8")
    check_readme(gallery.stdout)
    check_folder()
    for part in [check_screens, check_contents, check_frames]:
        part(chromium)
        for message in chromium.messages():
            failures.append(f"{part.__name__}: the console says {message['message']}")

print("\n".join(failures[:40]) or "the gallery is complete, and fits")
sys.exit(1 if failures else 0)
