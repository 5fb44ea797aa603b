//! From a manifest that was checked to a plan. What a name refers to is there: the checks have seen it.

use std::collections::BTreeMap;

use super::{Account, EnvValue, HostRef, Labels, Link, Monitor, NamedPort, Peer, Plan, ProfileValues, SecretRef, SignalRef, Workload};
use crate::{
    manifest::{Component, Connection, Env, EnvSource, Kind, Manifest},
    plan::knobs::{knobs, namespace_knob},
    tree::{Part, Tree},
};

/// Folder of mounted secrets.
pub(crate) const SECRET_FOLDER: &str = "/var/run/secrets/ampoule";

pub(crate) fn build(manifest: &Manifest) -> Plan {
    let names = Names(manifest);
    let ours = manifest.components.iter().filter(|(_, component)| component.kind != Kind::External);
    let mut monitors: Vec<_> = manifest
        .signals
        .values()
        .map(|signal| Monitor {
            object: names.object(&signal.component),
            selector: names.selector(&signal.component),
            port: signal.port.clone(),
            path: signal.path.clone(),
            interval: signal.interval_seconds,
        })
        .collect();
    monitors.dedup();
    Plan {
        install: manifest.install.clone(),
        knobs: knobs(manifest),
        workloads: ours.map(|(name, component)| names.workload(name, component)).collect(),
        accounts: manifest
            .service_accounts
            .iter()
            .map(|(name, account)| Account { object: names.object(name), doc: account.doc.clone() })
            .collect(),
        links: manifest.connections.iter().map(|connection| names.link(connection)).collect(),
        secrets: manifest
            .secrets
            .iter()
            .map(|(name, secret)| SecretRef {
                name: name.clone(),
                object: names.object(name),
                knob: format!("secrets.{name}"),
                doc: secret.doc.clone(),
                keys: secret.keys.iter().map(|(key, rule)| (key.clone(), rule.doc.clone(), rule.min_length, rule.max_length)).collect(),
            })
            .collect(),
        monitors,
        signals: manifest.signals.keys().map(|metric| names.signal(metric)).collect(),
        hosts: manifest
            .hosts
            .iter()
            .map(|(name, host)| HostRef {
                object: names.object(name),
                knobs: format!("hosts.{name}"),
                service: names.object(&host.component),
                port: host.port.clone(),
                paths: host.paths.clone(),
            })
            .collect(),
        profiles: manifest
            .profiles
            .iter()
            .map(|(name, profile)| ProfileValues { name: name.clone(), doc: profile.doc.clone(), values: profile.values.clone() })
            .collect(),
    }
}

/// How things are called in the cluster.
struct Names<'a>(&'a Manifest);

