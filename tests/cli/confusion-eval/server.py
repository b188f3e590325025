# The server against clients that break the rules. usage: server.py STUDY
# CLIENTS (25) is how many of the random ones there are at a time, and KILLS (2) how often the server is killed meanwhile.
import glob, http.client, json, os, random, signal, socket, subprocess, sys, threading, time

study = sys.argv[1]
clients, kills = int(os.environ.get("CLIENTS", 25)), int(os.environ.get("KILLS", 2))
here = threading.local()  # each client has its own address, since the server limits the connections from one


def serve(port=0):
    server = subprocess.Popen(["confusion-eval", "serve", "-q", study, "--port", str(port), "--site", "study.example"], stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline().rsplit(":", 1)[1].strip("/\n"))


def ask(method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(getattr(here, "address", ""), 0))
    kind = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, body, {**kind, **(headers or {})})
    reply = connection.getresponse()
    content = reply.read()
    connection.close()
    return reply.status, content, reply


def raw(text, wait=3):
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as s:
        try:
            s.sendall(text)
            reply = b""
            while data := s.recv(65536):
                reply += data
        except OSError:
            pass
        return reply.split(b" ")[1] if reply.startswith(b"HTTP/") else reply


def begin(name=""):
    status, content, _ = ask("POST", "/api/sessions", json.dumps({"name": name}))
    return json.loads(content) if status == 200 else status


def answer(trial, **changed):
    return json.dumps({"trial": trial, **{"choice": "left", "onset": 1, "offset": 3001, "response": 500, "frames": 180, "longest_frame": 17,
                       "early": 0, "focus_losses": 0, "showings": 1, "pixel_ratio": 1, "zoom": 1, "window_width": 800,
                       "window_height": 600, "shown_width": 256, "nonce": f"n{trial}", **changed}})


def show(base, trial):
    """As the page does: requests all images of a trial, and waits for their exposure."""
    replies = [ask("GET", f"{base}/trials/{trial}/{place}")[0] for place in ("left", "right")]
    time.sleep(0.11)
    return replies


server, port = serve()
state = begin()
base = "/api/sessions/" + state["token"]

# Invalid paths, methods and bodies.
for path in ("/study.json", "/trials.jsonl", "/images/000000-real.png", "/../study.json", "/..%2fstudy.json", "/%2e%2e/study.json",
             "/answers/", "//etc/passwd", "/api/sessions/../../trials.jsonl", base + "/trials/1/../../../x", base + "/trials/1/real",
             base + "/trials/1/middle", "/" + "a" * 4000, base + "/trials/1/left.png", base + "/trials/-1/left"):
    status, content, _ = ask("GET", path)
    assert status == 404, (path, status)
    assert b"root:" not in content and b"rater" not in content
