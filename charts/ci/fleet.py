"""Ampoule's chart with values-fleet.yaml, with everything real but Kubernetes: the commands, arguments and variables of the rendered objects, and nothing
else of an environment, start managers on a PostgreSQL server, and a worker; the pod of `helm test` runs its job. Then the rendered backup and restore.

Usage: fleet.py AMPOULE HELM (needs PostgreSQL's programs on the path, and PyYAML)
"""

import base64
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import yaml

ampoule, helm = sys.argv[1:]
golden = pathlib.Path("charts/golden/ampoule").resolve()
chart = golden / "charts/ampoule"
SECRETS = "/var/run/secrets/ampoule"
PATIENCE = 90


def rendered(*also):
    arguments = [helm, "template", "release", chart, "--namespace", "jobs", "--kube-version", "1.34.0", "--values", chart / "values-fleet.yaml", *also]
    printed = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(printed) if one}


objects = rendered()
work = pathlib.Path(tempfile.mkdtemp())
work.chmod(0o755)
running = []


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def until(what, question):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            answer = question()
            if answer:
                return answer
        except (OSError, urllib.error.URLError):
            pass
        for process in running:
            if process.poll() is not None:
                sys.exit(f"{process.args} ended: {(work / f'log{process.number}').read_text()}")
        time.sleep(0.1)
    sys.exit(f"{what} did not come")


