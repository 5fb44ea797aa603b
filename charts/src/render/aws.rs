//! Access to buckets on Amazon Web Services: one trust policy, a policy for each bucket, a role for each account; and the same as Terraform.
//!
//! Terraform is written as JSON (`*.tf.json`): data, which needs no quoting rules of a second language.

use serde_json::{Map, Value, json};

use super::{Files, connectivity};
use crate::{
    manifest::{Aws, Identity},
    plan::Plan,
};

/// Who hands out credentials to pods.
const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// The EKS add-on that does it.
const POD_IDENTITY_ADDON: &str = "eks-pod-identity-agent";

/// What a policy document's version always is.
const POLICY_VERSION: &str = "2012-10-17";

pub(super) fn files(plan: &Plan) -> Files {
    let Some(aws) = &plan.clouds.aws else { return Files::new() };
    let mut files = Files::from([("cloud/aws/iam/trust-policy.json".to_owned(), text(&trust(aws)))]);
    for (name, bucket) in &plan.buckets {
        let policy = policy(aws, &format!("arn:aws:s3:::{}", bucket.name));
        files.insert(format!("cloud/aws/iam/policies/{name}.json"), text(&policy));
    }
    files.insert("cloud/aws/iam/roles.json".to_owned(), text(&roles(plan)));
    let terraform =
        [("main", main(plan, aws)), ("buckets", buckets(plan)), ("access", access(plan, aws)), ("connectivity", security_groups(plan))];
    for (name, value) in terraform {
        files.insert(format!("cloud/aws/terraform/{name}.tf.json"), text(&value));
    }
    if !plan.secrets.is_empty() {
        // A root of its own: its state holds the values, and it asks for those of others.
        let mut secrets = super::secrets::terraform(plan);
        secrets["terraform"] = json!({"required_version": ">= 1.5", "required_providers": providers(&["aws", "random", "tls"])});
        secrets["provider"] = provider(plan);
        secrets["variable"]["region"] = variable("Region", json!(aws.region));
        files.insert("cloud/aws/secrets/main.tf.json".to_owned(), text(&secrets));
    }
    files
}

/// JSON as it is committed.
pub(super) fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

fn trust(aws: &Aws) -> Value {
    let Identity::PodIdentity = aws.identity;
    json!({
        "Version": POLICY_VERSION,
        "Statement": [{"Effect": "Allow", "Principal": {"Service": POD_IDENTITY}, "Action": ["sts:TagSession", "sts:AssumeRole"]}],
    })
}

