//! Access to buckets on Oracle Cloud Infrastructure: statements for each pair of account and bucket, in as many policies as their limit asks for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Files,
    aws::text,
    connectivity::{self, lower},
};
use crate::{
    manifest::{Oci, Statements},
    plan::Plan,
};

/// Most statements that a policy can have.
const STATEMENTS_OF_A_POLICY: usize = 50;

pub(super) fn files(plan: &Plan) -> Files {
    let Some(oci) = &plan.clouds.oci else { return Files::new() };
    let mut files = Files::new();
    // Both are there to read; the one that the manifest chooses is applied.
    for (name, kind) in [("literal", Statements::Literal), ("deduplicated", Statements::Deduplicated)] {
        let all: Vec<String> = by_account(plan, oci, kind).concat();
        files.insert(format!("cloud/oci/statements-{name}.txt"), all.iter().map(|statement| format!("{statement}\n")).collect());
    }
    let policies = policies(&by_account(plan, oci, oci.statements).concat());
    let mut resources = json!({});
    for (index, statements) in policies.iter().enumerate() {
        let number = index + 1;
        let name = format!("{}-buckets-{number}", plan.install.name);
        let doc = format!("Buckets of {}, part {number} of {}", plan.install.name, policies.len());
        files.insert(format!("cloud/oci/policies/{number}.json"), text(&json!(statements)));
        resources["oci_identity_policy"][format!("buckets_{number}")] =
            json!({"compartment_id": oci.compartment, "name": name, "description": doc, "statements": statements});
    }
    network(plan, oci, &mut resources);
    let main = json!({
        "terraform": {"required_version": ">= 1.5", "required_providers": {"oci": {"source": "oracle/oci", "version": "~> 7.0"}}},
        "variable": {"vcn_id": {"description": "VCN of the cluster", "type": "string"}},
        "resource": resources,
    });
    files.insert("cloud/oci/terraform/main.tf.json".to_owned(), text(&main));
    files
}

/// As few policies as the limit allows, about equally full, so that there is room for changes in each.
fn policies(statements: &[String]) -> Vec<Vec<String>> {
    let count = statements.len().div_ceil(STATEMENTS_OF_A_POLICY).max(1);
    statements.chunks(statements.len().div_ceil(count).max(1)).map(<[String]>::to_vec).collect()
}

fn by_account(plan: &Plan, oci: &Oci, kind: Statements) -> Vec<Vec<String>> {
    let mut accounts = Vec::new();
    for grant in &plan.grants {
        let mut statements = Vec::new();
        for bucket in &grant.buckets {
            statements.extend(pair(plan, oci, &grant.account, &plan.buckets[bucket].name));
        }
        if kind == Statements::Deduplicated {
            let mut seen = BTreeSet::new();
            statements.retain(|statement| seen.insert(statement.clone()));
        }
        accounts.push(statements);
    }
    accounts
}

/// Finding the namespace of buckets, pre-authenticated requests to the bucket, and its objects.
fn pair(plan: &Plan, oci: &Oci, account: &str, bucket: &str) -> [String; 3] {
    let who = format!(
        "request.principal.type = 'workload', request.principal.namespace = '{}', request.principal.service_account = '{account}', \
         request.principal.cluster_id = '{}'",
        plan.install.namespace, oci.cluster
    );
    let allow = |what: &str, when: &str| {
        format!("Allow any-user to manage {what} in compartment id {} where all {{ {when}{who} }}", oci.compartment)
    };
    let of = format!("target.bucket.name = '{bucket}', ");
    [allow("objectstorage-namespaces", ""), allow("buckets", &format!("{of}request.permission = 'PAR_MANAGE', ")), allow("objects", &of)]
}

/// The connectivity rules, as a network security group.
fn network(plan: &Plan, oci: &Oci, resources: &mut Value) {
    for (name, doc) in [("load_balancer", "from the internet to the load balancer"), ("platform", "from the platform to what it uses")] {
        resources["oci_core_network_security_group"][name] = json!({
            "compartment_id": oci.compartment,
            "vcn_id": "${var.vcn_id}",
            "display_name": format!("{}: {doc}", plan.install.name),
        });
    }
    for rule in connectivity::rules(plan, "oci") {
        let (group, direction, side) =
            if rule.inward { ("load_balancer", "INGRESS", "source") } else { ("platform", "EGRESS", "destination") };
        let range = json!([{"min": rule.port.number, "max": rule.port.number}]);
        // Numbers of the protocols, as IANA has them.
        let (number, options) = if lower(rule.port.protocol) == "tcp" { ("6", "tcp_options") } else { ("17", "udp_options") };
        let mut value = json!({
            "network_security_group_id": format!("${{oci_core_network_security_group.{group}.id}}"),
            "description": format!("{}: {}", rule.name, rule.port.name),
            "direction": direction,
            "protocol": number,
        });
        value[side] = rule.net.clone().into();
        value[format!("{side}_type")] = "CIDR_BLOCK".into();
        value[options] = json!([{"destination_port_range": range}]);
        resources["oci_core_network_security_group_security_rule"][&rule.id] = value;
    }
}