def get(url, key=None):
    headers = {"authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return answer.read()


def start(container, replacements, command=None):
    """A container as the kubelet would start it, but for addresses, and for where its Secrets are mounted."""
    env = {}
    for variable in container["env"]:
        value = variable.get("value")
        if value is None:
            reference = variable["valueFrom"]["secretKeyRef"]
            value = (work / "secrets" / reference["name"] / reference["key"]).read_text()
        for old, new in replacements.items():
            value = value.replace(old, new)
        env[variable["name"]] = value
    name, *arguments = container["command"]
    assert name == "ampoule", name
    for old, new in replacements.items():
        arguments = [argument.replace(old, new) for argument in arguments]
    number = len(running)
    if command == "run":
        return subprocess.run([ampoule, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE)
    with open(work / f"log{number}", "w") as log:
        process = subprocess.Popen([ampoule, *arguments], env=env, stdout=log, stderr=log)
    process.number = number
    running.append(process)
    return process


def container(kind, name, objects=objects):
    pod = objects[kind, name]
    [one] = (pod["spec"] if kind == "Pod" else pod["spec"]["template"]["spec"])["containers"]
    return one


def listening(process):
    """Ports on which a process listens."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        target = os.readlink(link)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in pathlib.Path(f"/proc/{process.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            # 0A: it listens. UDP knows no such state: any unconnected socket of it would do.
            if fields[9] in inodes and (fields[3] == "0A" or table.startswith("udp")):
                ports.append(int(fields[1].split(":")[1], 16))
    return ports


def database():
    """A server of our own, on loopback; as somebody who is not root, whom it refuses."""
    port, data = free_port(), work / "database"
    data.mkdir()
    user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    if user:
        os.chown(data, user.pw_uid, user.pw_gid)
    aside = {"user": user.pw_uid, "group": user.pw_gid} if user else {}
    subprocess.run(["initdb", "--auth", "trust", "--username", "ampoule", "--no-sync", data], check=True, capture_output=True, **aside)
    with open(work / "database.log", "w") as log:
        server = subprocess.Popen(["postgres", "-D", data, "-p", str(port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                                  stdout=log, stderr=log, **aside)
    ready = ["pg_isready", "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    until("the database", lambda: subprocess.run(ready).returncode == 0)
    return server, f"postgres://ampoule:secret@127.0.0.1:{port}/postgres"


def main():
    url = database_url
    secrets = {"ampoule-keys": {name: base64.b16encode(os.urandom(16)).decode() for name in ("admin", "submit", "worker")}, "ampoule-database": {"url": url}}
    for name, keys in secrets.items():
        for key, value in keys.items():
            path = work / "secrets" / name / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(value)
    (work / "mounted").mkdir()
    (work / "mounted/scripts").mkdir()
    shutil.copytree(work / "secrets/ampoule-keys", work / "mounted/keys")

    # As many managers as the values say, and one of the workers.
    deployment = objects["Deployment", "ampoule-manager"]
    own = container("Deployment", "ampoule-manager")
    ports = [free_port() for _ in range(deployment["spec"]["replicas"])]
    assert len(ports) == 3
    for port in ports:
        start(own, {SECRETS: str(work / "mounted"), "0.0.0.0:8080": f"127.0.0.1:{port}"})
        for probe in ("livenessProbe", "readinessProbe"):
            path = own[probe]["httpGet"]["path"]
            until(f"{probe} of a manager", lambda: get(f"http://127.0.0.1:{port}{path}") is not None)
    [service] = [one for (kind, name), one in objects.items() if (kind, name) == ("Service", "ampoule-manager")]
    at = {SECRETS: str(work / "mounted"), f"http://ampoule-manager:{service['spec']['ports'][0]['port']}": f"http://127.0.0.1:{ports[0]}"}
    worker = start(container("Deployment", "ampoule-worker"), at)

    # The test pod, with its file.
    test = container("Pod", "ampoule-smoke")
    files = work / "files"
    files.mkdir()
    for mount in test["volumeMounts"]:
        (files / mount["subPath"]).write_text(objects["ConfigMap", "ampoule-smoke-files"]["data"][mount["subPath"]])
        at[mount["mountPath"]] = str(files / mount["subPath"])
    smoke = start(test, at, "run")
    assert smoke.returncode == 0 and "it works" in smoke.stdout and "hello from a sandbox" in smoke.stdout + smoke.stderr, smoke
    assert listening(worker) == [], f"a worker listens on {listening(worker)}"

    # Another one shows its metrics, where the PodMonitor looks for them; it listens there and nowhere else.
    scraped = rendered("--set", "worker.metrics=true")
    shown = container("Deployment", "ampoule-worker", scraped)
    [endpoint] = scraped["PodMonitor", "ampoule-worker"]["spec"]["podMetricsEndpoints"]
    [number] = [port["containerPort"] for port in shown["ports"] if port["name"] == endpoint["port"]]
    port = free_port()
    watched = start(shown, {**at, f"0.0.0.0:{number}": f"127.0.0.1:{port}"})
    until("the worker's metrics", lambda: b"\nscriptworker_slots 16\n" in get(f"http://127.0.0.1:{port}{endpoint['path']}"))
    assert listening(watched) == [port], f"a worker listens on {listening(watched)}"

    # The job is there at every manager, and every one tells the same queue.
    submit = secrets["ampoule-keys"]["submit"]
    seen = [json.loads(get(f"http://127.0.0.1:{port}/v1/jobs", submit)) for port in ports]
    [job] = {page["items"][0]["id"] for page in seen}
    for port in ports:
        assert b"\nscriptmanager_job_queue_size 0\n" in get(f"http://127.0.0.1:{port}/metrics")
    print(f"{len(ports)} managers on PostgreSQL and a worker that listens on no port ran the job of `helm test`: {job}; one with its metrics shows them")

    # Backup and restore, with a stand-in of kubectl that stops and starts the managers.
    fake = work / "bin"
    fake.mkdir()
    (fake / "kubectl").write_text(f'''#!/bin/sh
case "$*" in
    *"get pods"*|*statefulset*) case "$*" in *statefulset*) exit 1 ;; esac ;;
    *"get secret ampoule-database"*"jsonpath={{.data.url}}"*) printf %s '{base64.b64encode(url.encode()).decode()}' ;;
    *"jsonpath={{.data}}"*) printf '{{}}' ;;
    *spec.replicas*) printf 3 ;;
    *"scale deployment/ampoule-manager --replicas"*) echo "$*" >>{work}/scaled ;;
esac
''')
    (fake / "kubectl").chmod(0o755)

    def procedure(name, typed=""):
        env = {**os.environ, "PATH": f"{fake}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", golden / f"runbook/{name}.sh", work / "backup"], env=env, input=typed, capture_output=True, text=True)
        assert done.returncode == 0, done
        return done

    procedure("backup")
    for process in running:
        process.terminate()
    for process in running:
        process.wait(30)
    running.clear()
    subprocess.run(["psql", "--quiet", "--dbname", url, "--command", "DROP SCHEMA ampoule CASCADE"], check=True, capture_output=True)
    procedure("restore", "ampoule\n")
    [port, *_] = ports
    start(own, {SECRETS: str(work / "mounted"), "0.0.0.0:8080": f"127.0.0.1:{port}"})
    until("a manager", lambda: get(f"http://127.0.0.1:{port}/readyz") is not None)
    view = json.loads(get(f"http://127.0.0.1:{port}/v1/jobs/{job}", submit))
    assert view["state"] == "succeeded" and view["outcome"]["value"] == "it works", view
    scaled = (work / "scaled").read_text().split("\n")
    assert [line.split()[-1] for line in scaled if line] == ["0", "3", "0", "3"], scaled
    print("its job is there again after backup, loss of the schema and restore, with managers stopped for both")


server, database_url = database()
try:
    main()
finally:
    for process in [*running, server]:
        process.terminate()
    for process in [*running, server]:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    shutil.rmtree(work, ignore_errors=True)
