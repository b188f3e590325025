# A rater in headless Chromium: checks the promises of the page by the data sent to the browser and those on the server's disk.
# usage: browser.py STUDY PAGE-STUDY FOLDER     studies of task 1 (3000 ms) and task 2; FOLDER for downloads
import glob, json, os, re, signal, socket, subprocess, sys, threading, time
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

study, page_study, folder = sys.argv[1:4]
design = json.load(open(study + "/study.json"))


class Relay:
    """A proxy between browser and server: records both directions, and reconnects after a restart of the server."""

    def __init__(self):
        self.upstream, self.requests, self.replies = 0, [], []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.upstream))
        except OSError:
            client.close()
            return
        request, reply = bytearray(), bytearray()
        self.requests.append(request)
        self.replies.append(reply)
        threading.Thread(target=self.pump, args=(client, server, request), daemon=True).start()
        self.pump(server, client, reply)
        client.close()

    @staticmethod
    def pump(source, to, kept):
        try:
            while data := source.recv(65536):
                data = data.replace(b"Accept-Encoding", b"X-No-Encodings!")  # to record plain data
                kept += data
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def serve():
    server = subprocess.Popen(["confusion-eval", "serve", study, "--port", "0"], stdout=subprocess.PIPE, text=True)
    relay.upstream = int(server.stdout.readline().rsplit(":", 1)[1].strip("/\n"))
    return server


def answers():
    lines = [json.loads(l) for f in glob.glob(study + "/answers/*.jsonl") for l in open(f)]
    return [l for l in lines if "trial" in l]


