//! What must hold between the parts of the Twinit platform.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

use ampoule_charts::{Files, render};
use serde_json::Value;

use crate::{
    manifest_of,
    objects::{object, objects_of, selects},
    plan_of,
};

fn files() -> Files {
    render(&plan_of("twinit"))
}

fn json(files: &Files, path: &str) -> Value {
    serde_json::from_str(&files[path]).unwrap()
}

/// The platform with one text of its manifest replaced; its problems in one text.
fn changed(from: &str, to: &str) -> Result<Files, String> {
    let text = manifest_of("twinit");
    assert!(text.contains(from), "{from}");
    ampoule_charts::read("twinit.yaml", &text.replacen(from, to, 1)).map(|plan| render(&plan)).map_err(|problems| problems.to_string())
}

/// Which account has which bucket, as Terraform attaches policies to roles and roles to accounts.
fn attached(files: &Files) -> BTreeSet<(String, String)> {
    let access = json(files, "cloud/aws/terraform/access.tf.json");
    let resources = &access["resource"];
    let reference = |text: &Value, kind: &str, leaf: &str| {
        let text = text.as_str().unwrap();
        text.strip_prefix(&format!("${{{kind}.")).and_then(|rest| rest.strip_suffix(&format!(".{leaf}}}"))).unwrap().to_owned()
    };
    let mut pairs = BTreeSet::new();
    for association in resources["aws_eks_pod_identity_association"].as_object().unwrap().values() {
        let role = reference(&association["role_arn"], "aws_iam_role", "arn");
        for attachment in resources["aws_iam_role_policy_attachment"].as_object().unwrap().values() {
            if reference(&attachment["role"], "aws_iam_role", "name") == role {
                let policy = reference(&attachment["policy_arn"], "aws_iam_policy", "arn");
                // The policy is about the bucket of its name, and about no other.
                let text = resources["aws_iam_policy"][&policy]["policy"].as_str().unwrap();
                assert_eq!(text.matches("aws_s3_bucket.").count(), 2);
                assert_eq!(text.matches(&format!("${{aws_s3_bucket.{policy}.arn}}")).count(), 2);
                assert!(pairs.insert((association["service_account"].as_str().unwrap().to_owned(), policy)));
            }
        }
    }
    pairs
}

#[test]
fn the_matrix_is_exact() {
    let table = [
        (
            "kafka",
            "aisvc datasourcesvc filesvc-migrations filesvc itemsvc-migrations itemsvc-rdbms-migrations itemsvc-telemetry-worker itemsvc-worker itemsvc objectmodelsvc passportsvc-migrations passportsvc platform-notificationsvc-api platform-notificationsvc-worker scriptmanager workflowsvc-api workflowsvc-backend workflowwkr-backend",
        ),
        (
            "filesvc",
            "filesvc-migrations filesvc itemsvc-migrations itemsvc-rdbms-migrations itemsvc-telemetry-worker itemsvc-worker itemsvc passportsvc-migrations passportsvc",
        ),
        ("scriptmanager", "scriptmanager"),
        ("datasourcesvc", "datasourcesvc"),
        ("workflowsvc", "workflowsvc-api workflowsvc-backend workflowwkr-backend"),
    ];
    let wanted: BTreeSet<_> =
        table.iter().flat_map(|(bucket, accounts)| accounts.split(' ').map(|account| (account.to_owned(), (*bucket).to_owned()))).collect();
    let files = files();
    assert_eq!(attached(&files), wanted);
    let accounts: BTreeSet<_> = wanted.iter().map(|(account, _)| account).collect();
    assert_eq!((wanted.len(), accounts.len() * table.len() - wanted.len()), (32, 58));
    let roles = json(&files, "cloud/aws/iam/roles.json");
    let listed = roles["roles"].as_array().unwrap().iter().flat_map(|role| {
        let account = role["service_account"].as_str().unwrap();
        role["policies"].as_array().unwrap().iter().map(move |bucket| (account.to_owned(), bucket.as_str().unwrap().to_owned()))
    });
    assert_eq!(listed.collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn both_clouds_have_one_table() {
    let files = files();
    for kind in ["literal", "deduplicated"] {
        let text = &files[&format!("cloud/oci/statements-{kind}.txt")];
        let between =
            |line: &str, name: &str| line.split_once(&format!("{name} = '")).map(|(_, rest)| rest.split_once('\'').unwrap().0.to_owned());
        let pairs = |what: &str| -> BTreeSet<_> {
            let lines = text.lines().filter(|line| line.contains(&format!("to manage {what} in")));
            lines
                .map(|line| {
                    let bucket = between(line, "target.bucket.name").unwrap();
                    (
                        between(line, "request.principal.service_account").unwrap(),
                        bucket.trim_start_matches("example-domain-twinit-").to_owned(),
                    )
                })
                .collect()
        };
        assert_eq!(pairs("buckets"), attached(&files), "{kind}");
        assert_eq!(pairs("objects"), attached(&files), "{kind}");
    }
}

#[test]
fn statements_are_counted_and_split() {
    for (kind, count) in [("literal", 96), ("deduplicated", 82)] {
        let files = changed("statements: deduplicated", &format!("statements: {kind}")).unwrap();
        let policies: Vec<Value> = files
            .iter()
            .filter(|(path, _)| path.starts_with("cloud/oci/policies/"))
            .map(|(_, text)| serde_json::from_str(text).unwrap())
            .collect();
        let all: Vec<_> = policies.iter().flat_map(|policy| policy.as_array().unwrap()).map(|text| text.as_str().unwrap()).collect();
        assert_eq!(all.len(), count, "{kind}");
        assert!(policies.len() == 2 && policies.iter().all(|policy| policy.as_array().unwrap().len() <= 50), "{kind}");
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), 82);
        for statement in &all {
            assert!(
                statement.starts_with("Allow any-user to manage ") && statement.ends_with("' }") && !statement.contains(['"', '$']),
                "{statement}"
            );
        }
        assert_eq!(files[&format!("cloud/oci/statements-{kind}.txt")].lines().collect::<Vec<_>>(), all);
        assert_eq!(files.get("lints.txt").unwrap().contains("96 statements, of which 14 are there twice"), kind == "literal");
    }
}

