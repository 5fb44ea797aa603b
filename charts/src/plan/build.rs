//! From a manifest that was checked to a plan. What a name refers to is there: the checks have seen it.

use std::collections::BTreeMap;

use super::{
    Account, Chart, GrantRef, HostRef, Labels, Link, Monitor, NamedPort, OpenPolicy, PartRef, Peer, Place, Plan, ProfileValues, PublicName,
    SecretRef, SignalRef, VolumeRef, Watched, Workload,
};
use crate::{
    knob::key,
    manifest::{Component, Connection, Env, EnvSource, Host, Identity, Kind, Manifest, Port, Secret},
    plan::knobs::{knobs, namespace_knob, nets_knob, url_knob},
    problem::Problem,
    tree::{Part, Tree, with_namespace},
};

pub(crate) fn build(manifest: &Manifest, lints: Vec<Problem>) -> Plan {
    let names = Names(manifest);
    let order = manifest.install_order();
    Plan {
        install: manifest.install.clone(),
        lints,
        charts: order.iter().map(|(name, chart)| names.chart(name, chart)).collect(),
        parts: manifest.components.iter().map(|(name, component)| (name.clone(), names.part(name, component))).collect(),
        links: names.links(),
        signals: manifest.signals.keys().map(|metric| names.signal(metric)).collect(),
        monitors: names.monitors(),
        alerts: manifest.alerts.clone(),
        dashboards: manifest.dashboards.clone(),
        secrets: manifest.secrets.iter().map(|(name, secret)| names.secret(name, secret)).collect(),
        names: manifest
            .hosts
            .iter()
            .map(|(name, host)| PublicName {
                name: name.clone(),
                doc: host.doc.clone(),
                default: host.name.clone(),
                url_in: host.url_in.clone(),
            })
            .collect(),
        volumes: names.volumes(),
        gitops: manifest.gitops.clone(),
        stages: {
            let mut stages: Vec<_> = manifest.stages.clone().into_iter().collect();
            stages.sort_by_key(|(_, stage)| stage.order);
            stages
        },
        clouds: manifest.clouds.clone(),
        buckets: manifest.buckets.clone(),
        grants: manifest
            .grants
            .iter()
            .map(|grant| GrantRef { account: names.account(&grant.account), buckets: grant.buckets.clone() })
            .collect(),
        procedures: manifest
            .procedures
            .iter()
            .map(|(name, procedure)| (name.clone(), (procedure.doc.clone(), procedure.steps.clone())))
            .collect(),
    }
}

/// How things are called in the cluster.
pub(super) struct Names<'a>(pub(super) &'a Manifest);

