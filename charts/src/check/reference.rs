//! Whatever names another part names one that is there; and whatever is there is named by something.

use std::collections::BTreeSet;

use super::Check;
use crate::{
    manifest::{Auth, Component, Env, EnvSource, Kind},
    problem::suggestion,
};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let mut used = Used::default();
    for (name, component) in &manifest.components {
        of_component(check, &mut used, name, component);
    }
    for (name, host) in &manifest.hosts {
        for (index, route) in host.routes.iter().enumerate() {
            port(check, &format!("hosts.{name}.routes[{index}]"), &route.component, &route.port);
            if let Some(auth) = &route.auth {
                self::auth(check, &mut used, &format!("hosts.{name}.routes[{index}].auth"), auth);
            }
        }
        for (index, chart) in host.url_in.iter().enumerate() {
            check.declared(&format!("hosts.{name}.url_in[{index}]"), "chart", chart, &manifest.charts);
        }
        let twin = manifest.hosts.iter().find(|(other, twin)| *other < name && twin.name == host.name);
        if let Some((other, _)) = twin {
            check.tell(format!("hosts.{name}.name"), format!("`{}` is host `{other}` already; refer to that one", host.name));
        }
    }
    if let Some(asked) = manifest.mesh.as_ref().and_then(|mesh| mesh.asks.as_ref()) {
        check.declared("mesh.asks", "component", asked, &manifest.components);
    }
    for (name, component) in &manifest.components {
        if let Some(dump) = component.host.as_ref().and_then(|host| host.dump.as_ref()) {
            secret_key(check, &mut used, &format!("components.{name}.host.dump.url"), &dump.url);
        }
    }
    for (name, signal) in &manifest.signals {
        let key = format!("signals.{name}");
        port(check, &key, &signal.component, &signal.port);
        collector(check, &key, &signal.collector);
    }
    let unused = [
        ("images", manifest.images.keys().collect::<Vec<_>>(), &used.images),
        ("service_accounts", manifest.service_accounts.keys().collect(), &used.accounts),
        ("secrets", manifest.secrets.keys().collect(), &used.secrets),
        ("volumes", manifest.volumes.keys().collect(), &used.volumes),
        ("signals", manifest.signals.keys().collect(), &used.signals),
    ];
    for (concept, names, used) in unused {
        for name in names.into_iter().filter(|name| !used.contains(*name)) {
            check.tell(format!("{concept}.{name}"), "is used by no component; take it away, or refer to it");
        }
    }
}

/// Names that some component refers to.
#[derive(Default)]
struct Used {
    images: BTreeSet<String>,
    accounts: BTreeSet<String>,
    secrets: BTreeSet<String>,
    signals: BTreeSet<String>,
    volumes: BTreeSet<String>,
}