/// Finding a bucket, and reading and writing what is in it; a customer's key, when there is one.
fn policy(aws: &Aws, arn: &str) -> Value {
    let mut statements = vec![
        json!({"Sid": "Buckets", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": arn}),
        json!({
            "Sid": "Objects",
            "Effect": "Allow",
            "Action": [
                "s3:PutObject",
                "s3:ListMultipartUploadParts",
                "s3:GetObjectVersion",
                "s3:GetObject",
                "s3:DeleteObjectVersion",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
            ],
            "Resource": format!("{arn}/*"),
        }),
    ];
    if let Some(key) = &aws.kms_key {
        let actions = ["kms:Decrypt", "kms:GenerateDataKey"];
        statements.push(json!({"Sid": "Key", "Effect": "Allow", "Action": actions, "Resource": key}));
    }
    json!({"Version": POLICY_VERSION, "Statement": statements})
}

/// For those who do without Terraform: each role, its account, and the policies to attach.
fn roles(plan: &Plan) -> Value {
    let role = |grant: &crate::plan::GrantRef| {
        json!({
            "role": role_name(plan, &grant.account),
            "namespace": plan.install.namespace,
            "service_account": grant.account,
            "policies": grant.buckets,
        })
    };
    json!({"trust": "trust-policy.json", "roles": plan.grants.iter().map(role).collect::<Vec<_>>()})
}

fn role_name(plan: &Plan, account: &str) -> String {
    format!("{}-{account}", plan.install.name)
}

/// Providers and the versions that the resources are written for.
fn providers(names: &[&str]) -> Value {
    let known = [("aws", "~> 5.100"), ("random", "~> 3.7"), ("tls", "~> 4.0")];
    let wanted = known.iter().filter(|(name, _)| names.contains(name));
    wanted
        .map(|(name, version)| ((*name).to_owned(), json!({"source": format!("hashicorp/{name}"), "version": version})))
        .collect::<Map<_, _>>()
        .into()
}

fn provider(plan: &Plan) -> Value {
    json!({"aws": [{"region": "${var.region}", "default_tags": [{"tags": {"app.kubernetes.io/part-of": plan.install.name}}]}]})
}

fn variable(doc: &str, default: Value) -> Value {
    json!({"description": doc, "type": "string", "default": default})
}

fn main(plan: &Plan, aws: &Aws) -> Value {
    json!({
        "terraform": {
            "required_version": ">= 1.5",
            "required_providers": providers(&["aws"]),
        },
        "provider": provider(plan),
        "variable": {
            "region": variable("Region", json!(aws.region)),
            "cluster_name": variable("Name of the EKS cluster", json!(aws.cluster)),
            "namespace": variable("Kubernetes namespace of the platform", json!(plan.install.namespace)),
            "vpc_id": {"description": "VPC of the cluster", "type": "string"},
            "bucket_names": {
                "description": "Names of the buckets, which are unique in the world",
                "type": "map(string)",
                "default": plan.buckets.iter().map(|(name, bucket)| (name.clone(), json!(bucket.name))).collect::<Map<_, _>>(),
            },
        },
    })
}

fn buckets(plan: &Plan) -> Value {
    let mut resources = json!({});
    for (name, bucket) in &plan.buckets {
        let id = format!("${{aws_s3_bucket.{name}.id}}");
        let mut add = |kind: &str, value: Value| resources[kind][name] = value;
        // What is in it cannot be had again.
        let kept = json!([{"prevent_destroy": true}]);
        add("aws_s3_bucket", json!({"bucket": format!("${{var.bucket_names[\"{name}\"]}}"), "lifecycle": kept}));
        add(
            "aws_s3_bucket_public_access_block",
            json!({"bucket": id, "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true}),
        );
        let key = match plan.clouds.aws.as_ref().and_then(|aws| aws.kms_key.as_ref()) {
            Some(key) => json!([{"sse_algorithm": "aws:kms", "kms_master_key_id": key}]),
            None => json!([{"sse_algorithm": "AES256"}]),
        };
        add(
            "aws_s3_bucket_server_side_encryption_configuration",
            json!({"bucket": id, "rule": [{"apply_server_side_encryption_by_default": key}]}),
        );
        let status = if bucket.versioning { "Enabled" } else { "Suspended" };
        add("aws_s3_bucket_versioning", json!({"bucket": id, "versioning_configuration": [{"status": status}]}));
        if let Some(days) = bucket.keep_days {
            let rule = json!({"id": "older-versions", "status": "Enabled", "filter": [{}], "noncurrent_version_expiration": [{"noncurrent_days": days}]});
            add("aws_s3_bucket_lifecycle_configuration", json!({"bucket": id, "rule": [rule]}));
        }
    }
    json!({"resource": resources})
}

/// Roles, policies, which policy is attached to which role, and which account gets which role.
fn access(plan: &Plan, aws: &Aws) -> Value {
    let mut resources =
        json!({"aws_eks_addon": {"pod_identity": {"cluster_name": "${var.cluster_name}", "addon_name": POD_IDENTITY_ADDON}}});
    for name in plan.buckets.keys() {
        let policy = policy(aws, &format!("${{aws_s3_bucket.{name}.arn}}")).to_string();
        resources["aws_iam_policy"][name] = json!({"name": format!("{}-{name}", plan.install.name), "policy": policy});
    }
    for grant in &plan.grants {
        let account = &grant.account;
        resources["aws_iam_role"][account] = json!({"name": role_name(plan, account), "assume_role_policy": trust(aws).to_string()});
        for bucket in &grant.buckets {
            let role = format!("${{aws_iam_role.{account}.name}}");
            resources["aws_iam_role_policy_attachment"][format!("{account}_{bucket}")] =
                json!({"role": role, "policy_arn": format!("${{aws_iam_policy.{bucket}.arn}}")});
        }
        resources["aws_eks_pod_identity_association"][account] = json!({
            "cluster_name": "${var.cluster_name}",
            "namespace": "${var.namespace}",
            "service_account": account,
            "role_arn": format!("${{aws_iam_role.{account}.arn}}"),
        });
    }
    json!({"resource": resources})
}

/// The connectivity rules, as security groups of nodes and load balancer.
fn security_groups(plan: &Plan) -> Value {
    let group = |doc: &str| json!({"name_prefix": format!("{}-", plan.install.name), "description": doc, "vpc_id": "${var.vpc_id}"});
    let mut resources = json!({"aws_security_group": {
        "load_balancer": group("From the internet to the load balancer"),
        "platform": group("From the platform to what it uses"),
    }});
    for rule in connectivity::rules(plan, "aws") {
        let (kind, group) = if rule.inward { ("ingress", "load_balancer") } else { ("egress", "platform") };
        resources[format!("aws_vpc_security_group_{kind}_rule")][&rule.id] = json!({
            "security_group_id": format!("${{aws_security_group.{group}.id}}"),
            "description": format!("{}: {}", rule.name, rule.port.name),
            "cidr_ipv4": rule.net,
            "ip_protocol": rule.port.protocol.as_str().to_lowercase(),
            "from_port": rule.port.number,
            "to_port": rule.port.number,
        });
    }
    json!({"resource": resources, "output": {
        "platform_security_group": {"description": "Attach it to the nodes", "value": "${aws_security_group.platform.id}"},
        "load_balancer_security_group": {"description": "Attach it to the load balancer", "value": "${aws_security_group.load_balancer.id}"},
    }})
}
