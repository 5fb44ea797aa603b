"""`ampoule platform preflight` with the real kubectl, asking an imitation of an API server: each question is answered in turn as a place that fits would,
and as one that does not.

Usage: preflight_check.py AMPOULE (needs kubectl on the path)
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

[ampoule] = sys.argv[1:]
MANIFEST = "charts/platforms/ampoule.yaml"


def resource(name, kind, namespaced):
    return {"name": name, "singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"]}


def group(name, version):
    one = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [one], "preferredVersion": one}


def resources(version, *all):
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": list(all)}


def listed(kind, version, items):
    return {"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": "1"}, "items": items}


def workload(kind, release):
    metadata = {"name": "ampoule-manager", "namespace": "ampoule", "annotations": {"meta.helm.sh/release-name": release}}
    return {"kind": kind, "apiVersion": "apps/v1", "metadata": metadata}


def place():
    """Answers of a place that fits, by path."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    classes = [{"kind": "StorageClass", "apiVersion": "storage.k8s.io/v1", "metadata": {"name": "fast", "annotations": default}, "provisioner": "x"}]
    secret = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}}
    answers = {
        "/version": {"major": "1", "minor": "31", "gitVersion": "v1.31.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/api/v1": resources("v1", resource("secrets", "Secret", True)),
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group("apps", "v1"), group("storage.k8s.io", "v1")]},
        "/apis/apps/v1": resources("apps/v1", resource("deployments", "Deployment", True), resource("statefulsets", "StatefulSet", True)),
        "/apis/storage.k8s.io/v1": resources("storage.k8s.io/v1", resource("storageclasses", "StorageClass", False)),
        "/apis/storage.k8s.io/v1/storageclasses": listed("StorageClass", "storage.k8s.io/v1", classes),
        "/apis/apps/v1/namespaces/ampoule/deployments": listed("Deployment", "apps/v1", [workload("Deployment", "ampoule")]),
        "/apis/apps/v1/namespaces/ampoule/statefulsets": listed("StatefulSet", "apps/v1", []),
    }
    for served in ("keda.sh/v1alpha1", "monitoring.coreos.com/v1", "projectcalico.org/v3"):
        answers[f"/apis/{served}"] = resources(served)
    for name in ("ampoule-keys", "ampoule-database"):
        answers[f"/api/v1/namespaces/ampoule/secrets/{name}"] = secret
    return answers


answers = place()


class Imitation(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        answer = answers.get(path)
        code = 200 if answer is not None else 404
        if answer is None:
            answer = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
                      "message": f"the server could not find the requested resource: {path}"}
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Imitation)
threading.Thread(target=server.serve_forever, daemon=True).start()
home = pathlib.Path(tempfile.mkdtemp())
config = {"apiVersion": "v1", "kind": "Config", "current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
          "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}], "users": [{"name": "x", "user": {}}]}
(home / "config").write_text(json.dumps(config))


def asked():
    """Verdicts by name. What is asked of DNS and TLS is not about a cluster."""
    command = [ampoule, "platform", "preflight", MANIFEST, "--profile", "fleet", "--timeout", "60s", "--json"]
    # Discovery is kept in the home folder: each place has its own.
    env = {"PATH": os.environ["PATH"], "HOME": tempfile.mkdtemp(dir=home), "KUBECONFIG": str(home / "config")}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    probes = json.loads(done.stdout)["probes"]
    return {probe["id"]: (probe["result"], probe.get("detail", "")) for probe in probes}, done.returncode


verdicts, code = asked()
assert all(result == "passed" for result, _ in verdicts.values()) and code == 0, verdicts
wanted = {"version", "storage", "keda", "monitors", "calico", "secret.ampoule-keys", "secret.ampoule-database", "alone"}
assert set(verdicts) == {f"kubernetes.{name}" for name in wanted}, verdicts

CHANGES = {
    "version": ("/version", {"major": "1", "minor": "29"}),
    "storage": ("/apis/storage.k8s.io/v1/storageclasses", listed("StorageClass", "storage.k8s.io/v1", [])),
    "keda": ("/apis/keda.sh/v1alpha1", None),
    "monitors": ("/apis/monitoring.coreos.com/v1", None),
    "calico": ("/apis/projectcalico.org/v3", None),
    "secret.ampoule-database": ("/api/v1/namespaces/ampoule/secrets/ampoule-database", None),
    "alone": ("/apis/apps/v1/namespaces/ampoule/statefulsets", listed("StatefulSet", "apps/v1", [workload("StatefulSet", "another")])),
}
for name, (path, answer) in CHANGES.items():
    answers = place()
    if answer is None:
        del answers[path]
    else:
        answers[path] = answer
    verdicts, code = asked()
    failed = {one for one, (result, _) in verdicts.items() if result == "failed"}
    assert failed == {f"kubernetes.{name}"} and code == 2, (name, verdicts)
server.shutdown()
verdicts, code = asked()
assert all(result != "passed" for result, _ in verdicts.values()) and code == 2, verdicts
print(f"preflight by kubectl: {len(wanted)} probes pass at a place that fits, {len(CHANGES)} of {len(CHANGES)} that do not are told, and so is silence")
