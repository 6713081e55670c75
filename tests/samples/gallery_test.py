#!/usr/bin/env python3
"""The gallery of the article, of programs that are made up: what is printed is what is shown,
whatever it is, and a program that fails is reported.

Usage: gallery_test.py GALLERY_PY
"""
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

GALLERY = Path(sys.argv[1]).resolve()
failures = 0


def check(holds: bool, what: str) -> None:
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'FAILED'}  {what}")


class Page(HTMLParser):
    """Of each tag with a text of its own, the texts; of every tag, the attributes."""

    VOID = {"meta", "link", "img", "source"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.texts: dict[str, list[str]] = {}
        self.is_balanced = True
        self.feed(html)
        self.is_balanced &= not self.open

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_balanced &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


class Gallery:
    """A folder with the gallery and chapters of one's own, and what becomes of them."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) / "samples/article"
        self.output = self.folder / "output/article"
        self.index = self.output / "index.html"
        (self.folder / "bin").mkdir(parents=True)
        for file in (GALLERY, GALLERY.with_suffix(".css"), GALLERY.with_suffix(".js")):
            shutil.copy(file, self.folder)
        parts = "src/draw/page_parts"  # of all pages
        shutil.copytree(GALLERY.parents[2] / parts, Path(folder) / parts)

    def chapter(self, name: str, code: str, program: str) -> None:
        """An executable of Python, with the pictures that it is said to draw."""
        (self.folder / f"{name}.cpp").write_text(code, encoding="utf-8")
        executable = self.folder / "bin" / name
        executable.write_text(f"#!{sys.executable}\n{program}", encoding="utf-8")
        executable.chmod(0o755)

    def run(self, *args: str) -> subprocess.CompletedProcess:
        command = [sys.executable, self.folder / GALLERY.name, *args]
        return subprocess.run(command, cwd=self.folder, capture_output=True, encoding="utf-8",
                              timeout=60)

    def page(self) -> Page:
        return Page(self.index.read_text(encoding="utf-8"))


def in_gallery(part):
    """Each part in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        part(Gallery(folder))


CODE = """// article/01_odd: is <b> & "everything" shown?
#include <vector>
/* several
   lines */
const char* a = "a \\" // no comment"; char b = '\\''; auto c = R"(raw " text)";
int main() { return 1'000 + 0x1F + 2.5e-3 < 7 && true; }  // ∂L/∂w 🙂
"""

ODD = '''print("""1. <i>Odd</i> & "quoted"

A sentence of prose, with <script>alert("&")</script>, an &amp; and ∂L/∂w, and it is long enough,
so that its break is none; 🙂 is a letter as any other.

name    value
<w1>      0.5

a = 1
b = 2

Two formulas, right under the sentence that speaks of them; it ends with a colon, as this one:
  pa = w·x + b
    a = sigmoid(pa)

loss ▁▂▃""")'''

PICTURES = '''import pathlib
folder = pathlib.Path("output/article")
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30pt" height="15pt"></svg>'
for name in ["both.svg", "both.dark.svg", "one & only.svg"]: (folder / name).write_text(svg)
(folder / "steps.html").write_text("<p>steps</p>")
print("""2. Pictures

Before.
→ output/article/both.svg: Light: and "dark" <both>
→ output/article/one & only.svg: Light only

→ output/article/none.svg: Missing

  none.svg was not drawn: there is no <gnuplot>

  a table   that is none of the hint

→ output/article/steps.html: Steps

→ output/article/nothing.html: No steps

→ output/elsewhere/both.svg: Not ours""")'''


def spans(page: Page) -> list[tuple[str, str]]:
    return [(attributes["class"], text)
            for attributes, text in zip(page.all("span"), page.texts["span"]) if attributes]


def shows_what_was_printed(gallery: Gallery) -> None:
    gallery.chapter("01_odd", CODE, ODD)
    result = gallery.run("bin")
    check(result.returncode == 0, f"odd: exit code {result.returncode} {result.stderr}")
    check('<script>alert("&")</script>' in result.stdout, "odd: the terminal shows it as printed")
    page = gallery.page()
    check(page.is_balanced, "odd: every tag is closed")
    check(len(page.all("script")) == 1, "odd: what is printed is no script")
    check(page.texts["h2"][0] == '1. <i>Odd</i> & "quoted"', f"odd: title {page.texts['h2'][0]}")
    check('is <b> & "everything" shown?' in page.texts["li"][0],
          "odd: the contents have its question")
    check('A sentence of prose, with <script>alert("&")</script>, an &amp; and ∂L/∂w, and it is '
          "long enough, so that its break is none; 🙂 is a letter as any other." in page.texts["p"],
          "odd: prose flows")
    check(("whole", "∂L/∂w,") in spans(page), "odd: a derivative is never broken")
    blocks = page.texts["pre"][:4]
    check(blocks == ["name    value\n<w1>      0.5", "a = 1\nb = 2",
                     "pa = w·x + b\n  a = sigmoid(pa)", "loss ▁▂▃"],
          f"odd: tables, formulas and curves stay as they are, {blocks}")
    check(page.texts["code"].count(CODE) == 1, "odd: the code is shown as it is")
    for span in [("comment", "/* several\n   lines */"), ("comment", "// ∂L/∂w 🙂"),
                 ("string", '"a \\" // no comment"'), ("string", "'\\''"),
                 ("string", 'R"(raw " text)"'), ("string", "<vector>"), ("keyword", "#include"),
                 ("keyword", "return"), ("number", "1'000"), ("number", "0x1F"),
                 ("number", "2.5e-3")]:
        check(span in spans(page), f"odd: {span[1]!r} is coloured as a {span[0]}")


def shows_pictures(gallery: Gallery) -> None:
    gallery.output.mkdir(parents=True)
    (gallery.output / "none.svg").write_text("<svg/>")  # of an earlier run
    gallery.chapter("02_pictures", "// article/02_pictures: where?\n", PICTURES)
    result = gallery.run("bin")
    check(result.returncode == 0, f"pictures: exit code {result.returncode} {result.stderr}")
    page = gallery.page()
    check(page.is_balanced, "pictures: every tag is closed")
    images = [(image["src"], image["alt"], image["width"]) for image in page.all("img")]
    check(images == [("both.svg", 'Light: and "dark" <both>', "40"),
                     ("one%20%26%20only.svg", "Light only", "40")], f"pictures: {images}")
    twins = [source["srcset"] for source in page.all("source")]
    check(twins == ["both.dark.svg"], f"pictures: for the dark there are {twins}")
    check("none.svg was not drawn: there is no <gnuplot>" in page.texts["figure"][2],
          "pictures: the hint is in the place of the picture")
    check(page.texts["pre"][0] == "a table   that is none of the hint",
          "pictures: the hint ends where it ends")
    frames = [frame["src"] for frame in page.all("iframe")]
    check(frames == ["steps.html"], f"pictures: frames of {frames}")
    check("nothing.html was not written" in page.texts["figure"][4], "pictures: no page is said")
    check("→ output/elsewhere/both.svg: Not ours" in page.texts["p"], "pictures: others are text")
    targets = [attributes.get(key, "#") for _, attributes in page.tags for key in ("src", "href")]
    files = {target for target in targets if not target.startswith(("#", "data:"))}
    check(files == {"both.svg", "one%20%26%20only.svg", "steps.html"},
          f"pictures: asks for {files}")


WIDE = '''import pathlib
folder = pathlib.Path("output/article")
for name, width in [("narrow", 960), ("wide", 1200)]:
    (folder / f"{name}.svg").write_text(f'<svg width="{width}pt" height="15pt"></svg>')
print("""3. Wide

Before.

→ output/article/narrow.svg: Narrow

→ output/article/wide.svg: Wide

After.

→ output/article/narrow.svg: Again""")'''


def shows_wide_pictures_below(gallery: Gallery) -> None:
    gallery.chapter("03_wide", "// article/03_wide: where?\n", WIDE)
    check(gallery.run("bin").returncode == 0, "wide: there is a page")
    page = gallery.page()
    check(page.is_balanced, "wide: every tag is closed")
    order = [attributes.get("class") or attributes.get("src") for tag, attributes in page.tags
             if tag in ("div", "img") or attributes.get("class") == "code"]
    check(order[:7] == ["columns", "story", "narrow.svg", "code", "below", "wide.svg",
                        "narrow.svg"],
          f"wide: it stands below text and code, and so does what comes after, {order}")


def reports_failures(gallery: Gallery) -> None:
    gallery.chapter("01_good", "// article/01_good: good?\n", 'print("1. Good")')
    check(gallery.run("bin").returncode == 0 and gallery.index.is_file(), "good: there is a page")
    why = 'import sys; print("2. Bad"); sys.exit("note\\n02_bad: the loss <L> is NaN")'
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    for program, saying in ((why, "02_bad: the loss <L> is NaN"), ("raise SystemExit(7)", "code 7"),
                            (crash, "signal 15")):
        gallery.chapter("02_bad", "// article/02_bad: bad?\n", program)
        answers(gallery, ("bin",), "02_bad", saying)
        check(not gallery.index.exists(), f"{saying}: there is no page of an earlier run")
    (gallery.folder / "bin/02_bad").unlink()
    answers(gallery, ("bin",), "02_bad", "bin")
    answers(gallery, ("nowhere",), "01_good", "nowhere")
    shutil.rmtree(gallery.folder / "output")
    (gallery.folder / "output").touch()
    answers(gallery, ("bin",), "output/article")
    answers(gallery, (), "usage")
    answers(gallery, ("bin", "more"), "usage")


def answers(gallery: Gallery, args: tuple, *saying: str) -> None:
    result = gallery.run(*args)
    check(result.returncode == 2 and result.stderr.count("\n") == 1
          and all(each in result.stderr for each in saying),
          f"gallery.py {' '.join(args)}: exit code {result.returncode}, {result.stderr.strip()!r}")


for each in (shows_what_was_printed, shows_pictures, shows_wide_pictures_below,
             reports_failures):
    in_gallery(each)
sys.exit(1 if failures else 0)
