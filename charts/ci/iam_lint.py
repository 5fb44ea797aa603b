"""The rendered policies and the trust of the roles, by cfn-lint: as resources of a CloudFormation template, which nobody deploys. Then mutants, each of
which the rule that is for it must see.

Usage: iam_lint.py CFN_LINT IAM_FOLDER
"""

import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

cfn_lint, folder = sys.argv[1:]


def read(path):
    with open(path) as file:
        return json.load(file)


policies = {os.path.basename(path)[:-5]: read(path) for path in sorted(glob.glob(f"{folder}/policies/*.json"))}
trust = read(f"{folder}/" + read(f"{folder}/roles.json")["trust"])


def policy(document):
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}


def role(document):
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}


def lint(resources):
    """What is said, by resource."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, file)
        file.flush()
        run = subprocess.run([cfn_lint, "--format", "json", "--include-checks", "I", "W", "--template", file.name], capture_output=True, text=True)
    try:
        answer = json.loads(run.stdout)
    except json.JSONDecodeError:
        sys.exit(f"cfn-lint gives no answer:\n{run.stdout}{run.stderr}")
    told = {}
    for match in answer:
        path = match["Location"]["Path"]
        told.setdefault(path[1] if len(path) > 1 else "template", []).append((match["Rule"]["Id"], match["Message"]))
    return told


told = lint({**{f"Policy{number}": policy(document) for number, document in enumerate(policies.values())}, "Role": role(trust)})
for resource, messages in told.items():
    print(f"!! FAILED: {resource}: {messages}")


def of_policy(number, **members):
    def change(document):
        document["Statement"][number].update(members)
    return policy, policies["kafka"], change


def of_trust(**members):
    def change(document):
        document["Statement"][0].update(members)
    return role, trust, change


MUTANTS = [
    (of_policy(0, Effect="allow"), "E3510"),
    (of_policy(0, Principal={"AWS": "*"}), "E3510"),
    (of_policy(1, Resources="*"), "E3510"),
    (of_policy(1, Sid="Objects of it"), "E3510"),
    ((policy, policies["kafka"], lambda document: document.update(Version="2012-10-18")), "E3510"),
    ((policy, policies["kafka"], lambda document: document["Statement"][0].pop("Resource")), "E3510"),
    ((policy, policies["kafka"], lambda document: document["Statement"][0].pop("Action")), "E3510"),
    (of_policy(1, Action=["s3:PutObjects"]), "W3037"),
    (of_policy(1, Resource="example-domain-twinit-kafka"), "E3510"),
    (of_trust(Effect="allow"), "E3530"),
    (of_trust(Resource="*"), "E3530"),
    ((role, trust, lambda document: document.update(Version="2012-10-18")), "E3530"),
    ((role, trust, lambda document: document["Statement"][0].pop("Principal")), "E3530"),
]
resources = {}
for number, ((kind, document, change), _) in enumerate(MUTANTS):
    mutant = copy.deepcopy(document)
    change(mutant)
    resources[f"Mutant{number}"] = kind(mutant)
found, seen = lint(resources), 0
for number, (_, rule) in enumerate(MUTANTS):
    messages = found.get(f"Mutant{number}", [])
    if rule in [id for id, _ in messages]:
        seen += 1
    else:
        print(f"!! NOT SEEN: mutant {number} by {rule}: {messages}")
print(f"cfn-lint: {len(policies)} policies and the trust policy, {seen} of {len(MUTANTS)} mutants seen")
sys.exit(bool(told) or not policies or seen < len(MUTANTS))
