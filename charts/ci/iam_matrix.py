"""The rendered access to buckets, tried on moto's S3 with IAM enforcement: each role on each bucket, then mutants that must be seen.

Twice: as the plain policies of cloud/aws/iam say, and as the Terraform of cloud/aws/terraform says, whose resources are created here in their order; and once
more as `terraform apply` makes them, where TERRAFORM_MIRROR names a folder with its provider.
Usage: iam_matrix.py RENDERED_FOLDER
"""

import copy
import glob
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

folder = sys.argv[1]
logging.getLogger("werkzeug").setLevel(logging.ERROR)
os.environ.update(AWS_ACCESS_KEY_ID="admin", AWS_SECRET_ACCESS_KEY="admin", AWS_DEFAULT_REGION="us-east-1")
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
endpoint = "http://127.0.0.1:%s" % server.get_host_and_port()[1]


def read(path):
    with open(os.path.join(folder, path)) as file:
        return json.load(file)


def client(service, **credentials):
    # Path style: names of buckets are no host names here. No retries: a refusal is an answer.
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0})
    return boto3.client(service, endpoint_url=endpoint, config=config, **credentials)


def post(path, body=b""):
    # As a form, the body would be taken apart.
    urllib.request.urlopen(urllib.request.Request(endpoint + path, body, {"Content-Type": "text/plain"}, method="POST")).read()


def enforce(on):
    # How many more calls are let through without a look at policies.
    post("/moto-api/reset-auth", b"0" if on else b"1000000")


def plain():
    """Buckets, policies, trust, and which role has which, from cloud/aws/iam."""
    roles = read("cloud/aws/iam/roles.json")
    policies = {os.path.basename(path)[:-5]: read(os.path.relpath(path, folder)) for path in glob.glob(folder + "/cloud/aws/iam/policies/*.json")}
    buckets = {name: policy["Statement"][0]["Resource"].removeprefix("arn:aws:s3:::") for name, policy in policies.items()}
    trust = read("cloud/aws/iam/" + roles["trust"])
    attached = [(role["service_account"], bucket) for role in roles["roles"] for bucket in role["policies"]]
    return {
        "buckets": buckets,
        "policies": policies,
        "roles": {role["service_account"]: trust for role in roles["roles"]},
        "attached": attached,
    }


def declared():
    resources = {}
    for path in glob.glob(folder + "/cloud/aws/terraform/*.tf.json"):
        for kind, members in read(os.path.relpath(path, folder)).get("resource", {}).items():
            resources.setdefault(kind, {}).update(members)
    return resources


def accounts_of(resources):
    """Service accounts by the role that their pods get."""
    associations = resources["aws_eks_pod_identity_association"].values()
    return {re.fullmatch(r"\$\{aws_iam_role\.([-\w]+)\.arn\}", one["role_arn"])[1]: one["service_account"] for one in associations}


def terraform():
    """The same from Terraform's resources: references are resolved as Terraform would."""
    resources = declared()
    names = read("cloud/aws/terraform/main.tf.json")["variable"]["bucket_names"]["default"]
    buckets = {}
    for name, bucket in resources["aws_s3_bucket"].items():
        variable = re.fullmatch(r'\$\{var\.bucket_names\["(.+)"\]\}', bucket["bucket"])[1]
        buckets[name] = names[variable]
    resolved = lambda text: re.sub(r"\$\{aws_s3_bucket\.([-\w]+)\.arn\}", lambda found: "arn:aws:s3:::" + buckets[found[1]], text)
    policies = {name: json.loads(resolved(policy["policy"])) for name, policy in resources["aws_iam_policy"].items()}
    roles = {name: json.loads(role["assume_role_policy"]) for name, role in resources["aws_iam_role"].items()}
    account_of = accounts_of(resources)
    attached = []
    for attachment in resources["aws_iam_role_policy_attachment"].values():
        role = re.fullmatch(r"\$\{aws_iam_role\.([-\w]+)\.name\}", attachment["role"])[1]
        policy = re.fullmatch(r"\$\{aws_iam_policy\.([-\w]+)\.arn\}", attachment["policy_arn"])[1]
        attached.append((account_of[role], policy))
    return {"buckets": buckets, "policies": policies, "roles": {account_of[name]: trust for name, trust in roles.items()}, "attached": attached}