#[test]
fn wrong_ids_are_refused() {
    for (from, to, message) in [
        (
            "ocid1.compartment.oc1..aaaaaaaaexample",
            "${COMPARTMENT_ID}",
            "clouds.oci.compartment: `${COMPARTMENT_ID}` is no OCID of a compartment",
        ),
        (
            "ocid1.cluster.oc1.eu",
            "ocid1.compartment.oc1.eu",
            "clouds.oci.cluster: `ocid1.compartment.oc1.eu-frankfurt-1.aaaaaaaaexample` is no OCID of a cluster",
        ),
        ("name: example-domain-twinit-kafka", "name: \"${BUCKET_NAME}\"", "buckets.kafka.name: `${BUCKET_NAME}` is no bucket name"),
        (
            "name: example-domain-twinit-kafka",
            "name: example-domain-twinit-filesvc",
            "buckets.kafka.name: `example-domain-twinit-filesvc` is bucket `filesvc` already",
        ),
        ("buckets: [kafka, datasourcesvc]", "buckets: [kafka, datasource]", "grants[1].buckets[1]: there is no bucket `datasource`"),
        (
            "{account: aisvc, buckets",
            "{account: scriptworker, buckets",
            "`scriptworker` is the account of `scriptworker`, which is isolated: it may have no power in the cloud",
        ),
        ("  - {account: filesvc, buckets", "  - {account: aisvc, buckets", "`aisvc` has a grant already; add the buckets there"),
        ("    depends_on: [dtplatform]\n", "    depends_on: [dtconsole]\n", "`dtconsole` and `dtconsole` wait for each other"),
        (
            "variant: default, doc: Copies the static files of the console",
            "variant: main, doc: Copies the static files of the console",
            "there is no variant `main`",
        ),
        ("[10.0.0.0/8, 169.254.0.0/16,", "[10.0.0.1/8, 169.254.0.0/16,", "`10.0.0.1/8` is no network; write it like 10.0.0.0/8"),
        ("any_port: true", "ports: [http-web], any_port: true", "opens all ports, and `ports` names some"),
        (
            "    chart: dtplatform\n    doc: HTTP API and queue",
            "    doc: HTTP API and queue",
            "components.scriptmanager: is part of no chart; write `chart`",
        ),
        (
            "AMPOULE_SLOTS: {knob: slots}",
            "AMPOULE_SLOTS: {knob: slots}\n      API: \"https://api.example-domain.com\"",
            "repeats a URL that could become unequal; write {url: \"host:api\"}",
        ),
    ] {
        let told = changed(from, to).expect_err(to);
        assert!(told.contains(message), "{told}\n{message}");
    }
}

