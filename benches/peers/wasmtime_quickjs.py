"""QuickJS as a Wasm component, pre-initialised, in Wasmtime: a fresh instance for each job. Speaks as protocol.mjs says.

Argument: the component that componentize-qjs made of wasmtime_quickjs.js. Going through Python is part of each time.
"""

import json
import sys
import time
from importlib.metadata import version

import wasmtime
from wasmtime import component

WARM_UP = 20
LIMIT_BYTES = 128 << 20

config = wasmtime.Config()
config.wasm_component_model = True
# What it takes to be able to stop a script by time.
config.epoch_interruption = True
engine = wasmtime.Engine(config)
compiled = component.Component.from_file(engine, sys.argv[1])
linker = component.Linker(engine)
linker.add_wasip2()


class Sandbox:
    def __init__(self):
        self.store = wasmtime.Store(engine)
        self.store.set_limits(memory_size=LIMIT_BYTES)
        self.store.set_epoch_deadline(10**9)
        self.store.set_wasi(wasmtime.WasiConfig())
        self.instance = linker.instantiate(self.store, compiled)

    def call(self, name, *arguments):
        function = self.instance.get_func(self.store, name)
        return function(self.store, *arguments)

    def run(self, scripts, name, text):
        if name == "eval":
            return self.call("evaluate", scripts["eval"])
        return self.call("run", scripts["job"], text)


def resident_kib():
    with open("/proc/self/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))


scripts = text = None
warm = set()
kept = []


def prepare(request):
    global scripts, text
    scripts, text = request["scripts"], request["input"]
    return {"ready": f"componentize-qjs in wasmtime {version('wasmtime')}, Python {sys.version.split()[0]}"}


def fresh(name):
    sandbox = Sandbox()
    value = sandbox.run(scripts, name, text)
    sandbox.store.close()
    return value


def times(request):
    name = request["case"]
    if name not in warm:
        for _ in range(WARM_UP):
            fresh(name)
        warm.add(name)
    us, value = [], None
    end = time.perf_counter() + request["ms"] / 1000
    while time.perf_counter() < end:
        start = time.perf_counter()
        value = fresh(name)
        us.append((time.perf_counter() - start) * 1e6)
    return {"us": us, "value": value}


def density(request):
    def keep():
        kept.append(Sandbox())
        kept[-1].run(scripts, "job", text)

    keep()
    before = resident_kib()
    for _ in range(request["count"]):
        keep()
    return {"kib": (resident_kib() - before) / request["count"]}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"prepare": prepare, "time": times, "density": density}[request["op"]](request)
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