def apply(install):
    post("/moto-api/reset")
    enforce(False)
    iam, s3, sts = client("iam"), client("s3"), client("sts")
    for bucket in install["buckets"].values():
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="there", Body=b"x")
    arns = {}
    for name, policy in install["policies"].items():
        arns[name] = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(policy))["Policy"]["Arn"]
    sessions = {}
    for name, trust in install["roles"].items():
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        for account, policy in install["attached"]:
            if account == name:
                iam.attach_role_policy(RoleName=name, PolicyArn=arns[policy])
        sessions[name] = sts.assume_role(RoleArn=role, RoleSessionName="pod")["Credentials"]
    enforce(True)
    return sessions


# What moto does not imitate: that a pod of an account gets its role.
EKS = ("aws_eks_addon", "aws_eks_pod_identity_association")


def applied(mirror):
    """Terraform's own work on moto: buckets by their names, and sessions of the roles."""
    post("/moto-api/reset")
    enforce(False)
    account_of = accounts_of(declared())
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(folder + "/cloud/aws/terraform", work + "/aws")
        with open(work + "/aws/access.tf.json", "r+") as file:
            whole = json.load(file)
            for kind in EKS:
                del whole["resource"][kind]
            file.seek(0)
            file.truncate()
            json.dump(whole, file)
        here = {"endpoints": [{name: endpoint for name in ("s3", "iam", "sts", "ec2")}], "s3_use_path_style": True}
        here |= {"skip_credentials_validation": True, "skip_metadata_api_check": "true", "skip_region_validation": True}
        with open(work + "/aws/here_override.tf.json", "w") as file:
            json.dump({"provider": {"aws": [here]}}, file)
        with open(work + "/rc", "w") as file:
            file.write('provider_installation {\n  filesystem_mirror { path = "%s" }\n}\n' % mirror)
        env = {**os.environ, "TF_CLI_CONFIG_FILE": work + "/rc", "TF_IN_AUTOMATION": "1"}

        def run(*arguments):
            done = subprocess.run(["terraform", *arguments], cwd=work + "/aws", env=env, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"terraform {arguments[0]}:\n{done.stdout}{done.stderr}")
            return done.stdout

        run("init", "-backend=false", "-input=false", "-no-color")
        variables = {"region": "us-east-1", "vpc_id": client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]}
        run("apply", "-auto-approve", "-input=false", "-no-color", *(f"-var={name}={value}" for name, value in variables.items()))
        made = json.loads(run("show", "-json"))["values"]["root_module"]["resources"]
    of = lambda kind: {one["name"]: one["values"] for one in made if one["type"] == kind}
    buckets = {name: one["bucket"] for name, one in of("aws_s3_bucket").items()}
    for bucket in buckets.values():
        client("s3").put_object(Bucket=bucket, Key="there", Body=b"x")
    sts = client("sts")
    assume = lambda role: sts.assume_role(RoleArn=role["arn"], RoleSessionName="pod")["Credentials"]
    sessions = {account_of[name]: assume(role) for name, role in of("aws_iam_role").items()}
    enforce(True)
    return len(made), buckets, sessions


def may(s3, call, **arguments):
    try:
        getattr(s3, call)(**arguments)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "403", "Forbidden"):
            raise
        return False


def cells(install, accounts):
    return tried(install["buckets"], apply(install), accounts)


