//! Secrets in three ways to make them: by a script into the cluster, by the same script into files that sops encrypts, and by Terraform in a
//! secret manager from which the External Secrets Operator fetches them. No value of any is ever rendered.

use serde_json::{Value, json};

use super::Files;
use crate::{
    manifest::{KeySource, SecretKey},
    plan::{DEFAULT, Plan, SecretRef, lower},
    tree::{Tree, map},
    yaml,
};

/// Days in which a secret that was deleted can be had back: the most that the secret manager offers.
const RECOVERY_DAYS: u32 = 30;

/// Bytes of an encryption key.
const KEY_BYTES: u32 = 32;

pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    if plan.secrets.is_empty() {
        return files;
    }
    files.insert("secrets/make.sh".to_owned(), script(plan));
    files.insert("secrets/sops/.sops.yaml".to_owned(), SOPS.to_owned());
    if plan.clouds.aws.is_some() {
        files.insert("secrets/external-secrets/store.yaml".to_owned(), yaml::print(&store(plan)));
        for secret in plan.secrets.iter().filter(|secret| !secret.keys.is_empty()) {
            files.insert(format!("secrets/external-secrets/{}.yaml", secret.object), yaml::print(&external(plan, secret)));
        }
    }
    files
}

/// What a human reads about a secret: kind, and what is lost with it.
pub(super) fn about(key: &SecretKey) -> String {
    let source = match key.source {
        KeySource::Random => "made at random",
        KeySource::EncryptionKey => "encryption key",
        KeySource::PrivateKey => "private key of a pair",
        KeySource::PublicKey => "public key of a pair",
        KeySource::Certificate => "certificate",
        KeySource::External => "value of an external system",
    };
    let lost = if key.irrecoverable { ". **Data is lost for ever with it: back it up**" } else { "" };
    format!("{}, {source}{lost}", key.doc)
}

const SOPS: &str = "# Keys of those who may read: replace it by yours (age-keygen), and keep the private half out of this folder.
creation_rules:
  - path_regex: \\.enc\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: age1replacethisbythepublickeysofthosewhomayread
";

fn variable(secret: &SecretRef, key: &str) -> String {
    format!("{}_{key}", secret.object).to_uppercase().replace(['-', '.'], "_")
}

fn script(plan: &Plan) -> String {
    let mut text = format!(
        r#"#!/usr/bin/env bash
# Makes the Secrets of {name}. Values of other systems, and certificates, come from variables; all others are made here, once: what is there is
# never made anew, because data may be lost with it.
#
#   secrets/make.sh apply          into the cluster that kubectl speaks to
#   secrets/make.sh sops FOLDER    into files of FOLDER that sops encrypts, which can be committed
set -euo pipefail
umask 077
namespace=${{NAMESPACE:-{namespace}}}
mode=${{1:-}}
folder=${{2:-}}
case $mode in
    apply) command -v kubectl >/dev/null || {{ echo "kubectl is not there" >&2; exit 2; }} ;;
    sops) command -v sops >/dev/null && [[ -d $folder ]] || {{ echo "write: make.sh sops FOLDER, with sops on the path" >&2; exit 2; }} ;;
    *) echo "write: make.sh apply, or make.sh sops FOLDER" >&2; exit 2 ;;
esac

