#!/usr/bin/env python3
"""article: backpropagation, told by ten short programs, as one page

Usage: gallery.py FOLDER

FOLDER has the chapters' executables, build/release/samples/article. They are run in order, in the
current folder; what they print goes to the terminal and, with their code and their pictures, to
output/article/index.html. If one fails, so does the gallery: a line on stderr, and exit code 2.

From the bottom up: a chapter is run; its text is cut into blocks; each becomes HTML: prose, a table
as it was printed, a picture, a stepping page; the blocks and the code become the chapter's section.
"""
import re
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
PARTS = HERE / "../../src/draw/page_parts"  # of all pages
TITLE = "Backpropagation, told by programs"
OUTPUT = Path("output/article")  # as in chapter.hpp


def fail(message):
    print(f"gallery.py: {message}", file=sys.stderr)
    sys.exit(2)


def read(path):
    return path.read_text(encoding="utf-8")


# ---- code in colours ----

KEYWORDS = """auto bool break case catch char class const constexpr continue default delete do
  double else enum explicit false float for if inline int long namespace new noexcept nullptr
  operator private public return short signed sizeof static struct switch template this throw true
  try typename unsigned using virtual void while""".split()

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r'|(?P<string>R"\(.*?\)"|"(?:\\.|[^"\\\n])*"|(?<=#include )<[^>\n]+>'
    r"|(?<!\w)'(?:\\.|[^'\\\n])+')"
    r"|(?P<number>\b\d(?:[\w.']|(?<=[eE])[+-])*)"
    rf"|(?P<keyword>#\w+|\b(?:{'|'.join(KEYWORDS)})\b)",
    re.DOTALL,
)


def colored(code):
    html, end = [], 0
    for token in TOKEN.finditer(code):
        html.append(escape(code[end : token.start()]))
        html.append(f'<span class="{token.lastgroup}">{escape(token[0])}</span>')
        end = token.end()
    return "".join(html) + escape(code[end:])


def code_box(file, is_open=False):
    code = read(file)
    name, lines = escape(file.name), code.count("\n")
    return (
        f'<details class="code"{" open" if is_open else ""}>'
        f"<summary>{name}, {lines} lines</summary>\n"
        f'<pre aria-label="{name}"><code>{colored(code)}</code></pre></details>\n'
    )


# ---- pictures and stepping pages ----

# What picture() of chapter.hpp prints.
FIGURE = re.compile(rf"→ {OUTPUT}/(.+?)\.(svg|html): (.*)")


# Shown at half of its size, as gallery.css does at least, a wider picture does not fit half a page.
HALF_PAGE = 1300


def size(svg):
    """Width and height in pixels; or nothing."""
    root = re.search(r"<svg[^>]*>", read(svg)) if svg.is_file() else None
    found = root and re.search(r'width="([\d.]+)(pt)?"\s+height="([\d.]+)', root[0])
    return found and [float(found[i]) * (4 / 3 if found[2] else 1) for i in (1, 3)]


def is_wide(name):
    found = size(OUTPUT / f"{name}.svg")
    return bool(found) and found[0] > HALF_PAGE


def size_attributes(svg):
    """So that the text stands still while pictures are loaded; the width also for the style, by
    which a large picture scrolls rather than shrink too far."""
    if not (found := size(svg)):
        return ""
    width, height = found
    return f' width="{width:.0f}" height="{height:.0f}" style="--width: {width:.0f}px"'


def picture(name, caption, hint):
    light, dark = (OUTPUT / f"{name}{theme}.svg" for theme in ("", ".dark"))
    if not light.is_file():
        missing = escape(hint or f"{light} was not drawn.")
        return f'<p class="missing">{missing}</p><figcaption>{caption}</figcaption>'
    kind, source = "picture light", ""
    if dark.is_file():
        kind = "picture"
        source = f'<source media="(prefers-color-scheme: dark)" srcset="{quote(dark.name)}">'
    src = quote(light.name)
    image = f'<picture>{source}<img src="{src}" alt="{caption}"{size_attributes(light)}></picture>'
    link = f'<a class="{kind}" href="{src}" title="Open the picture">{image}</a>'
    return f"{link}<figcaption>{caption}</figcaption>"


def stepping_page(name, caption):
    """Opened on demand: inside, the wheel zooms the graph, and would no longer turn the pages."""
    if not (OUTPUT / f"{name}.html").is_file():
        return f'<p class="missing">{OUTPUT}/{escape(name)}.html was not written.</p>'
    href = quote(f"{name}.html")
    return (
        f"<details><summary>{caption}</summary>"
        f'<iframe src="{href}" title="{caption}" loading="lazy"></iframe></details>'
        f'<figcaption><a href="{href}">{href}</a>, on a page of its own</figcaption>'
    )


def figure(found, hint):
    name, kind, caption = found[1], found[2], escape(found[3])
    inside = picture(name, caption, hint) if kind == "svg" else stepping_page(name, caption)
    return f"<figure>{inside}</figure>\n"


# ---- what a chapter printed ----


def is_prose(lines):
    """Nothing is aligned by spaces or drawn by letters, and lines end where they are full: a break
    before column 60 is meant, as in a list of formulas."""
    aligned = re.compile(r"^\s|\S\s{2,}\S|[\u2500-\u259f]")
    if any(aligned.search(line) for line in lines):
        return False
    return all(len(line) >= 60 for line in lines[:-1])


def text_block(lines):
    if not lines:
        return ""
    for i in range(1, len(lines)):  # a sentence, and right under it what it speaks of
        if lines[i - 1].endswith(":") and is_prose(lines[:i]) and lines[i].startswith(" "):
            return text_block(lines[:i]) + text_block(lines[i:])
    if is_prose(lines):
        # A browser would break |∂L/∂w|² behind the strokes.
        prose = re.sub(r"\S*∂\S+/∂\S+", r'<span class="whole">\g<0></span>', escape(" ".join(lines)))
        return f"<p>{prose}</p>\n"
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    table = escape("\n".join(line[margin:] for line in lines))
    return f"<pre>{table}</pre>\n"