impl Names<'_> {
    fn chart(&self, name: &str, chart: &crate::manifest::Chart) -> Chart {
        let manifest = self.0;
        let here = |chart: &Option<String>| manifest.chart_of(chart.as_ref()) == name;
        let components: Vec<_> =
            manifest.components.iter().filter(|(_, component)| component.kind.installed() && here(&component.chart)).collect();
        let used = |secret: &str| components.iter().any(|(_, component)| uses_secret(component, secret));
        let first = manifest.install_order().first().is_some_and(|(first, _)| first == name);
        let open = first && manifest.components.values().any(|component| component.kind == Kind::Cluster);
        Chart {
            name: name.to_owned(),
            doc: chart.doc.clone(),
            install: manifest.install.clone(),
            depends_on: chart.depends_on.clone(),
            variants: chart.variants.clone(),
            knobs: knobs(manifest, name),
            workloads: components.iter().map(|(name, component)| self.workload(name, component)).collect(),
            accounts: manifest
                .service_accounts
                .iter()
                .filter(|(_, account)| here(&account.chart))
                .map(|(name, account)| Account { object: self.account(name), doc: account.doc.clone() })
                .collect(),
            volumes: self.volumes().into_iter().filter(|volume| volume.chart == name).collect(),
            links: self.links(),
            secrets: manifest.secrets.iter().filter(|(secret, _)| used(secret)).map(|(secret, about)| self.secret(secret, about)).collect(),
            monitors: self.monitors().into_iter().filter(|monitor| monitor.chart == name).collect(),
            hosts: manifest.hosts.iter().filter_map(|(host, about)| self.host(name, host, about)).collect(),
            profiles: manifest
                .profiles
                .iter()
                .filter(|(_, profile)| here(&profile.chart))
                .map(|(name, profile)| ProfileValues { name: name.clone(), doc: profile.doc.clone(), values: profile.values.clone() })
                .collect(),
            alerts: if first { manifest.alerts.clone() } else { BTreeMap::new() },
            dashboards: if first { manifest.dashboards.clone() } else { BTreeMap::new() },
            open_policy: open.then(|| OpenPolicy {
                isolated: manifest
                    .components
                    .iter()
                    .filter(|(_, component)| component.isolation.is_some())
                    .map(|(name, _)| self.object(name))
                    .collect(),
                pod_identity: manifest.clouds.aws.as_ref().is_some_and(|aws| aws.identity == Identity::PodIdentity),
            }),
        }
    }

    /// Name of a component's objects.
    pub(super) fn object(&self, component: &str) -> String {
        let component = self.0.components.get(component).and_then(|about| about.stands_for.as_deref()).unwrap_or(component);
        let chart = self.0.components.get(component).and_then(|component| component.chart.as_ref());
        format!("{}-{component}", self.0.chart_of(chart))
    }

    fn account(&self, name: &str) -> String {
        let account = &self.0.service_accounts[name];
        account.object.clone().unwrap_or_else(|| format!("{}-{name}", self.0.chart_of(account.chart.as_ref())))
    }

    fn secret(&self, name: &str, secret: &Secret) -> SecretRef {
        let mut readers = self.0.components.values().filter(|component| uses_secret(component, name)).map(|component| &component.variant);
        let first = readers.next().cloned().flatten();
        SecretRef {
            variant: first.filter(|first| readers.all(|other| other.as_ref() == Some(first))),
            name: name.to_owned(),
            object: secret.object.clone().unwrap_or_else(|| format!("{}-{name}", self.0.chart_of(None))),
            knob: format!("secrets.{}", key(name)),
            doc: secret.doc.clone(),
            keys: secret.keys.clone(),
        }
    }

    fn volumes(&self) -> Vec<VolumeRef> {
        let volumes = self.0.volumes.iter();
        volumes
            .map(|(name, volume)| VolumeRef {
                name: name.clone(),
                knobs: format!("volumes.{}", key(name)),
                doc: volume.doc.clone(),
                chart: self.0.chart_of(volume.chart.as_ref()).to_owned(),
                when: self.switch(name),
            })
            .collect()
    }

    /// The switch of an optional volume.
    pub(super) fn switch(&self, volume: &str) -> Option<String> {
        self.0.volumes.get(volume).is_some_and(|about| about.optional).then(|| format!("volumes.{}.enabled", key(volume)))
    }

    /// Objects carry no release name, so that a name is enough.
    fn selector(&self, component: &str) -> Labels {
        Labels::from([("app.kubernetes.io/name".to_owned(), Tree::text(self.object(component)))])
    }

    fn instance(&self, component: &Component) -> Tree {
        component.instance.as_ref().map_or_else(|| Tree::text(&self.0.install.name), |text| with_namespace(text))
    }

    fn monitors(&self) -> Vec<Monitor> {
        let mut monitors: Vec<Monitor> = Vec::new();
        for signal in self.0.signals.values() {
            let component = &self.0.components[&signal.component];
            let selector = match &component.instance {
                Some(text) => Labels::from([("app.kubernetes.io/instance".to_owned(), with_namespace(text))]),
                None => self.selector(&signal.component),
            };
            let monitor = Monitor {
                of: Watched::Service,
                object: self.object(&signal.component),
                chart: self.0.chart_of(component.chart.as_ref()).to_owned(),
                place: signal.monitor.clone().map(|place| (format!("network.{}", namespace_knob(&signal.collector)), place)),
                selector,
                port: signal.port.clone(),
                path: signal.path.clone(),
                interval: signal.interval_seconds,
                when: switch_of(&signal.component, &component.ports[&signal.port]),
            };
            if !monitors.contains(&monitor) {
                monitors.push(monitor);
            }
        }
        for (name, component) in &self.0.components {
            monitors.extend(component.scrape.as_ref().map(|scrape| Monitor {
                of: Watched::Pods,
                object: self.object(name),
                chart: self.0.chart_of(component.chart.as_ref()).to_owned(),
                place: None,
                selector: self.selector(name),
                port: scrape.port.clone(),
                path: scrape.path.clone(),
                interval: scrape.interval_seconds,
                when: switch_of(name, &component.ports[&scrape.port]),
            }));
        }
        monitors
    }

    fn part(&self, name: &str, component: &Component) -> PartRef {
        PartRef {
            kind: component.kind,
            doc: component.doc.clone(),
            chart: component.kind.installed().then(|| self.0.chart_of(component.chart.as_ref()).to_owned()),
            host: component.host.clone(),
            ports: ports(name, component, component.ports.keys()),
            isolation: component.isolation.clone(),
            stands_for: component.stands_for.clone(),
        }
    }

    fn host(&self, chart: &str, name: &str, host: &Host) -> Option<HostRef> {
        let mine: Vec<_> =
            host.routes.iter().filter(|route| self.0.chart_of(self.0.components[&route.component].chart.as_ref()) == chart).collect();
        let replaced = |name: &str| self.0.components.values().any(|other| other.stands_for.as_deref() == Some(name));
        let answers = mine.first().filter(|route| !replaced(&route.component));
        let variant = answers.and_then(|route| self.0.components[&route.component].variant.clone());
        (!mine.is_empty() && host.is_plain()).then(|| HostRef {
            object: format!("{chart}-{name}"),
            knobs: format!("hosts.{}", key(name)),
            dns: match url_knob(chart, name, host) {
                Some(knob) => Tree::Text(vec![Part::HostOf(knob)]),
                None => Tree::knob(format!("hosts.{}.name", key(name))),
            },
            variant,
            paths: mine
                .iter()
                .flat_map(|route| route.paths.iter().map(|path| (path.clone(), self.object(&route.component), route.port.clone())))
                .collect(),
        })
    }

    fn workload(&self, name: &str, component: &Component) -> Workload {
        let mut secret_files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for value in component.env.values() {
            if let Env::From(EnvSource::SecretFolder(secret)) = value {
                secret_files.entry(secret.clone()).or_default();
            }
            if let Env::From(EnvSource::SecretFile(reference)) = value
                && let Some((secret, key)) = reference.split_once('.')
            {
                secret_files.entry(secret.to_owned()).or_default().push(key.to_owned());
            }
        }
        secret_files.values_mut().for_each(|keys| keys.sort());
        let grace = component.stop_within.as_ref().map(|stop| match &stop.knob {
            Some(knob) => Tree::Number(format!("{}.{knob}", key(name)), stop.seconds),
            None => Tree::Int(stop.seconds),
        });
        Workload {
            name: name.to_owned(),
            knobs: key(name),
            object: self.object(name),
            kind: component.kind,
            doc: component.doc.clone(),
            variant: component.variant.clone(),
            stands_for: component.stands_for.clone(),
            selector: self.selector(name),
            instance: self.instance(component),
            image: format!("images.{}", key(component.image.as_deref().unwrap_or_default())),
            schedule: component.schedule.clone(),
            command: component.command.clone(),
            env: component.env.iter().map(|(variable, value)| (variable.clone(), self.env(name, component, value))).collect(),
            secret_files,
            files: component.files.clone(),
            secret_env: component
                .secret_env
                .iter()
                .map(|secret| (format!("secrets.{}", key(secret)), self.0.secrets[secret].keys.is_empty()))
                .collect(),
            mounts: component.volumes.iter().map(|(name, mount)| (name.clone(), (mount.clone(), self.switch(name)))).collect(),
            scratch: component.scratch.clone(),
            account: component.service_account.as_ref().map(|account| self.account(account)).unwrap_or_default(),
            ports: ports(name, component, component.ports.keys()),
            scraped: component.scrape.as_ref().map(|scrape| scrape.port.clone()),
            volume: component.storage.as_ref().map(|storage| storage.path.clone()),
            probes: component.probes.clone(),
            grace,
            scaled_by: component.scaling.as_ref().map(|scaling| self.signal(&scaling.signal)),
            disruption: component.disruption.clone(),
            isolation: component.isolation.clone(),
        }
    }

    fn peer(&self, name: &str) -> Peer {
        let component = &self.0.components[name];
        let place = match (component.kind, &component.pods) {
            (Kind::Anywhere, _) => Place::Anywhere,
            (Kind::Cluster, _) => Place::Cluster,
            (Kind::Host, _) if component.host.as_ref().is_some_and(|host| host.nets_knob) => Place::NetsOf(nets_knob(name)),
            (Kind::Host, _) => Place::Nets(component.host.as_ref().map(|host| host.nets.clone()).unwrap_or_default()),
            (_, Some(pods)) => {
                let labels = pods.labels.iter().map(|(name, value)| (name.clone(), Tree::text(value))).collect();
                Place::Pods(labels, pods.namespace.as_ref().map(|_| format!("network.{}", namespace_knob(name))))
            }
            (_, None) => Place::Pods(self.selector(name), None),
        };
        Peer { component: name.to_owned(), place }
    }

    fn links(&self) -> Vec<Link> {
        self.0.connections.iter().map(|connection| self.link(connection)).collect()
    }

    fn link(&self, connection: &Connection) -> Link {
        Link {
            from: self.peer(&connection.from),
            to: self.peer(&connection.to),
            ports: ports(&connection.to, &self.0.components[&connection.to], connection.ports.iter()),
            doc: connection.doc.clone(),
        }
    }

    fn signal(&self, metric: &str) -> SignalRef {
        let signal = &self.0.signals[metric];
        SignalRef { metric: metric.to_owned(), service: self.object(&signal.component), combine: signal.combine, doc: signal.doc.clone() }
    }
}

/// Whether a component reads this secret.
pub(super) fn uses_secret(component: &Component, secret: &str) -> bool {
    component.secret_env.iter().any(|name| name == secret)
        || component.env.values().any(|value| match value {
            Env::From(EnvSource::SecretFolder(name)) => name == secret,
            Env::From(EnvSource::Secret(reference) | EnvSource::SecretFile(reference)) => {
                reference.split_once('.').is_some_and(|(name, _)| name == secret)
            }
            _ => false,
        })
}

/// The knob of a port's switch.
pub(super) fn switch_of(component: &str, port: &Port) -> Option<String> {
    port.when.as_ref().map(|switch| format!("{}.{switch}", key(component)))
}

fn ports<'a>(name: &str, component: &Component, names: impl Iterator<Item = &'a String>) -> Vec<NamedPort> {
    names
        .map(|port| {
            let about = &component.ports[port];
            NamedPort { name: port.clone(), number: about.number, protocol: about.protocol, when: switch_of(name, about) }
        })
        .collect()
}