#[test]
fn accounts_with_a_role_are_those_of_the_chart() {
    let plan = plan_of("twinit");
    let all = objects_of(&plan.charts[0], None, &[]);
    let pods: Vec<_> = all.iter().filter_map(|object| object.pointer("/spec/template/spec/serviceAccountName")).collect();
    let with_role: BTreeSet<_> = attached(&files()).into_iter().map(|(account, _)| account).collect();
    assert_eq!(with_role.len(), 18);
    for account in with_role {
        object(&all, "ServiceAccount", &account);
        assert!(pods.contains(&&Value::from(account.clone())), "no pod uses {account}");
    }
}

#[test]
fn script_workers_have_no_power_in_the_cloud() {
    for (path, text) in files().iter().filter(|(path, _)| path.starts_with("cloud/")) {
        assert!(!text.contains("scriptworker"), "{path}");
    }
}

#[test]
fn a_customers_key_is_a_third_statement() {
    let files =
        changed("identity: pod_identity", "identity: pod_identity\n    kms_key: \"arn:aws:kms:eu-central-1:111122223333:key/1\"").unwrap();
    let policy = json(&files, "cloud/aws/iam/policies/kafka.json");
    // Who it is about is the role that it is attached to: a principal would make it a bucket's policy.
    assert!(!policy.to_string().contains("Principal"));
    let statements = policy["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 3);
    assert_eq!((&statements[2]["Sid"], &statements[2]["Resource"]), (&"Key".into(), &"arn:aws:kms:eu-central-1:111122223333:key/1".into()));
}

#[test]
fn every_worker_pod_is_selected() {
    let plan = plan_of("twinit");
    let all = objects_of(&plan.charts[0], None, &[]);
    let wanted = "dtplatform-scriptworker";
    let workers: Vec<_> = all.iter().filter(|object| object.to_string().contains("\"ampoule\",\"worker\"")).collect();
    assert_eq!(workers.len(), 1);
    for worker in workers {
        assert_eq!(worker["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"], wanted);
    }
}

#[test]
fn the_monitor_finds_the_service() {
    let plan = plan_of("twinit");
    let all = objects_of(&plan.charts[0], Some("cluster"), &[]);
    let monitor = object(&all, "ServiceMonitor", "scriptmanager-jobs");
    let found: Vec<_> = all
        .iter()
        .filter(|object| object["kind"] == "Service" && selects(&monitor["spec"]["selector"]["matchLabels"], &object["metadata"]["labels"]))
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["metadata"]["name"], "dtplatform-scriptmanager");
    assert_eq!(found[0]["spec"]["ports"][0]["name"], monitor["spec"]["endpoints"][0]["port"]);
    assert_eq!(monitor["spec"]["namespaceSelector"]["matchNames"][0], "jobs");
}

#[test]
fn a_second_install_has_the_same_names() {
    // No release name in any name: the API server refuses a second platform in the namespace.
    for (path, text) in files().iter().filter(|(path, _)| path.contains("/templates/") && path.ends_with(".yaml")) {
        assert!(!text.contains(".Release.Name "), "{path}");
    }
}

#[test]
fn nearly_every_service_has_a_secret() {
    let plan = plan_of("twinit");
    let all = objects_of(&plan.charts[0], None, &[]);
    let (mut with, mut without) = (0, Vec::new());
    for object in all.iter().filter(|object| object["kind"] == "Deployment" || object["kind"] == "StatefulSet") {
        let text = object.to_string();
        if text.contains("secretRef") || text.contains("secretName") { with += 1 } else { without.push(object["metadata"]["name"].clone()) }
    }
    assert_eq!(without, ["dtplatform-staticwebsvc", "dtplatform-workbench"]);
    assert!(with >= 14, "{with}");
}

