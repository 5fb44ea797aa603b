"""The scaling loop of Ampoule's chart, with everything real but Kubernetes: a manager, Prometheus that scrapes it, the query of the rendered adapter rule,
the HPA's algorithm on the rendered HPA object, and workers that are started and stopped by it, on a burst of jobs. None may be lost.

Time runs fifteen times faster than in a cluster: the HPA looks each second instead of each fifteen, and every duration of the objects is divided likewise.
Usage: scaling_loop.py AMPOULE HELM OUT.svg (needs prometheus on the path, and PyYAML)
"""

import concurrent.futures
import datetime
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import yaml

ampoule, helm, picture = sys.argv[1:]
golden = "charts/golden/ampoule"
chart = golden + "/charts/ampoule"
NAMESPACE = "jobs"
FASTER = 15
# Kubernetes' defaults, in seconds of a cluster: how often the HPA looks, its tolerance, and how fast it may grow.
SYNC, TOLERANCE, GROWTH_PERIOD, GROWTH_PODS, GROWTH_SHARE = 15, 0.1, 15, 4, 1.0
# Two bursts: the second finds a fleet that has shrunk.
BURSTS, JOBS = 2, 150
# Jobs mostly wait, so that a small machine has a fleet's behaviour. Two slots are ten jobs a second.
SCRIPT = "export default async (n) => { await new Promise((done) => setTimeout(done, 200)); return n * 2; }"
# No run of this takes so long, even on a busy machine.
PATIENCE = 240


def rendered(template, **values):
    arguments = [helm, "template", "release", chart, "--namespace", NAMESPACE, "--kube-version", "1.34.0", "--show-only", "templates/" + template]
    for path, value in values.items():
        arguments += ["--set", path.replace("__", ".") + "=" + str(value)]
    return yaml.safe_load(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)


KNOBS = dict(
    worker__scaling__by="hpa",
    worker__scaling__max=4,
    worker__scaling__perReplica=20,
    worker__scaling__scaleDownSeconds=60,
    monitoring__serviceMonitor="true",
)
hpa = rendered("worker/hpa.yaml", **KNOBS)["spec"]
monitor = rendered("monitoring/ampoule-manager.yaml", **KNOBS)["spec"]
service = rendered("manager/service.yaml")
with open(golden + "/monitoring/prometheus-adapter.values.yaml") as file:
    rule = yaml.safe_load(file)["rules"]["external"][0]

# What belongs together does so by name alone: the monitor finds the service, the metric is the rule's.
assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
endpoint = monitor["endpoints"][0]
assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
external = hpa["metrics"][0]["external"]
metric = external["metric"]["name"]
assert re.search(r'__name__=~"(\w+)"', rule["seriesQuery"])[1] == metric
matchers = {"namespace": NAMESPACE, **external["metric"]["selector"]["matchLabels"]}
query = rule["metricsQuery"].replace("<<.Series>>", metric).replace("<<.LabelMatchers>>", ",".join(f'{name}="{value}"' for name, value in matchers.items()))
target, least, most = float(external["target"]["averageValue"]), hpa["minReplicas"], hpa["maxReplicas"]
window = hpa["behavior"]["scaleDown"]["stabilizationWindowSeconds"] / FASTER


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


processes = []


def start(*arguments, log):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AMPOULE_")}
    process = subprocess.Popen(arguments, stdout=open(log, "ab"), stderr=subprocess.STDOUT, env=clean)
    processes.append(process)
    return process


def until(what, test):
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        try:
            found = test()
            if found:
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"!! FAILED: no {what} within {PATIENCE} s")


def measured():
    answer = get(f"{prometheus}/api/v1/query?query={urllib.parse.quote(query)}")["data"]["result"]
    assert len(answer) <= 1, f"{len(answer)} values of one metric: {answer}"
    return float(answer[0]["value"][1]) if answer else None


def wanted(current, usage, history, now):
    """The HPA's decision: replicas for an external metric with an average value, then what its behaviour allows."""
    replicas = current
    if abs(1 - usage / (target * current)) > TOLERANCE:
        replicas = math.ceil(usage / target)
    # How far it may grow is told by how many there were a period ago.
    recent = [count for then, count, _ in history if now - then <= GROWTH_PERIOD / FASTER] or [current]
    ceiling = max(recent[0] + GROWTH_PODS, recent[0] + math.ceil(recent[0] * GROWTH_SHARE))
    replicas = max(least, min(most, replicas, ceiling))
    # What was wanted within the window keeps the fleet from shrinking.
    kept = [want for then, _, want in history if now - then <= window]
    return max([replicas] + [want for want in kept if want <= current]) if replicas < current else replicas, replicas


