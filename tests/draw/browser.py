"""A page in headless Chromium, by chromedriver: WebDriver over HTTP, and no other package."""
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

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

    def drag(self, start, distance):
        """With the mouse, sideways; 0 is a click."""
        x, y = map(round, start)
        self.mouse(
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            *[{"type": "pointerMove", "x": x + distance * i // 5, "y": y} for i in range(1, 6)],
            {"type": "pointerUp", "button": 0},
        )