#[test]
fn the_platform_is_installed_first() {
    let plan = plan_of("twinit");
    let order: Vec<_> = plan.charts.iter().map(|chart| chart.name.as_str()).collect();
    assert_eq!(order, ["dtplatform", "dtconsole", "dtplugins", "dtreference"]);
    let files = files();
    let (install, uninstall) = (&files["runbook/INSTALL.md"], &files["runbook/UNINSTALL.md"]);
    let places = |text: &str, verb: &str| order.iter().map(|name| text.find(&format!("{verb} {name} ")).unwrap()).collect::<Vec<_>>();
    assert!(places(install, "--install").is_sorted());
    assert!(places(uninstall, "helm uninstall").iter().rev().is_sorted());
    // The claim is looked at between the chart that makes it and those that need it.
    let claim = install.find("get persistentvolumeclaim staticwebsvc").unwrap();
    assert!(places(install, "--install")[0] < claim && claim < places(install, "--install")[1]);
}

#[test]
fn the_runbook_has_seven_steps() {
    let files = files();
    let headings: Vec<_> = files["runbook/INSTALL.md"].lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings.len(), 7, "{headings:?}");
    for (index, heading) in headings.iter().enumerate() {
        assert!(heading.starts_with(&format!("## {}. ", index + 1)), "{heading}");
    }
}

#[test]
fn urls_are_equal() {
    let files = files();
    let urls = |chart: &str| -> BTreeMap<String, String> {
        let values: Value = serde_saphyr::from_str(&files[&format!("charts/{chart}/values.yaml")]).unwrap();
        serde_json::from_value(values["config"]["global"]["url"].clone()).unwrap()
    };
    let platform = urls("dtplatform");
    for chart in ["dtconsole", "dtreference", "dtplugins"] {
        let own = urls(chart);
        assert_eq!(own.keys().collect::<Vec<_>>(), ["api", "app", "id"], "{chart}");
        for (name, url) in own {
            assert_eq!(platform[&name], url, "{chart} {name}");
        }
        // In both modes, pods are told the same.
        let plan = plan_of("twinit");
        let about = plan.charts.iter().find(|own| own.name == chart).unwrap();
        for mode in ["default", "standalone"] {
            let all = objects_of(about, None, &[("mode", mode.into())]);
            let variables: Vec<_> = all.iter().filter_map(|object| object.pointer("/spec/template/spec/containers/0/env")).collect();
            assert_eq!(variables.len(), 1, "{chart} {mode}");
            for (name, variable) in [("api", "PLATFORM_URL_API"), ("app", "PLATFORM_URL_APP"), ("id", "PLATFORM_URL_ID")] {
                let found = variables[0].as_array().unwrap().iter().find(|own| own["name"] == variable).unwrap();
                assert_eq!(found["value"], platform[name], "{chart} {mode}");
            }
        }
    }
}

/// The script that makes secrets, with a kubectl that only remembers.
#[test]
fn secrets_are_made_once_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("make.sh"), &files()["secrets/make.sh"]).unwrap();
    fs::create_dir(at("made")).unwrap();
    let kubectl = "#!/usr/bin/env bash\n\
         if [[ $3 == get ]]; then [[ -e $MADE/$5 ]]; exit; fi\n\
         text=$(cat); name=$(grep -m1 '^  name:' <<<\"$text\" | cut -d' ' -f4); printf '%s\\n' \"$text\" >\"$MADE/$name\"\n";
    fs::write(at("kubectl"), kubectl).unwrap();
    fs::set_permissions(at("kubectl"), fs::Permissions::from_mode(0o755)).unwrap();
    let plan = plan_of("twinit");
    let told: Vec<_> = plan
        .secrets
        .iter()
        .flat_map(|secret| {
            let outside = secret.keys.iter().filter(|(_, key)| {
                matches!(key.source, ampoule_charts::manifest::KeySource::External | ampoule_charts::manifest::KeySource::Certificate)
            });
            outside.map(|(name, key)| {
                (format!("{}_{name}", secret.object).to_uppercase().replace('-', "_"), "x".repeat(key.min_length as usize))
            })
        })
        .collect();
    let run = |told: &[(String, String)]| -> Output {
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(at("make.sh")).arg("apply").env("PATH", path).env("MADE", at("made"));
        command.envs(told.iter().map(|(name, value)| (name, value))).output().unwrap()
    };
    let count = || fs::read_dir(at("made")).unwrap().count();

    let output = run(&told[1..]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains(&format!("{}: is missing", told[0].0)), "{error}");
    assert_eq!(count(), 0, "nothing is made before all is told");
    for wrong in ["short", "with@sign-and-more", "with space and more"] {
        let mut told = told.clone();
        let password = told.iter_mut().find(|(name, _)| name == "FILESVC_MONGODB_PASSWORD").unwrap();
        password.1 = wrong.to_owned();
        let output = run(&told);
        assert!(
            !output.status.success() && !String::from_utf8_lossy(&output.stderr).contains(wrong),
            "{wrong} is refused, and not repeated"
        );
        assert_eq!(count(), 0, "{wrong}");
    }

    let output = run(&told);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(count(), plan.secrets.len());
    let made = fs::read_to_string(at("made/filesvc")).unwrap();
    let object: Value = serde_saphyr::from_str(&made).unwrap();
    assert_eq!((&object["kind"], &object["metadata"]["namespace"]), (&"Secret".into(), &"twinit".into()));
    assert_eq!(object["data"].as_object().unwrap().keys().collect::<Vec<_>>(), ["ENCRYPTION_KEY", "MONGODB_PASSWORD"]);
    // 32 bytes in base64, in base64.
    assert_eq!(object["data"]["ENCRYPTION_KEY"].as_str().unwrap().len(), 60);
    let pair: Value = serde_saphyr::from_str(&fs::read_to_string(at("made/identity-signing")).unwrap()).unwrap();
    assert_ne!(pair["data"]["PRIVATE_KEY"], pair["data"]["PUBLIC_KEY"]);

    let output = run(&[]);
    assert!(output.status.success(), "what is there asks for nothing: {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(at("made/filesvc")).unwrap(), made, "and is not made anew");
}