folder = tempfile.mkdtemp(prefix="scaling-")
ports = free_port(), free_port()
manager, prometheus = (f"http://127.0.0.1:{port}" for port in ports)
samples, history, workers, ids, failed = [], [], [], [], None
try:
    start(ampoule, "manager", "--listen", f"127.0.0.1:{ports[0]}", "--store", f"sqlite:{folder}/store", log=folder + "/manager.log")
    scrape = {
        "job_name": "manager",
        "metrics_path": endpoint["path"],
        "static_configs": [{"targets": [f"127.0.0.1:{ports[0]}"], "labels": {"namespace": NAMESPACE, "service": service["metadata"]["name"], "pod": "manager-0"}}],
    }
    every = f"{int(endpoint['interval'].removesuffix('s')) * 1000 // FASTER}ms"
    with open(folder + "/prometheus.yaml", "w") as file:
        yaml.safe_dump({"global": {"scrape_interval": every, "scrape_timeout": every}, "scrape_configs": [scrape]}, file)
    start(
        "prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{ports[1]}",
        log=folder + "/prometheus.log",
    )
    until("manager", lambda: urllib.request.urlopen(manager + "/readyz", timeout=5).status == 200)
    until("figure in Prometheus", lambda: measured() is not None)

    def worker():
        return start(ampoule, "worker", "--manager", manager, "--slots", "2", "--drain", "5s", log=f"{folder}/worker.log")

    def submit(number):
        body = json.dumps({"script": {"source": SCRIPT}, "input": number}).encode()
        request = urllib.request.Request(manager + "/v1/jobs", body, {"content-type": "application/json", "idempotency-key": f"job-{number}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return number, json.load(answer)["id"]

    workers = [worker() for _ in range(least)]
    stopped, began, bursts, peak = [], time.monotonic(), 0, 0
    epoch = time.time()
    while True:
        now = time.monotonic() - began
        if bursts < BURSTS and (bursts == 0 or quiet):
            numbers = range(bursts * JOBS, (bursts + 1) * JOBS)
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                ids += pool.map(submit, numbers)
            bursts += 1
            seen = False
        usage = measured()
        # Prometheus tells of a burst a scrape later: until then it is as quiet as before.
        seen = seen or bool(usage)
        if usage is not None:
            want, raw = wanted(len(workers), usage, history, now)
            history.append((now, len(workers), raw))
            while len(workers) < want:
                workers.append(worker())
            while len(workers) > want:
                # As Kubernetes does: SIGTERM, and the youngest first.
                stopped.append(workers.pop())
                stopped[-1].send_signal(signal.SIGTERM)
        samples.append((now, usage or 0.0, len(workers)))
        peak = max(peak, len(workers))
        quiet = seen and usage == 0 and len(workers) == least
        if bursts == BURSTS and quiet:
            break
        if now > PATIENCE:
            raise SystemExit(f"!! FAILED: still {usage} jobs and {len(workers)} workers after {PATIENCE} s")
        time.sleep(max(0.0, SYNC / FASTER - (time.monotonic() - began - now)))

    def finished(job):
        number, id = job
        view = until("end of a job", lambda: (lambda seen: seen if "finished_at" in seen else None)(get(f"{manager}/v1/jobs/{id}")))
        return number, view

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        views = list(pool.map(finished, ids))
    lost = [(number, view) for number, view in views if view["state"] != "succeeded" or view["outcome"].get("value") != number * 2]
    if lost or len({view["id"] for _, view in views}) != BURSTS * JOBS:
        failed = f"{len(lost)} of {len(views)} jobs have no result: {lost[:2]}"
    again = sum(view["attempt"] > 1 for _, view in views)
    for process in stopped:
        if process.wait(30) != 0:
            failed = f"a worker that was stopped ended with {process.returncode}"
    if not (peak == most and len(stopped) >= (most - least) * BURSTS):
        failed = failed or f"the fleet did not follow: at most {peak} of {most} workers, {len(stopped)} stopped"
finally:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
if failed:
    raise SystemExit(f"!! FAILED: {failed} (logs in {folder})")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - epoch


waits = [(seconds(view["created_at"]), seconds(view["started_at"]) - seconds(view["created_at"])) for _, view in views]


def plot():
    width, height, left = 760, 150, 60
    end = samples[-1][0]
    across = lambda moment: left + max(0.0, moment) / end * (width - left - 10)
    out = []

    def panel(row, title, top, unit):
        y0 = row * (height + 40) + 30
        out.append(f'<text x="{left}" y="{y0 - 8}" font-weight="bold">{title}</text>')
        for share in (0, 0.5, 1):
            y = y0 + height * (1 - share)
            out.append(f'<path d="M{left} {y:.1f}H{width - 10}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{top * share:g}{unit}</text>')
        return lambda value: y0 + height * (1 - value / top)

    up = panel(0, "jobs waiting to start, as Prometheus tells the HPA", max(depth for _, depth, _ in samples) or 1, "")
    out.append('<path fill="none" stroke="#2456a6" stroke-width="1.5" d="M' + "L".join(f"{across(t):.1f} {up(depth):.1f}" for t, depth, _ in samples) + '"/>')
    up = panel(1, f"workers ({least} to {most}, one for {target:g} waiting jobs)", most, "")
    steps = [f"M{across(0):.1f} {up(samples[0][2]):.1f}"] + [f"H{across(t):.1f}V{up(count):.1f}" for t, _, count in samples]
    out.append(f'<path fill="none" stroke="#b00020" stroke-width="1.5" d="{"".join(steps)}"/>')
    longest = max(wait for _, wait in waits)
    up = panel(2, "waiting time of each job, by the time of its submission", math.ceil(longest), " s")
    out += [f'<circle cx="{across(t):.1f}" cy="{up(max(0, wait)):.1f}" r="1.8" fill="#2b7a2b" fill-opacity=".5"/>' for t, wait in waits]
    tall = 3 * (height + 40) + 30
    out.append(f'<text x="{left}" y="{tall - 14}">0 s</text><text x="{width - 10}" y="{tall - 14}" text-anchor="end">{end:.0f} s</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {tall}" width="{width}" height="{tall}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(out)}</svg>\n'
    )


with open(picture, "w") as file:
    file.write(plot())
ordered = sorted(wait for _, wait in waits)
print(f"query: {query}")
print(f"{len(views)} jobs in {BURSTS} bursts, none lost, {again} ran more than once; workers {least} to {peak}, {len(stopped)} stopped")
print(f"waiting time: half {ordered[len(ordered) // 2]:.2f} s, 99 in 100 {ordered[len(ordered) * 99 // 100]:.2f} s, longest {ordered[-1]:.2f} s; {samples[-1][0]:.0f} s in all")
print(f"drawn: {picture}")
