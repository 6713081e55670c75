"""A page in headless Chromium, by chromedriver: WebDriver over HTTP, and no other package."""
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

# Where something is cut off or does not fit.
MISFITS = """
const found = [];
const pen = document.createElement("canvas").getContext("2d");
const name = (e) => `${e.tagName}#${e.id}.${e.getAttribute("class")} ${e.textContent.slice(0, 30)}`;
if (document.documentElement.scrollWidth > innerWidth) found.push("the page is too wide");
for (const e of document.querySelectorAll("body *")) {
  if (e.closest("svg") || e.closest("[hidden]") || !e.getClientRects().length) continue;
  const box = e.getBoundingClientRect();
  if (box.left < -1 || box.right > innerWidth + 1) found.push(`outside: ${name(e)}`);
  const hides = getComputedStyle(e).overflowX !== "visible" && e.tagName !== "BUTTON";
  if (hides && e.scrollWidth > e.clientWidth + 1) found.push(`cut off: ${name(e)}`);
  if (e.type !== "number") continue;
  pen.font = getComputedStyle(e).font;
  const padding = 2 * parseFloat(getComputedStyle(e).paddingLeft);
  if (pen.measureText(e.value).width + padding > e.clientWidth) found.push(`cut off: ${e.value}`);
}
for (const node of document.querySelectorAll(".node")) {
  const room = node.querySelector("rect").getBBox();
  for (const box of [...node.querySelectorAll("text")].map((text) => text.getBBox()))
    if (box.width > 0 && (box.x < 2 || box.x + box.width > room.width - 2))
      found.push(`too wide for its box: ${name(node)}`);
  const [label, corner] = [".label", ".glyph, .open"].map((e) => node.querySelector(e).getBBox());
  if (corner.width > 0 && label.x + label.width > corner.x) found.push(`overlap: ${name(node)}`);
}
return found"""

# The ratios of WCAG 2 between the colours of variables of the style sheet.
CONTRASTS = """
const luminance = (color) => {
  const [r, g, b] = color.match(/\\w\\w/g).map((hex) => parseInt(hex, 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
return arguments[0].map(([text, ground]) => {
  const [dark, light] = [text, ground].map((name) => luminance(color(name))).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
})"""

DRIVERS = ["chromedriver"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


def find(programs):
    return next((path for path in map(shutil.which, programs) if path), None)


class Browser:
    def __init__(self):
        driver, browser = find(DRIVERS), find(BROWSERS)
        if not driver or not browser:
            print(f"skipped: there is no {'chromium' if driver else 'chromedriver'}")
            sys.exit(77)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen([driver, f"--port={port}", "--silent"])
        self.url = f"http://127.0.0.1:{port}"
        self.await_driver()
        options = {
            "binary": browser,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.post("/session", capabilities={"alwaysMatch": wanted})
        self.url += f"/session/{session['sessionId']}"

    def await_driver(self):
        for _ in range(100):
            try:
                return urllib.request.urlopen(f"{self.url}/status").close()
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def post(self, path, **body):
        return self.call("POST", path, body)

    def command(self, name, **parameters):
        """Of the DevTools protocol."""
        return self.post("/goog/cdp/execute", cmd=name, params=parameters)

    def open(self, url, width=1280, height=800, scheme="light"):
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", features=features)
        self.post("/url", url="about:blank")  # or a fragment would only be followed
        self.post("/url", url=url)

    def run(self, script, *arguments):
        return self.post("/execute/sync", script=script, args=list(arguments))

    def messages(self):
        return self.post("/se/log", type="browser")

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def mouse(self, *actions):
        self.post("/actions", actions=[{"type": "pointer", "id": "mouse", "actions": actions}])

    def move(self, to):
        """The mouse, to a point [x, y]."""
        self.mouse({"type": "pointerMove", "x": round(to[0]), "y": round(to[1])})

    def click(self, at, times=1):
        """With the mouse, at a point [x, y]."""
        click = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        to = {"type": "pointerMove", "x": round(at[0]), "y": round(at[1])}
        self.mouse(to, *click * times)

    def drag(self, start, distance):
        """With the mouse, sideways; 0 is a click."""
        x, y = map(round, start)
        self.mouse(
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            *[{"type": "pointerMove", "x": x + distance * i // 5, "y": y} for i in range(1, 6)],
            {"type": "pointerUp", "button": 0},
        )


def misfits(browser):
    """What is cut off, stands outside, or overlaps: a text for each."""
    return browser.run(MISFITS)


def contrasts(browser, pairs):
    """A ratio for each pair of names of colours, of a text and what it stands on."""
    return browser.run(CONTRASTS, pairs)