def story(text):
    """HTML of what was printed below the title: what stands beside the code, and what stands below
    both, from the first picture on that is too wide for half a page."""
    blocks = [block.split("\n") for block in re.split(r"\n\s*\n", text.strip("\n")) if block]
    beside, below = [], []
    while blocks:
        lines = blocks.pop(0)
        while lines:
            i = next((i for i, line in enumerate(lines) if FIGURE.fullmatch(line)), len(lines))
            (below or beside).append(text_block(lines[:i]))
            if i < len(lines):
                found = FIGURE.fullmatch(lines[i])
                is_missing = not (OUTPUT / f"{found[1]}.{found[2]}").is_file()
                has_hint = is_missing and blocks and i + 1 == len(lines) and blocks[0][0][0] == " "
                html = figure(found, " ".join(blocks.pop(0)).strip() if has_hint else "")
                (below if below or is_wide(found[1]) else beside).append(html)
            lines = lines[i + 1 :]
    return "".join(beside), "".join(below)


# ---- chapters ----


@dataclass
class Chapter:
    source: Path
    title: str = ""
    beside: str = ""  # the code
    below: str = ""

    @property
    def name(self):
        return self.source.stem

    @property
    def question(self):
        """Of its first line, // article/01_neuron: what does a neuron compute?"""
        with self.source.open(encoding="utf-8") as lines:
            return next(lines, "").partition(": ")[2].strip()


def run(chapter, folder):
    """Of a chapter that fails, the last line on stderr says why."""
    try:
        result = subprocess.run(
            [folder.resolve() / chapter.name], capture_output=True, encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        fail(f"{chapter.name} cannot be run: {error.strerror}; is it built, in {folder}?")
    print(result.stdout, flush=True)
    if result.returncode != 0:
        code = result.returncode
        reason = result.stderr.strip().split("\n")[-1].removeprefix(f"{chapter.name}: ")
        ended = f"exit code {code}" if code > 0 else f"signal {-code}"
        fail(f"{chapter.name}: {reason or ended}")
    print(result.stderr, file=sys.stderr, end="")
    chapter.title, _, text = result.stdout.lstrip().partition("\n")
    chapter.title = chapter.title.strip() or chapter.name
    chapter.beside, chapter.below = story(text)


# ---- the page ----


def link(target, label, text):
    title = escape(target.title)
    return f'<a href="#{target.name}" title="{title}" aria-label="{label}: {title}">{text}</a>'


def section(chapter, before, after):
    around = link(before, "Previous", "←") if before else "<span>←</span>"
    around += '<a href="#contents" title="Contents" aria-label="Contents">☰</a>'
    around += link(after, "Next", "→") if after else "<span>→</span>"
    below = f'<div class="below">\n{chapter.below}</div>\n' if chapter.below else ""
    return f"""
<section class="chapter" id="{chapter.name}">
<header><h2>{escape(chapter.title)}</h2>
<nav aria-label="Around this chapter">{around}</nav></header>
<div class="columns">
<div class="story">
{chapter.beside}</div>
{code_box(chapter.source, is_open=True)}{below}</div>
</section>
"""


def contents(chapters):
    return "".join(
        f'<li><a href="#{chapter.name}"><strong>{escape(chapter.title)}</strong> '
        f"{escape(chapter.question)}</a></li>\n"
        for chapter in chapters
    )


def page(chapters):
    sections = "".join(
        section(chapter, *(chapters[j] if 0 <= j < len(chapters) else None for j in (i - 1, i + 1)))
        for i, chapter in enumerate(chapters)
    )
    style = read(PARTS / "look.css") + read(HERE / "gallery.css")
    head = read(PARTS / "head.html").replace("{{title}}", TITLE).replace("{{style}}", style)
    shared = "".join(code_box(header) for header in sorted(HERE.glob("*.hpp")))
    return f"""{head}<body>
<header id="contents">
<h1>{TITLE}</h1>
<p>How a network computes, how wrong it is, and how it learns: from one neuron to the step downhill.
Each chapter is a short C++ program, and beside its code is what it printed and drew: numbers that
are computed, most of them twice, by the tape and by a witness that knows nothing of it. Change a
program, run <code>samples/run article</code>, and read what has become of it.</p>
<nav aria-label="Contents"><ol>
{contents(chapters)}</ol></nav>
</header>
<main>{sections}
<section class="chapter" id="shared">
<header><h2>What the chapters share</h2></header>
{shared}</section>
</main>
<footer>Made by <code>samples/run article</code> of tapegrad, from what its programs printed.
<code>samples/run article/{chapters[0].name}</code> runs one of them.</footer>
<script>
{read(HERE / "gallery.js")}</script>
</body>
</html>
"""


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        fail("usage: gallery.py FOLDER, with the chapters' executables")
    chapters = [Chapter(source) for source in sorted(HERE.glob("[0-9][0-9]_*.cpp"))]
    if not chapters:
        fail(f"there is no chapter, as 01_neuron.cpp, in {HERE}")
    sys.stdout.reconfigure(encoding="utf-8")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # A picture of an earlier run would hide that there is none of this one.
    for old in [*OUTPUT.glob("*.svg"), *OUTPUT.glob("*.html")]:
        old.unlink()
    for chapter in chapters:
        run(chapter, Path(sys.argv[1]))
    (OUTPUT / "index.html").write_text(page(chapters), encoding="utf-8")
    print(f"All of it, with code and pictures: {OUTPUT / 'index.html'}")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