fn of_component(check: &mut Check<'_>, used: &mut Used, name: &str, component: &Component) {
    let manifest = check.manifest;
    let key = format!("components.{name}");
    if let Some(image) = &component.image {
        check.declared(&format!("{key}.image"), "image", image, &manifest.images);
        used.images.insert(image.clone());
    }
    if let Some(account) = &component.service_account {
        check.declared(&format!("{key}.service_account"), "service account", account, &manifest.service_accounts);
        used.accounts.insert(account.clone());
    }
    for (index, secret) in component.secret_env.iter().enumerate() {
        check.declared(&format!("{key}.secret_env[{index}]"), "secret", secret, &manifest.secrets);
        used.secrets.insert(secret.clone());
    }
    for volume in component.volumes.keys() {
        check.declared(&format!("{key}.volumes.{volume}"), "volume", volume, &manifest.volumes);
        used.volumes.insert(volume.clone());
    }
    if let Some(scaling) = &component.scaling {
        check.declared(&format!("{key}.scaling.signal"), "signal", &scaling.signal, &manifest.signals);
        used.signals.insert(scaling.signal.clone());
    }
    for (which, probe) in [("live", &component.probes.live), ("ready", &component.probes.ready)] {
        if let Some(probe) = probe {
            check.declared(&format!("{key}.probes.{which}.port"), "port", &probe.port, &component.ports);
        }
    }
    if let Some(scrape) = &component.scrape {
        check.declared(&format!("{key}.scrape.port"), "port", &scrape.port, &component.ports);
        collector(check, &format!("{key}.scrape"), &scrape.collector);
    }
    let mut knobs: BTreeSet<&String> = component.ports.values().filter_map(|port| port.when.as_ref()).collect();
    if let Some(knob) = component.stop_within.as_ref().and_then(|stop| stop.knob.as_ref()) {
        check.declared(&format!("{key}.stop_within.knob"), "knob", knob, &component.knobs);
        knobs.insert(knob);
    }
    for (variable, value) in &component.env {
        let Env::From(from) = value else { continue };
        let key = format!("{key}.env.{variable}");
        match from {
            EnvSource::Listen(port) => {
                check.declared(&key, "port", port, &component.ports);
            }
            EnvSource::Knob(knob) if component.knobs.get(knob).is_some_and(|about| about.default.is_string()) => {
                knobs.insert(knob);
            }
            EnvSource::Knob(knob) | EnvSource::Seconds(knob) | EnvSource::Hours(knob) | EnvSource::Mebibytes(knob) => {
                if check.declared(&key, "knob", knob, &component.knobs) && !component.knobs[knob].default.is_i64() {
                    check.tell(&key, format!("`{knob}` is no integer"));
                }
                knobs.insert(knob);
            }
            EnvSource::Json(knob) => {
                if check.declared(&key, "knob", knob, &component.knobs) && !component.knobs[knob].default.is_object() {
                    check.tell(&key, format!("`{knob}` is no map; write the knob itself"));
                }
                knobs.insert(knob);
            }
            EnvSource::Folder(volume) => {
                check.declared(&key, "volume of the component:", volume, &component.volumes);
            }
            EnvSource::Url(target) => url(check, &key, target),
            EnvSource::SecretFolder(secret) => {
                used.secrets.insert(secret.clone());
                if check.declared(&key, "secret", secret, &manifest.secrets) && !manifest.secrets[secret].keys.is_empty() {
                    check.tell(&key, format!("`{secret}` has keys that are known; write secret_file for each"));
                }
            }
            EnvSource::Secret(reference) | EnvSource::SecretFile(reference) => {
                secret_key(check, used, &key, reference);
            }
        }
    }
    for knob in component.knobs.keys().filter(|knob| !knobs.contains(knob)) {
        check.tell(format!("{key}.knobs.{knob}"), "is used by no variable and no port; take it away, or refer to it");
    }
}

/// Who scrapes.
fn collector(check: &mut Check<'_>, key: &str, name: &str) {
    let key = format!("{key}.collector");
    if check.declared(&key, "component", name, &check.manifest.components) && check.manifest.components[name].kind != Kind::External {
        check.tell(key, format!("`{name}` is installed here; a collector is an external component"));
    }
}

fn auth(check: &mut Check<'_>, used: &mut Used, key: &str, auth: &Auth) {
    match auth {
        Auth::Token(token) => {
            check.declared(&format!("{key}.token.issuer"), "host", &token.issuer, &check.manifest.hosts);
        }
        Auth::Certificate(about) => {
            for reference in [Some(&about.authority), about.revoked.as_ref()].into_iter().flatten() {
                secret_key(check, used, &format!("{key}.certificate"), reference);
            }
        }
    }
}

/// A key of a secret, as `SECRET.KEY`.
fn secret_key(check: &mut Check<'_>, used: &mut Used, key: &str, reference: &str) {
    let Some((secret, field)) = reference.split_once('.') else {
        return check.tell(key, format!("`{reference}` names no key of a secret; write SECRET.KEY"));
    };
    used.secrets.insert(secret.to_owned());
    let secrets = &check.manifest.secrets;
    if check.declared(key, "secret", secret, secrets) {
        check.declared(key, &format!("key of secret `{secret}`:"), field, &secrets[secret].keys);
    }
}

fn url(check: &mut Check<'_>, key: &str, target: &str) {
    match target.split_once(':') {
        Some(("host", host)) => {
            let hosts = &check.manifest.hosts;
            check.declared(key, "host", host, hosts);
        }
        Some((component, name)) => port(check, key, component, name),
        None => check.tell(key, format!("`{target}` is no reference; write COMPONENT:PORT or host:NAME")),
    }
}

/// A port of another component.
fn port(check: &mut Check<'_>, key: &str, component: &str, port: &str) {
    let components = &check.manifest.components;
    if check.declared(key, "component", component, components) && !components[component].ports.contains_key(port) {
        let known = suggestion(port, components[component].ports.keys().map(String::as_str));
        return check.tell(key, format!("component `{component}` has no port `{port}`{known}"));
    }
    if components.get(component).and_then(|about| about.scrape.as_ref()).is_some_and(|scrape| scrape.port == port) {
        check.tell(key, format!("`{component}:{port}` is for `scrape` alone, and no service has it"));
    }
}