def tried(buckets, sessions, accounts=()):
    """For each role and bucket, what was allowed of everything that a service does."""
    found = {}
    for account, keys in sessions.items():
        if accounts and account not in accounts:
            continue
        s3 = client(
            "s3",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        for name, bucket in buckets.items():
            found[account, name] = (
                may(s3, "list_objects_v2", Bucket=bucket),
                may(s3, "get_bucket_location", Bucket=bucket),
                may(s3, "put_object", Bucket=bucket, Key="new", Body=b"x"),
                may(s3, "get_object", Bucket=bucket, Key="there"),
                may(s3, "delete_object", Bucket=bucket, Key="new"),
                # Nobody was granted this.
                not may(s3, "put_bucket_policy", Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": []})),
            )
    return found


ALL, NONE = (True,) * 6, (False,) * 5 + (True,)


def fitting(found, wanted):
    """How many cells are as the table of the document wants them."""
    return sum(allowed == (ALL if cell in wanted else NONE) for cell, allowed in found.items())


def right(install, wanted, accounts=()):
    return fitting(cells(install, accounts), wanted)


TABLE = {
    "kafka": "aisvc datasourcesvc filesvc-migrations filesvc itemsvc-migrations itemsvc-rdbms-migrations itemsvc-telemetry-worker itemsvc-worker"
    " itemsvc objectmodelsvc passportsvc-migrations passportsvc platform-notificationsvc-api platform-notificationsvc-worker scriptmanager"
    " workflowsvc-api workflowsvc-backend workflowwkr-backend",
    "filesvc": "filesvc-migrations filesvc itemsvc-migrations itemsvc-rdbms-migrations itemsvc-telemetry-worker itemsvc-worker itemsvc"
    " passportsvc-migrations passportsvc",
    "scriptmanager": "scriptmanager",
    "datasourcesvc": "datasourcesvc",
    "workflowsvc": "workflowsvc-api workflowsvc-backend workflowwkr-backend",
}
wanted = {(account, bucket) for bucket, accounts in TABLE.items() for account in accounts.split()}
total = len({account for account, _ in wanted}) * len(TABLE)
assert (len(wanted), total) == (32, 90)

failed = False
for source, install in (("policies", plain()), ("Terraform", terraform())):
    count = right(install, wanted)
    print(f"{source}: {count} of {total} cells, {len(wanted)} allowed and {total - len(wanted)} denied")
    failed |= count != total or set(install["roles"]) != {account for account, _ in wanted}
mirror = os.environ.get("TERRAFORM_MIRROR")
if mirror:
    resources, buckets, sessions = applied(mirror)
    count = fitting(tried(buckets, sessions), wanted)
    print(f"terraform apply: {resources} resources made, {count} of {total} cells")
    failed |= count != total


def mutant(change):
    install = copy.deepcopy(plain())
    change(install)
    return install


def drop(install):
    install["attached"].remove(("itemsvc", "filesvc"))


def add(install):
    install["attached"].append(("aisvc", "workflowsvc"))


def swap(install):
    policies = install["policies"]
    policies["filesvc"], policies["datasourcesvc"] = policies["datasourcesvc"], policies["filesvc"]


def statement(number, **members):
    return lambda install: install["policies"]["kafka"]["Statement"][number].update(members)


def without(action):
    return lambda install: install["policies"]["scriptmanager"]["Statement"][1]["Action"].remove(action)


MUTANTS = {
    "an attachment is missing": drop,
    "an attachment too many": add,
    "two policies are swapped": swap,
    "objects without /*": statement(1, Resource="arn:aws:s3:::example-domain-twinit-kafka"),
    "every bucket": statement(1, Resource="arn:aws:s3:::*"),
    "every action": statement(0, Action=["s3:*"]),
    "no PutObject": without("s3:PutObject"),
    "no GetObject": without("s3:GetObject"),
    "effect allow, in lower case": statement(0, Effect="allow"),
}
# One account of each row of buckets: enough to see every mutant, and a quarter of the time.
SOME = ("aisvc", "datasourcesvc", "itemsvc", "scriptmanager")
assert right(plain(), wanted, SOME) == len(SOME) * len(TABLE)
seen = 0
for name, change in MUTANTS.items():
    try:
        caught = right(mutant(change), wanted, SOME) != len(SOME) * len(TABLE)
    except ClientError as error:
        caught = error.response["Error"]["Code"] == "MalformedPolicyDocument"
    print(("seen: " if caught else "!! NOT SEEN: ") + name)
    seen += caught
print(f"{seen} of {len(MUTANTS)} mutants seen")
server.stop()
sys.exit(1 if failed or seen != len(MUTANTS) else 0)