exists() {{
    if [[ $mode == sops ]]; then [[ -e $folder/$1.enc.yaml ]]; else kubectl --namespace "$namespace" get secret "$1" >/dev/null 2>&1; fi
}}
# NAME VALUE MIN MAX FORBIDDEN: a value that something on its way could not carry is refused before anything is made.
checked() {{
    local name=$1 value=$2 min=$3 max=$4 forbidden=$5 index
    if (( ${{#value}} < min || ${{#value}} > max )); then echo "$name has ${{#value}} characters; $min to $max are possible" >&2; exit 2; fi
    for (( index = 0; index < ${{#forbidden}}; index++ )); do
        if [[ $value == *"${{forbidden:index:1}}"* ]]; then echo "$name may not have the character '${{forbidden:index:1}}'" >&2; exit 2; fi
    done
}}
# Key and value; the value is never an argument of another program.
field() {{ printf '  %s: %s\n' "$1" "$(printf '%s' "$2" | base64 -w0)"; }}
random() {{ openssl rand -hex 32; }}
encryption_key() {{ openssl rand -base64 {KEY_BYTES}; }}
finish() {{
    local manifest
    manifest=$(printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\ntype: Opaque\ndata:\n%s\n' "$1" "$namespace" "$2")
    if [[ $mode == sops ]]; then
        printf '%s\n' "$manifest" | sops --encrypt --input-type yaml --output-type yaml --filename-override "$folder/$1.enc.yaml" /dev/stdin >"$folder/$1.enc.yaml.new"
        mv "$folder/$1.enc.yaml.new" "$folder/$1.enc.yaml"
    else
        printf '%s\n' "$manifest" | kubectl create --filename -
    fi
    echo "made: $1"
}}
"#,
        name = plan.install.name,
        namespace = plan.install.namespace,
    );
    // Everything that must be told is looked at before the first secret is made.
    let mut needed = String::new();
    let mut made = String::new();
    for secret in plan.secrets.iter().filter(|secret| !secret.keys.is_empty()) {
        let object = &secret.object;
        made.push_str(&format!("\n# {}\nif exists {object}; then\n    echo \"is there: {object}\"\n", secret.doc));
        // What only one way to install reads is left out unless somebody tells it.
        let choice = optional(secret);
        if let Some((variant, variable)) = &choice {
            made.push_str(&format!(
                "elif [[ -z ${{{variable}:-}} ]]; then\n    echo \"left out: {object}, which only mode: {variant} needs; set {variable} to make it\"\n"
            ));
        }
        made.push_str("else\n    data=\n");
        let mut told = String::new();
        // The public half is made of the private one, which has to be there before it.
        let mut keys: Vec<_> = secret.keys.iter().collect();
        keys.sort_by_key(|(_, key)| key.source == KeySource::PublicKey);
        for (name, key) in keys {
            let (least, most) = (key.min_length, key.max_length);
            let value = match key.source {
                KeySource::Random => "random".to_owned(),
                KeySource::EncryptionKey => "encryption_key".to_owned(),
                KeySource::PrivateKey => "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256".to_owned(),
                KeySource::PublicKey => "openssl pkey -pubout <<<\"$private\"".to_owned(),
                KeySource::Certificate | KeySource::External => {
                    let variable = variable(secret, name);
                    let forbidden = key.forbidden.replace('\'', "'\\''");
                    told.push_str(&format!(
                        "    : \"${{{variable}:?is missing: {}}}\"\n    checked {variable} \"${variable}\" {least} {most} '{forbidden}'\n",
                        lower(&key.doc)
                    ));
                    made.push_str(&format!("    data+=$(field {name} \"${variable}\")$'\\n'\n"));
                    continue;
                }
            };
            let keep = if key.source == KeySource::PrivateKey { "private" } else { "value" };
            made.push_str(&format!("    {keep}=$({value})\n    data+=$(field {name} \"${keep}\")$'\\n'\n"));
        }
        made.push_str(&format!("    finish {object} \"$data\"\nfi\n"));
        if !told.is_empty() {
            let given = choice.map(|(_, variable)| format!(" && [[ -n ${{{variable}:-}} ]]")).unwrap_or_default();
            needed.push_str(&format!("if ! exists {object}{given}; then\n{told}fi\n"));
        }
    }
    if !needed.is_empty() {
        text.push_str("\n# What others have to tell: all of it, before anything is made.\n");
        text.push_str(&needed);
    }
    text.push_str(&made);
    text
}

/// The variant that alone reads a secret which others have to tell, and the variable that tells it.
fn optional(secret: &SecretRef) -> Option<(&str, String)> {
    let variant = secret.variant.as_deref().filter(|variant| *variant != DEFAULT)?;
    let (name, _) = secret.keys.iter().find(|(_, key)| matches!(key.source, KeySource::Certificate | KeySource::External))?;
    Some((variant, variable(secret, name)))
}

fn remote(plan: &Plan, secret: &SecretRef) -> String {
    format!("{}/{}/{}", plan.install.name, plan.install.namespace, secret.object)
}

fn store(plan: &Plan) -> Tree {
    let region = plan.clouds.aws.as_ref().map(|aws| aws.region.clone()).unwrap_or_default();
    map! {
        "apiVersion" => "external-secrets.io/v1",
        "kind" => "SecretStore",
        "metadata" => map! { "name" => &plan.install.name, "namespace" => &plan.install.namespace },
        "spec" => map! { "provider" => map! { "aws" => map! { "service" => "SecretsManager", "region" => region } } },
    }
}

fn external(plan: &Plan, secret: &SecretRef) -> Tree {
    let data = secret.keys.keys().map(|key| {
        map! { "secretKey" => key, "remoteRef" => map! { "key" => remote(plan, secret), "property" => key } }
    });
    map! {
        "apiVersion" => "external-secrets.io/v1",
        "kind" => "ExternalSecret",
        "metadata" => map! { "name" => &secret.object, "namespace" => &plan.install.namespace },
        "spec" => map! {
            "refreshInterval" => "1h",
            "secretStoreRef" => map! { "name" => &plan.install.name, "kind" => "SecretStore" },
            // The Secret stays when this object goes, or the remote one: data may be lost with it.
            "target" => map! { "name" => &secret.object, "creationPolicy" => "Orphan", "deletionPolicy" => "Retain" },
            "data" => data.collect::<Vec<_>>(),
        },
    }
}

/// The secrets in a secret manager. What is random is made by Terraform, once; its state then holds the values, so that it has to be encrypted.
pub(super) fn terraform(plan: &Plan) -> Value {
    let mut resources = json!({});
    let mut told = serde_json::Map::new();
    for secret in plan.secrets.iter().filter(|secret| !secret.keys.is_empty()) {
        let object = &secret.object;
        let kept = secret.keys.values().any(|key| key.irrecoverable);
        let mut values = Vec::new();
        for (name, key) in &secret.keys {
            let id = format!("{object}_{name}");
            let lifecycle = json!([{"prevent_destroy": key.irrecoverable}]);
            let value = match key.source {
                KeySource::Random => {
                    let length = key.max_length.min(64).max(key.min_length);
                    resources["random_password"][&id] = json!({"length": length, "special": false, "lifecycle": lifecycle});
                    format!("random_password.{id}.result")
                }
                KeySource::EncryptionKey => {
                    resources["random_bytes"][&id] = json!({"length": KEY_BYTES, "lifecycle": lifecycle});
                    format!("random_bytes.{id}.base64")
                }
                KeySource::PrivateKey => {
                    resources["tls_private_key"][object] = json!({"algorithm": "ECDSA", "ecdsa_curve": "P256", "lifecycle": lifecycle});
                    format!("tls_private_key.{object}.private_key_pem")
                }
                KeySource::PublicKey => format!("tls_private_key.{object}.public_key_pem"),
                KeySource::Certificate | KeySource::External => {
                    let variable = variable(secret, name).to_lowercase();
                    told.insert(variable.clone(), outside(key, &variable));
                    format!("var.{variable}")
                }
            };
            values.push(format!("{name} = {value}"));
        }
        resources["aws_secretsmanager_secret"][object] = json!({
            "name": remote(plan, secret),
            "description": secret.doc,
            "recovery_window_in_days": RECOVERY_DAYS,
            "lifecycle": [{"prevent_destroy": kept}],
        });
        resources["aws_secretsmanager_secret_version"][object] = json!({
            "secret_id": format!("${{aws_secretsmanager_secret.{object}.id}}"),
            "secret_string": format!("${{jsonencode({{{}}})}}", values.join(", ")),
            // What somebody rotated by hand is not put back.
            "lifecycle": [{"ignore_changes": ["secret_string"]}],
        });
    }
    let mut root = json!({"resource": resources});
    if !told.is_empty() {
        root["variable"] = told.into();
    }
    root
}

fn outside(key: &SecretKey, variable: &str) -> Value {
    let mut rules = vec![json!({
        "condition": format!("${{length(var.{variable}) >= {} && length(var.{variable}) <= {}}}", key.min_length, key.max_length),
        "error_message": format!("It must have {} to {} characters.", key.min_length, key.max_length),
    })];
    for character in key.forbidden.chars() {
        rules.push(json!({
            "condition": format!("${{!strcontains(var.{variable}, {})}}", Value::from(character.to_string())),
            "error_message": format!("It may not have the character {character:?}."),
        }));
    }
    json!({"description": key.doc, "type": "string", "sensitive": true, "validation": rules})
}

/// A member with text, for the runbook's table.
pub(super) fn row(secret: &SecretRef) -> Vec<String> {
    if secret.keys.is_empty() {
        return vec![format!("| `{}` | any | {}; you make it, if you need it |\n", secret.object, secret.doc)];
    }
    secret.keys.iter().map(|(name, key)| format!("| `{}` | `{name}` | {} |\n", secret.object, about(key))).collect()
}