/// What Terraform would look up: `kind.name` of resources and `var.name`, in everything between `${` and `}`.
fn unresolved(files: &Files, folder: &str) -> Vec<String> {
    let (mut declared, mut used, mut problems) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
        let root: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (kind, members) in root["resource"].as_object().into_iter().flatten() {
            for name in members.as_object().unwrap().keys() {
                let identifier = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                if !identifier || !declared.insert(format!("{kind}.{name}")) {
                    problems.push(format!("{path}: {kind}.{name} is declared twice, or no identifier"));
                }
            }
        }
        for name in root["variable"].as_object().into_iter().flatten().map(|(name, _)| name) {
            if !declared.insert(format!("var.{name}")) {
                problems.push(format!("{path}: var.{name} is declared twice"));
            }
        }
        for inner in text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()) {
            for word in inner.split(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)) {
                let parts: Vec<_> = word.split('.').collect();
                if let [kind @ ("var" | "random_password" | "random_bytes" | "tls_private_key"), name, ..] = parts[..] {
                    used.insert(format!("{kind}.{name}"));
                } else if let [kind, name, ..] = parts[..]
                    && (kind.starts_with("aws_") || kind.starts_with("oci_"))
                {
                    used.insert(format!("{kind}.{name}"));
                }
            }
        }
    }
    problems.extend(used.difference(&declared).map(|name| format!("{name} is not declared")));
    let variables = declared.iter().filter(|name| name.starts_with("var.") && !used.contains(*name));
    problems.extend(variables.map(|name| format!("{name} is used by nothing")));
    problems
}

#[test]
fn terraform_refers_to_what_is_declared() {
    let files = files();
    for folder in ["cloud/aws/terraform/", "cloud/oci/terraform/"] {
        assert_eq!(unresolved(&files, folder), Vec::<String>::new(), "{folder}");
    }
    let mutants = [
        ("access", "aws_s3_bucket.kafka.arn", "aws_s3_bucket.kafkas.arn"),
        ("access", "${aws_iam_role.aisvc.name}", "${aws_iam_role.aisvcs.name}"),
        ("access", "\"aws_iam_policy\"", "\"aws_iam_policies\""),
        ("connectivity", "aws_security_group.platform.id", "aws_security_group.nodes.id"),
        ("main", "\"vpc_id\"", "\"vpc\""),
        ("secrets", "random_bytes.filesvc_ENCRYPTION_KEY.base64", "random_bytes.filesvc_KEY.base64"),
        ("secrets", "\"filesvc_mongodb_password\"", "\"filesvc_mongodb\""),
    ];
    for (name, from, to) in mutants {
        let path = format!("cloud/aws/terraform/{name}.tf.json");
        let mut mutant = files.clone();
        assert!(mutant[&path].contains(from), "{from}");
        mutant.insert(path.clone(), mutant[&path].replace(from, to));
        assert!(!unresolved(&mutant, "cloud/aws/terraform/").is_empty(), "nobody sees: {from} -> {to}");
    }
}
