"""What checkov says about charts as Helm prints them and about Terraform: nothing but what the list of skips has, each of which must still be needed. Then
mutants, each of which the check that is for it must see.

Usage: scan_check.py FOLDER SKIPS  (FOLDER: charts/*.yaml as printed, terraform/**/*.tf.json)
"""

import copy
import json
import os
import re
import subprocess
import sys

import yaml

work, skips_path = sys.argv[1:]
# Fewer objects than this, and something was not read.
LEAST = {"kubernetes": 200, "terraform_json": 140}


def checkov(folder):
    """Failed checks and passed ones, by framework."""
    command = [os.path.join(os.path.dirname(sys.executable), "checkov"), "--directory", folder, "--framework", *LEAST]
    run = subprocess.run([*command, "--skip-download", "--soft-fail", "--output", "json"], capture_output=True, text=True)
    try:
        answers = {answer["check_type"]: answer for answer in json.loads(run.stdout)}
    except (json.JSONDecodeError, TypeError):
        sys.exit(f"checkov gives no answer:\n{run.stdout}{run.stderr}")
    if set(answers) != set(LEAST) or any(answer["summary"]["parsing_errors"] for answer in answers.values()):
        sys.exit(f"checkov cannot read everything:\n{run.stderr}")
    return {name: (answer["results"]["failed_checks"], answer["results"]["passed_checks"]) for name, answer in answers.items()}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


# Helm puts objects where --namespace says, and they do not say it themselves.
def placed(object):
    object["metadata"].setdefault("namespace", "jobs")
    return object


objects = {}
for name in sorted(os.listdir(f"{work}/charts")):
    with open(f"{work}/charts/{name}") as file:
        printed = [placed(object) for object in yaml.safe_load_all(file) if object]
    write(f"{work}/base/charts/{name}", yaml.safe_dump_all(printed))
    for object in printed:
        objects.setdefault((object["kind"], object["metadata"]["name"]), object)
resources = {}
for folder, _, names in os.walk(f"{work}/terraform"):
    target = f"{work}/base/{os.path.relpath(folder, work)}"
    for name in names:
        with open(f"{folder}/{name}") as file:
            whole = json.load(file)
        for kind, members in whole.get("resource", {}).items():
            for member, block in members.items():
                resources[kind, member] = block
        # Its reader stops at this block, in which there is nothing to see.
        whole.pop("terraform", None)
        write(f"{target}/{name}", json.dumps(whole, indent=2))

with open(skips_path) as file:
    skips = yaml.safe_load(file)
for skip in skips:
    if set(skip) != {"check", "of", "because"} or len(skip["because"]) < 20:
        sys.exit(f"{skips_path}: {skip}: must have check, of, because, and a reason")


def skip_of(check, resource):
    return next((skip for skip in skips if skip["check"] == check and re.search(skip["of"], resource)), None)


problems, used = 0, []
for framework, (failed, passed) in checkov(f"{work}/base").items():
    count = len({(record["file_path"], record["resource"]) for record in failed + passed})
    if count < LEAST[framework]:
        sys.exit(f"{framework}: checkov looked at {count} objects only")
    found = set()
    for record in failed:
        skip = skip_of(record["check_id"], record["resource"])
        if skip:
            used.append(skip)
        else:
            found.add(f"{record['check_id']} {record['resource']} in {record['file_path']}: {record['check_name']}")
    for line in sorted(found):
        print(f"!! FAILED: {line}")
    problems += len(found)
    print(f"{framework}: {count} objects, {len(passed)} checks passed, {len(failed) - len(found)} failed that are skipped, {len(found)} failed")
for skip in skips:
    if skip not in used:
        print(f"!! FAILED: {skips_path}: {skip['check']} of {skip['of']} finds nothing any more; take it away")
        problems += 1
print(f"{len(skips)} skips, each with its reason")


def pod(object):
    return object["spec"] if object["kind"] == "Pod" else object["spec"]["template"]["spec"]


def main(object):
    return pod(object)["containers"][0]