impl Names<'_> {
    fn object(&self, name: &str) -> String {
        format!("{}-{name}", self.0.install.name)
    }

    fn selector(&self, component: &str) -> Labels {
        let instance = self.0.install.name.clone();
        Labels::from([("app.kubernetes.io/name".to_owned(), self.object(component)), ("app.kubernetes.io/instance".to_owned(), instance)])
    }

    fn workload(&self, name: &str, component: &Component) -> Workload {
        let mut secret_files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for value in component.env.values() {
            if let Env::From(EnvSource::SecretFile(reference)) = value
                && let Some((secret, key)) = reference.split_once('.')
            {
                secret_files.entry(format!("secrets.{secret}")).or_default().push(key.to_owned());
            }
        }
        secret_files.values_mut().for_each(|keys| keys.sort());
        let grace = component.stop_within.as_ref().map(|stop| match &stop.knob {
            Some(knob) => Tree::Number(format!("{name}.{knob}"), stop.seconds),
            None => Tree::Int(stop.seconds),
        });
        Workload {
            name: name.to_owned(),
            object: self.object(name),
            kind: component.kind,
            doc: component.doc.clone(),
            selector: self.selector(name),
            image: format!("images.{}", component.image.as_deref().unwrap_or_default()),
            command: component.command.clone(),
            env: component.env.iter().map(|(variable, value)| (variable.clone(), self.env(name, component, value))).collect(),
            secret_files,
            files: component.files.clone(),
            account: self.object(component.service_account.as_deref().unwrap_or_default()),
            ports: ports(component, component.ports.keys()),
            volume: component.storage.as_ref().map(|storage| storage.path.clone()),
            probes: component.probes.clone(),
            grace,
            scaled_by: component.scaling.as_ref().map(|scaling| self.signal(&scaling.signal)),
            disruption: component.disruption.clone(),
            isolated: component.isolation.is_some(),
        }
    }

    fn env(&self, name: &str, component: &Component, value: &Env) -> EnvValue {
        let source = match value {
            Env::Text(text) => return EnvValue::Plain(Tree::text(text)),
            Env::From(source) => source,
        };
        EnvValue::Plain(match source {
            EnvSource::Listen(port) => Tree::text(format!("0.0.0.0:{}", component.ports[port].number)),
            EnvSource::Url(target) => self.url(target),
            EnvSource::Knob(knob) => Tree::Text(vec![Part::Number(format!("{name}.{knob}"))]),
            EnvSource::Seconds(knob) => Tree::Text(vec![Part::Number(format!("{name}.{knob}")), Part::Literal("s".to_owned())]),
            EnvSource::SecretFile(reference) => Tree::text(format!("{SECRET_FOLDER}/{}", reference.replace('.', "/"))),
            EnvSource::Secret(reference) => {
                let (secret, key) = reference.split_once('.').unwrap_or_default();
                return EnvValue::SecretKey(format!("secrets.{secret}"), key.to_owned());
            }
        })
    }

    fn url(&self, target: &str) -> Tree {
        let (place, name) = target.split_once(':').unwrap_or_default();
        if place == "host" {
            return Tree::Text(vec![Part::Literal("https://".to_owned()), Part::Knob(format!("hosts.{name}.name"))]);
        }
        let component = &self.0.components[place];
        let number = component.ports[name].number;
        match &component.pods {
            Some(pods) => {
                let mut parts = vec![Part::Literal(format!("http://{}", pods.service.as_deref().unwrap_or(place)))];
                if pods.namespace.is_some() {
                    let knob = Part::Knob(format!("network.{}", namespace_knob(place)));
                    parts.extend([Part::Literal(".".to_owned()), knob, Part::Literal(".svc".to_owned())]);
                }
                parts.push(Part::Literal(format!(":{number}")));
                Tree::Text(parts)
            }
            None => Tree::text(format!("http://{}:{number}", self.object(place))),
        }
    }

    fn peer(&self, name: &str) -> Peer {
        let component = &self.0.components[name];
        let (labels, namespace) = match &component.pods {
            Some(pods) => (pods.labels.clone(), pods.namespace.as_ref().map(|_| format!("network.{}", namespace_knob(name)))),
            None => (self.selector(name), None),
        };
        Peer { component: name.to_owned(), labels, namespace }
    }

    fn link(&self, connection: &Connection) -> Link {
        Link {
            from: self.peer(&connection.from),
            to: self.peer(&connection.to),
            ports: ports(&self.0.components[&connection.to], connection.ports.iter()),
            doc: connection.doc.clone(),
        }
    }

    fn signal(&self, metric: &str) -> SignalRef {
        let signal = &self.0.signals[metric];
        SignalRef { metric: metric.to_owned(), service: self.object(&signal.component), combine: signal.combine, doc: signal.doc.clone() }
    }
}

fn ports<'a>(component: &Component, names: impl Iterator<Item = &'a String>) -> Vec<NamedPort> {
    names
        .map(|name| {
            let port = component.ports[name];
            NamedPort { name: name.clone(), number: port.number, protocol: port.protocol }
        })
        .collect()
}