def wait_for(what, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if value := what():
                return value
        except Exception:
            pass
        time.sleep(0.02)
    browser.save_screenshot(folder + "/failed.png")
    raise AssertionError(f"waited in vain: line {sys._getframe(1).f_lineno}; page says: " + browser.find_element(By.TAG_NAME, "body").text)


def element(name):
    return browser.find_element(By.ID, name)


def key(k):
    ActionChains(browser).send_keys(k).perform()


def shown():
    return browser.execute_script("return document.getElementById('stage').classList.contains('shown')")


def may_answer():
    return element("trial").is_displayed() and element("choose-left").is_enabled()


def answer_unheard():
    """The server stops while images are shown, and the answer, left, is given before it is started again."""
    wait_for(shown)
    server.kill()
    server.wait()
    wait_for(may_answer)
    key(Keys.ARROW_LEFT)
    wait_for(lambda: "not be stored yet" in element("status").text)


def fits(what):
    """Nothing is wider than the window; text has at least 16 px; buttons and images are inside."""
    state = browser.execute_script("""
      const box = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
      const visible = [...document.querySelectorAll('h1, p, li, button, img, label')].filter((e) => e.offsetParent !== null && e.offsetWidth);
      return {window: [innerWidth, innerHeight], page: document.documentElement.scrollWidth,
        boxes: visible.map((e) => [e.id || e.tagName, ...box(e)]),
        sizes: visible.filter((e) => e.textContent.trim()).map((e) => parseFloat(getComputedStyle(e).fontSize))};""")
    width, height = state["window"]
    assert state["page"] <= width, (what, state)
    assert min(state["sizes"]) >= 15, (what, state["sizes"])
    for name, left, top, right, bottom in state["boxes"]:
        assert left >= -0.5 and right <= width + 0.5, (what, name, left, right)
        if name in ("choose-left", "choose-right", "left", "middle", "right"):
            assert top >= -0.5 and bottom <= height + 0.5, (what, name, top, bottom)
    return state


relay = Relay()
server = serve()
options = webdriver.ChromeOptions()
for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,800"):
    options.add_argument(argument)
options.binary_location = "/usr/bin/chromium"
browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
try:
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-1")
    # Only with the keyboard: two screens, then the first trial.
    wait_for(lambda: element("go").is_displayed())
    fits("instructions")
    key(Keys.ENTER)
    wait_for(lambda: element("title").text == "The question")
    key(Keys.ENTER)
    # Before the end of the exposure keys and clicks do nothing.
    wait_for(shown)
    sides = fits("trial")
    key(Keys.ARROW_LEFT)
    assert not element("choose-left").is_enabled()
    ActionChains(browser).move_to_element(element("choose-left")).click().perform()
    key(Keys.ARROW_RIGHT)
    time.sleep(0.5)
    assert shown() and answers() == []
    wait_for(may_answer)
    assert browser.execute_script("return [...document.images].every((i) => !i.getAttribute('src'))")
    # The answer is on disk before the next trial starts.
    key(Keys.ARROW_RIGHT)
    wait_for(lambda: len(answers()) == 1)
    first = answers()[0]
    assert first["trial"] == 1 and first["choice"] == "right" and first["early"] >= 3, first
    # After the practice trials there is a pause. Then a reload in the middle of a trial returns to that trial.
    wait_for(lambda: "practice" in element("title").text)
    key(Keys.ENTER)
    wait_for(shown)
    browser.refresh()
    wait_for(lambda: "Welcome back" in element("title").text)
    assert "trial 2 of" in element("words").text
    key(Keys.ENTER)
    wait_for(may_answer)
    ActionChains(browser).move_to_element(element("choose-left")).click().perform()
    wait_for(lambda: len(answers()) == 2)
    assert answers()[1]["choice"] == "left" and answers()[1]["showings"] == 2, answers()[1]
    # The server stops, and the answer is given before it is started again: nothing is lost.
    answer_unheard()
    server = serve()
    wait_for(lambda: len(answers()) == 3)
    assert [a["trial"] for a in sorted(answers(), key=lambda a: a["trial"])] == [1, 2, 3]
    # As narrow as a phone, and with 200% zoom: all images are reduced by the same factor.
    for number, (width, height, ratio) in ((4, (360, 640, 3)), (5, (640, 400, 2))):
        wait_for(shown)
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False})
        wait_for(lambda: browser.execute_script("return innerWidth") == width)
        time.sleep(0.2)
        small = fits(f"{width}x{height}")
        widths = {b[0]: round(b[3] - b[1]) for b in small["boxes"] if b[0] in ("left", "middle", "right")}
        assert len(widths) == 3 and len(set(widths.values())) == 1 and widths["left"] > 80, widths
        wait_for(may_answer)
        fits(f"{width}x{height}, answering")
        key(Keys.ARROW_RIGHT)
        wait_for(lambda: len(answers()) == number)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    # An answer that the server did not receive is kept over a reload, and while another rater uses this browser; it is the
    # first request to the server.
    answer_unheard()
    browser.get("about:blank")
    server = serve()
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-2")
    wait_for(lambda: element("title").text == "Two images, one question")
    key(Keys.ENTER)
    wait_for(lambda: element("title").text == "The question")
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-1")
    wait_for(lambda: element("title").text == "Two images, one question")
    key(Keys.ENTER)
    wait_for(lambda: len(answers()) == 6)
    # Back again, with the stored session; stored data that are not JSON are ignored.
    wait_for(lambda: element("title").text == "The question")
    browser.execute_script("for (const key of Object.keys(localStorage)) if (/pending|showings/.test(key)) localStorage[key] = '{x';")
    browser.execute_script("localStorage['confusion-pending-' + localStorage['confusion-session']] = '{x'")
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-1")
    wait_for(lambda: "trial 7 of" in element("words").text)
    kept = [a for a in answers() if a["trial"] == 6]
    assert len(kept) == 1 and kept[0]["choice"] == "left" and kept[0]["showings"] == 1, kept
    # A browser that has not recorded the first showing: the server has.
    key(Keys.ENTER)
    wait_for(shown)
    browser.execute_script("localStorage.clear()")
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-1")
    wait_for(lambda: element("go").is_displayed())
    key(Keys.ENTER)
    wait_for(lambda: element("title").text == "The question")
    key(Keys.ENTER)
    wait_for(may_answer)
    key(Keys.ARROW_RIGHT)
    wait_for(lambda: len(answers()) == 7)
    again = [a for a in answers() if a["trial"] == 7][0]
    assert again["showings"] == 2 and again["elapsed"] >= 3000, again

    # Another rater's address in the same browser is another session; the first rater's session still exists.
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-2")
    wait_for(lambda: element("title").text == "Two images, one question")
    browser.get(f"http://127.0.0.1:{relay.port}/?id=r-1")
    wait_for(lambda: element("title").text == "Welcome back")

    # Exposure: within two frames of 3000 ms, by the page's own timestamps and the duration of frames on this machine.
    for a in answers():
        frame = max(1000 / 60, a["longest_frame"])
        assert abs(a["offset"] - a["onset"] - design["exposure_ms"]) <= 2 * frame, a
        assert a["frames"] <= 3000 / 16 + 2 and a["response"] >= 0 and a["focus_losses"] == 0, a
    assert sum(abs(a["offset"] - a["onset"] - 3000) <= 2000 / 60 for a in answers()) >= 3, answers()

    # The data sent to the browser: all images have the same length and header, are always requested in the same order, and
    # no word reveals the answer.
    pictures, text = [], b""
    for request, reply in zip(relay.requests, relay.replies):
        head, _, body = bytes(reply).partition(b"\r\n\r\n")
        if b"image/png" in head:
            assert body.startswith(b"\x89PNG"), body[:20]
            chunks = [body[m.start():m.start() + 4] for m in re.finditer(b"tEXt|tIME|pHYs|gAMA|zTXt|iTXt", body[:200])]
            assert not chunks, chunks
            pictures.append((bytes(request).split(b" ")[1].rsplit(b"/", 1)[1], head, len(body), body[:41]))
        else:
            text += bytes(reply)
        text += head
        assert b"no-store" in head or not head, head
    assert len(pictures) >= 3 * 6
    assert len({p[1] for p in pictures}) == 1, {p[1] for p in pictures}
    assert len({(p[2], p[3]) for p in pictures}) == 1
    assert [p[0] for p in pictures] == [b"left", b"middle", b"right"] * (len(pictures) // 3)
    # The names of models and images do not appear; names of kinds of trials appear only in the page's own files, which are the
    # same for every study.
    own = [open(os.environ["SOURCE"] + "/lib/study/" + name, "rb").read() for name in ("index.html", "study.css", "study.js")]
    assert all(file in text for file in own)
    for file in own:
        text = text.replace(file, b"")
    sent = b"".join(bytes(r) for r in relay.requests)
    kinds = [f'"{word}"' for word in ("catch", "control", "repeat", "repeats", "main", "real", "kind", "model", "image")]
    for word in design["models"] + design["images"] + ["photographs", "low-res", os.path.abspath(study)] + kinds:
        for traffic in (text, sent):
            assert word.encode() not in traffic, word
    assert browser.get_log("browser") == [] or all("ERR_" in l["message"] for l in browser.get_log("browser"))

    # The page as a file: reload resumes, answers are downloaded, and are scored.
    browser.get("file://" + folder + "/page.html")
    wait_for(lambda: element("go").is_displayed())
    key(Keys.ENTER)
    wait_for(lambda: element("title").text == "The question")
    key(Keys.ENTER)
    total = json.loads(browser.execute_script("return document.getElementById('settings').textContent"))["total"]
    for trial in range(1, total + 1):
        wait_for(may_answer)
        key(Keys.ARROW_LEFT if trial % 2 else Keys.ARROW_RIGHT)
        wait_for(lambda: not may_answer())
        if trial == 2:
            wait_for(shown)
            browser.refresh()
            wait_for(lambda: "Welcome back" in element("title").text)
            assert "trial 3 of" in element("words").text
            key(Keys.ENTER)
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": folder})
    wait_for(lambda: browser.switch_to.active_element.get_attribute("id") == "download")
    key(Keys.ENTER)
    wait_for(lambda: glob.glob(folder + "/answers-*.jsonl"))
finally:
    browser.quit()
    server.send_signal(signal.SIGTERM)
assert server.wait() == 0