assert raw(b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n") in (b"404", b"400")
assert raw(b"GET " + b"/x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") in (b"414", b"400", b"404", b"")
assert raw(b"\x16\x03\x01\x02\x00\x01\x00") in (b"400", b"")
for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
    assert ask(method, base)[0] == 405, method
assert ask("POST", base + "/answers", "x" * 20000)[0] == 413
assert raw(b"POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n") == b"413"
chunked = b"POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
assert raw(chunked + b"fffff\r\n") == b"411"
assert raw(b"POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n{}") == b"411"
assert ask("POST", "/api/sessions", "{}", {"Content-Encoding": "gzip"})[0] == 415
assert ask("POST", "/api/sessions", '{"name":""}', {"Content-Type": "text/plain"})[0] == 415
for body in ("", "{", "[]", "{}", '{"name":1}', '{"name":"a","name":"b"}', '{"name":"a","x":1}', "[" * 5000, '{"name":"%s"}' % ("y" * 300)):
    assert ask("POST", "/api/sessions", body)[0] == 400, body

# The name of another site that points to this server; the name that raters use.
for path in ("/", "/study.js", base, base + "/trials/1/left"):
    status, content, _ = ask("GET", path, headers={"Host": f"evil.example:{port}"})
    assert status == 421 and b"--site" in content, (path, status)
assert ask("POST", "/api/sessions", '{"name":""}', {"Host": "evil.example"})[0] == 421
for name in ("study.example", f"localhost:{port}", "[::1]:9"):
    assert ask("GET", "/", headers={"Host": name})[0] == 200, name

# Sessions and the order of answers.
assert ask("GET", "/api/sessions/" + "0" * 32)[0] == 404
assert ask("POST", "/api/sessions/" + "0" * 32 + "/answers", answer(1))[0] == 404
assert ask("GET", base + "/trials/2/left")[0] == 409
assert ask("POST", base + "/answers", answer(2))[0] == 409
for bad in ({"choice": "both"}, {"onset": -1}, {"extra": 1}, {"frames": "many"}, {"nonce": "z" * 900}):
    assert ask("POST", base + "/answers", answer(1, **bad))[0] == 400, bad
assert ask("POST", base + "/answers", answer(1.5))[0] == 400 and ask("POST", base + "/answers", answer("1"))[0] == 400
# Answers to images that were not shown, or not for the exposure time, are refused.
status, content, _ = ask("POST", base + "/answers", answer(1))
assert status == 409 and b"has not been shown yet" in content, content
assert ask("GET", base + "/trials/1/left")[0] == 200
status, content, _ = ask("POST", base + "/answers", answer(1))
assert status == 409 and b"has not been shown yet" in content, content
assert ask("GET", base + "/trials/1/right")[0] == 200
status, content, _ = ask("POST", base + "/answers", answer(1))
assert status == 409 and b"before its images had been shown to the end" in content, content
assert show(base, 1) == [200, 200]
status, content, reply = ask("POST", base + "/answers", answer(1))
assert status == 200 and json.loads(content)["next"] == 2
assert ask("POST", base + "/answers", answer(1))[0] == 200  # the reply was lost
assert ask("POST", base + "/answers", answer(1, nonce="another"))[0] == 409
assert ask("POST", base + "/answers", answer(1, choice="right"))[0] == 409  # a different answer, with any nonce
assert ask("GET", base + "/trials/1/left")[0] == 409
left, right = ask("GET", base + "/trials/2/left"), ask("GET", base + "/trials/2/right")
assert left[0] == 200 and left[1].startswith(b"\x89PNG") and len(left[1]) == len(right[1])
assert dict(left[2].getheaders()) == dict(right[2].getheaders())
assert left[2].getheader("Cache-Control") == "no-store" and left[2].getheader("Last-Modified") is None
assert subprocess.run(["confusion-eval", "serve", study, "--port", "0"], capture_output=True).returncode == 1  # only one server for a study
assert begin("r-9")["token"] == begin("r-9")["token"]

# Headers are bounded in size and time; Range is ignored, however many ranges it asks for.
host = b"Host: localhost\r\n"
assert raw(b"GET / HTTP/1.1\r\n" + host + b"".join(b"X-%d: y\r\n" % i for i in range(5000)) + b"\r\n") == b"431"
assert raw(b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n" + host + b"\r\n") == b"414"


def endless(line, seconds):
    """Sends a line again and again. Returns the megabytes that the server accepted, and the status of its response."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(b"GET / HTTP/1.1\r\n" + host)
        start = time.monotonic()
        try:
            while time.monotonic() - start < seconds:
                sent += s.send(line * 1000)
        except OSError:
            pass
        try:
            reply = s.recv(100)
        except OSError:
            reply = b""
    return sent / 1e6, reply[9:12]


megabytes, status = endless(b"X: y\r\n", 3)
assert megabytes < 50 and status in (b"431", b""), (megabytes, status)
peak = [int(line.split()[1]) for line in open(f"/proc/{server.pid}/status") if line.startswith("VmHWM")]
base = "/api/sessions/" + begin("ranges")["token"]
whole = ask("GET", base + "/trials/1/left")[1]
assert raw(b"GET / HTTP/1.1\r\n" + host + b"RANGE: nonsense\r\nrange: bytes=9-1\r\n\r\n") == b"200"
assert raw(b"GET / HTTP/1.1\r\n" + host + b"host: evil.example\r\n\r\n") == b"400"
# What is no HTTP is refused at once; lines may end in a line feed alone; a length is one number.
start = time.monotonic()
assert raw(b"\x16\x03\x01\x02\x00\x01\x00") == b"400"
assert raw(b"GET / HTTP/1.1\nHost: localhost\n\n") == b"200"
assert raw(b"GET / HTTP/1.1\r\nHost: localhost\n\r\n") == b"200"
post = b"POST /api/sessions HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
for length in (b"Content-Length: 12\r\nContent-Length: 14\r\n", b"Content-Length: 12, 12\r\n", b"Content-Length: +12\r\n"):
    assert raw(post + length + b"\r\n" + b'{"name":"x"}') == b"400", length
assert time.monotonic() - start < 5
assert ask("POST", "/api/sessions", json.dumps({"name": "a\0b"}))[0] == 400
for ranges in ("bytes=0-9", "bytes=" + ",".join(["0-"] * 2500), "bytes=5-2", "bytes=-1"):
    status, content, reply = ask("GET", base + "/trials/1/left", headers={"Range": ranges})
    assert status == 200 and content == whole, (ranges[:20], status, len(content))
assert ask("GET", base + "/trials/1/left", headers={"Range": "bytes=0-9"})[1] == whole
start = time.monotonic()
with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
    s.sendall(b"GET / HTTP/1.1\r\n" + host)  # and no more
    assert s.recv(100).split()[1] == b"408"
assert 8 < time.monotonic() - start < 15

# A client has 32 connections; one more is refused, and other clients are served.
idle = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(60)]
time.sleep(1)
assert ask("GET", "/")[0] == 503
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=("127.0.0.2", 0))
connection.request("GET", "/")
assert connection.getresponse().status == 200
connection.close()
for s in idle:
    s.close()
time.sleep(1)
assert ask("GET", "/")[0] == 200
assert [int(line.split()[1]) for line in open(f"/proc/{server.pid}/status") if line.startswith("VmHWM")][0] < peak[0] + 100000
base = "/api/sessions/" + state["token"]

# A damaged image is reported to those who run the study, but not to the rater, since its name reveals the answer.
other = begin()
path = glob.glob(study + "/images/*")
for p in path:
    os.rename(p, p + ".away")
    open(p, "wb").write(b"x")
status, content, _ = ask("GET", f"/api/sessions/{other['token']}/trials/1/left")
assert status == 500 and b"real" not in content and b"images" not in content, content
for p in path:
    os.rename(p + ".away", p)

# Random clients, some of them misbehaving; meanwhile the server is killed and restarted.
tokens = [state["token"]] + [s["token"] for s in (begin() for _ in range(20)) if isinstance(s, dict)]
stored, lock = {}, threading.Lock()


def client(number):
    luck = random.Random(number)
    try:
        for _ in range(3):
            token, trial = luck.choice(tokens), luck.randint(0, 9)
            what = luck.randrange(6)
            if what == 0:
                ask("GET", f"/api/sessions/{token}/trials/{trial}/{luck.choice(['left', 'right', 'middle'])}")
            elif what == 1:
                ask("GET", luck.choice(["/", "/study.js", "/x", "/api/sessions/" + token]))
            elif what == 2:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
                    s.sendall(luck.randbytes(luck.randint(1, 300)))
            elif what == 3:
                ask("POST", f"/api/sessions/{token}/answers", luck.randbytes(50))
            else:
                status, content, _ = ask("GET", "/api/sessions/" + token)
                trial = json.loads(content)["next"] if luck.random() < 0.8 else trial
                nonce = f"{number}-{luck.random()}"
                if luck.random() < 0.9:
                    show(f"/api/sessions/{token}", trial)
                status, _, _ = ask("POST", f"/api/sessions/{token}/answers", answer(trial, nonce=nonce))
                if status == 200:
                    with lock:
                        assert (token, trial) not in stored
                        stored[token, trial] = nonce
    except (OSError, http.client.HTTPException, ValueError):
        pass  # the server was down


done = threading.Event()


def crowd(number):
    here.address = f"127.0.{1 + number // 250}.{1 + number % 250}"
    visit = number
    while not done.is_set():
        client(visit)
        visit += clients


threads = [threading.Thread(target=crowd, args=(k,)) for k in range(clients)]
for thread in threads:
    thread.start()
moments = random.Random(1)
for _ in range(kills):
    time.sleep(moments.uniform(0.5, 1.5))
    server.send_signal(signal.SIGKILL)
    server.wait()
    server, port = serve(port)
time.sleep(1)
done.set()
for thread in threads:
    thread.join()
assert server.poll() is None
assert ask("GET", "/")[0] == 200

# Every answer that was confirmed is on disk, once, in order.
on_disk = {}
for path in glob.glob(study + "/answers/*.jsonl"):
    head, *lines = [json.loads(line) for line in open(path)]
    answers = [l for l in lines if "trial" in l]
    assert [l["trial"] for l in answers] == list(range(1, len(answers) + 1)), path
    for l in answers:
        on_disk[head["token"], l["trial"]] = l["nonce"]
        # Showings are those that the server counted, whatever the client claims; no answer is earlier than the exposure.
        assert l["showings"] == sum(s.get("shown") == l["trial"] for s in lines[:lines.index(l)]) >= 1, l
        assert l.get("elapsed", 100) >= 100, l
assert len(stored) >= 10, len(stored)
for place, nonce in stored.items():
    assert on_disk[place] == nonce, place
server.send_signal(signal.SIGTERM)
assert server.wait(timeout=30) == 0
# Names and answers of raters are not readable by others.
assert all(os.stat(path).st_mode & 0o077 == 0 for path in glob.glob(study + "/answers/*.jsonl"))
