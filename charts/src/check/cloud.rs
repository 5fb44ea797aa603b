//! Clouds, buckets, and who may use them.

use std::collections::BTreeSet;

use super::Check;
use crate::manifest::KeySource;

/// Names that clouds give to buckets: 3 to 63 lower-case letters, digits, dots and dashes.
const BUCKET_LENGTH: std::ops::RangeInclusive<usize> = 3..=63;

pub(super) fn check(check: &mut Check<'_>) {
    buckets(check);
    grants(check);
    ids(check);
    secrets(check);
}

fn buckets(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, bucket) in &manifest.buckets {
        let key = format!("buckets.{name}");
        let plain = bucket.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.');
        if !plain || !BUCKET_LENGTH.contains(&bucket.name.len()) {
            check.tell(format!("{key}.name"), format!("`{}` is no bucket name; use 3 to 63 of a-z, 0-9, - and .", bucket.name));
        }
        if let Some((other, _)) = manifest.buckets.iter().find(|(other, twin)| *other < name && twin.name == bucket.name) {
            check.tell(format!("{key}.name"), format!("`{}` is bucket `{other}` already; each has its own", bucket.name));
        }
        if bucket.keep_days.is_some() && !bucket.versioning {
            check.tell(format!("{key}.keep_days"), "older versions go away after it, and none are kept; add `versioning: true`");
        }
        if !manifest.grants.iter().any(|grant| grant.buckets.contains(name)) {
            check.tell(key, "is granted to nobody; take it away, or grant it");
        }
    }
}

fn grants(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let mut seen = BTreeSet::new();
    for (index, grant) in manifest.grants.iter().enumerate() {
        let key = format!("grants[{index}]");
        if check.declared(&format!("{key}.account"), "service account", &grant.account, &manifest.service_accounts)
            && !seen.insert(&grant.account)
        {
            check.tell(format!("{key}.account"), format!("`{}` has a grant already; add the buckets there", grant.account));
        }
        let mut once = BTreeSet::new();
        for (at, bucket) in grant.buckets.iter().enumerate() {
            check.declared(&format!("{key}.buckets[{at}]"), "bucket", bucket, &manifest.buckets);
            if !once.insert(bucket) {
                check.tell(format!("{key}.buckets[{at}]"), format!("`{bucket}` is there twice"));
            }
        }
        for (name, component) in &manifest.components {
            if component.isolation.is_some() && component.service_account.as_ref() == Some(&grant.account) {
                let message =
                    format!("`{}` is the account of `{name}`, which is isolated: it may have no power in the cloud", grant.account);
                check.tell(format!("{key}.account"), message);
            }
        }
    }
    let clouds = &manifest.clouds;
    if !manifest.grants.is_empty() && clouds.aws.is_none() && clouds.oci.is_none() && clouds.azure.is_none() && clouds.alicloud.is_none() {
        check.tell("clouds", "names no cloud, and there are grants; add the cloud in which the buckets are");
    }
}

fn ids(check: &mut Check<'_>) {
    if let Some(azure) = &check.manifest.clouds.azure {
        for (key, id) in [("subscription", &azure.subscription), ("tenant", &azure.tenant)] {
            let parts: Vec<_> = id.split('-').map(str::len).collect();
            if parts != [8, 4, 4, 4, 12] || !id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
                check.tell(format!("clouds.azure.{key}"), format!("`{id}` is no id; write it like 00000000-0000-0000-0000-000000000000"));
            }
        }
    }
    let Some(oci) = &check.manifest.clouds.oci else { return };
    for (key, kind, id) in [("compartment", "compartment", &oci.compartment), ("cluster", "cluster", &oci.cluster)] {
        // ocid1.KIND.REALM.[REGION][.FUTURE].UNIQUE
        let parts: Vec<_> = id.split('.').collect();
        let right =
            parts.len() >= 5 && parts[0] == "ocid1" && parts[1] == kind && !parts[2].is_empty() && !parts[parts.len() - 1].is_empty();
        if !right {
            check.tell(format!("clouds.oci.{key}"), format!("`{id}` is no OCID of a {kind}; write it like ocid1.{kind}.oc1..aaaa"));
        }
    }
}

fn secrets(check: &mut Check<'_>) {
    for (name, secret) in &check.manifest.secrets {
        if secret.object.is_none() && check.manifest.charts.len() > 1 {
            check.tell(
                format!("secrets.{name}"),
                "several charts could give it their name; write `object`, what it is called in the cluster",
            );
        }
        for (field, key) in &secret.keys {
            let at = format!("secrets.{name}.keys.{field}");
            if key.min_length > key.max_length {
                check.tell(&at, format!("min_length {} to max_length {} is no range", key.min_length, key.max_length));
            }
            if key.source == KeySource::PublicKey && !secret.keys.values().any(|other| other.source == KeySource::PrivateKey) {
                check.tell(&at, "is the public half of a private key, and the Secret has none");
            }
            if secret.keys.values().filter(|other| other.source == KeySource::PrivateKey).count() > 1 {
                check.tell(&at, "is in a Secret with several private keys; each pair has a Secret of its own");
            }
        }
    }
}