WORKER, MANAGER, SMOKE = ("Deployment", "ampoule-worker"), ("StatefulSet", "ampoule-manager"), ("Pod", "ampoule-smoke")
SCRIPTS = ("Deployment", "dtplatform-scriptworker")
# What is changed, how, and the check that must see it.
OBJECTS = [
    (WORKER, lambda one: main(one)["securityContext"].update(allowPrivilegeEscalation=True), "CKV_K8S_20"),
    (WORKER, lambda one: main(one)["securityContext"].update(privileged=True), "CKV_K8S_16"),
    (WORKER, lambda one: pod(one)["securityContext"].update(runAsUser=0, runAsNonRoot=False), "CKV_K8S_23"),
    (SCRIPTS, lambda one: pod(one)["securityContext"].update(runAsUser=0), "CKV_K8S_40"),
    (WORKER, lambda one: main(one)["resources"].pop("limits"), "CKV_K8S_13"),
    (MANAGER, lambda one: main(one)["resources"]["requests"].pop("memory"), "CKV_K8S_12"),
    (MANAGER, lambda one: main(one)["resources"]["requests"].pop("cpu"), "CKV_K8S_10"),
    (WORKER, lambda one: main(one)["securityContext"].update(readOnlyRootFilesystem=False), "CKV_K8S_22"),
    (WORKER, lambda one: pod(one).update(hostNetwork=True), "CKV_K8S_19"),
    (WORKER, lambda one: pod(one).update(hostPID=True), "CKV_K8S_17"),
    (WORKER, lambda one: pod(one).update(hostIPC=True), "CKV_K8S_18"),
    (WORKER, lambda one: pod(one).update(automountServiceAccountToken=True), "CKV_K8S_38"),
    (SCRIPTS, lambda one: main(one)["securityContext"].pop("capabilities"), "CKV_K8S_28"),
    (WORKER, lambda one: main(one)["securityContext"]["capabilities"].update(add=["SYS_ADMIN"]), "CKV_K8S_39"),
    (WORKER, lambda one: pod(one)["securityContext"].pop("seccompProfile"), "CKV_K8S_31"),
    (WORKER, lambda one: main(one).update(image="ampoule:latest"), "CKV_K8S_14"),
    (WORKER, lambda one: pod(one)["volumes"].append({"name": "docker", "hostPath": {"path": "/var/run/docker.sock"}}), "CKV_K8S_27"),
    (MANAGER, lambda one: main(one)["ports"][0].update(hostPort=8080), "CKV_K8S_26"),
    (MANAGER, lambda one: main(one).pop("livenessProbe"), "CKV_K8S_8"),
    (MANAGER, lambda one: main(one).pop("readinessProbe"), "CKV_K8S_9"),
    (MANAGER, lambda one: one["metadata"].update(namespace="default"), "CKV_K8S_21"),
    # No policy is among the mutants, so that the unchanged pod is one without.
    (SMOKE, lambda one: one["metadata"]["labels"].update(mutant="true"), "CKV2_K8S_6"),
]


def widened(one, **members):
    policy = json.loads(one["policy"])
    policy["Statement"][0].update(members)
    one["policy"] = json.dumps(policy)


def trusted(one):
    trust = json.loads(one["assume_role_policy"])
    trust["Statement"][0]["Principal"] = {"AWS": "*"}
    one["assume_role_policy"] = json.dumps(trust)


def ssh(one):
    one.update(direction="INGRESS", protocol="6", source="0.0.0.0/0", tcp_options=[{"destination_port_range": [{"min": 22, "max": 22}]}])


BLOCK = ("aws_s3_bucket_public_access_block", "filesvc")
RESOURCES = [
    (BLOCK, lambda one: one.update(block_public_acls=False), "CKV_AWS_53"),
    (BLOCK, lambda one: one.update(block_public_policy=False), "CKV_AWS_54"),
    (BLOCK, lambda one: one.update(ignore_public_acls=False), "CKV_AWS_55"),
    (BLOCK, lambda one: one.update(restrict_public_buckets=False), "CKV_AWS_56"),
    (("aws_s3_bucket", "filesvc"), lambda one: one.update(acl="public-read"), "CKV_AWS_20"),
    (("aws_s3_bucket", "filesvc"), lambda one: one.update(acl="public-read-write"), "CKV_AWS_57"),
    # Alone, it has no block of public access.
    (("aws_s3_bucket", "filesvc"), lambda one: one.update(bucket_prefix="mutant"), "CKV2_AWS_6"),
    (("aws_iam_policy", "kafka"), lambda one: widened(one, Action=["*"], Resource="*"), "CKV_AWS_62"),
    (("aws_iam_policy", "kafka"), lambda one: widened(one, Action=["*"]), "CKV_AWS_63"),
    (("aws_iam_role", "aisvc"), trusted, "CKV_AWS_60"),
    (("aws_vpc_security_group_ingress_rule", None), lambda one: one.update(from_port=22, to_port=22, cidr_ipv4="0.0.0.0/0"), "CKV_AWS_24"),
    (("aws_vpc_security_group_ingress_rule", None), lambda one: one.update(from_port=3389, to_port=3389, cidr_ipv4="0.0.0.0/0"), "CKV_AWS_25"),
    (("oci_core_network_security_group_security_rule", None), ssh, "CKV_OCI_22"),
]


def first(kind, name):
    return next(block for (other, member), block in resources.items() if other == kind and name in (None, member))


wanted = []
for number, (key, change, check) in enumerate(OBJECTS):
    mutant = copy.deepcopy(objects[key])
    change(mutant)
    if mutant == objects[key]:
        sys.exit(f"the mutant for {check} is none")
    wanted.append((f"/{number}.yaml", check))
    write(f"{work}/mutants/{number}.yaml", yaml.safe_dump(mutant))
for number, ((kind, name), change, check) in enumerate(RESOURCES):
    mutant = copy.deepcopy(first(kind, name))
    change(mutant)
    if mutant == first(kind, name):
        sys.exit(f"the mutant for {check} is none")
    wanted.append((f"/{number}.tf.json", check))
    write(f"{work}/mutants/{number}.tf.json", json.dumps({"resource": {kind: {f"mutant{number}": mutant}}}, indent=2))
told = {(record["file_path"], record["check_id"]) for failed, _ in checkov(f"{work}/mutants").values() for record in failed}
seen = 0
for at in wanted:
    if at in told:
        seen += 1
    else:
        print(f"!! NOT SEEN: {at[1]} in mutant {at[0]}: {sorted(check for path, check in told if path == at[0])}")
print(f"{seen} of {len(wanted)} mutants seen")
sys.exit(problems > 0 or seen < len(wanted))
