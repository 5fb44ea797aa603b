//! Where the value of an environment variable comes from, resolved.

use super::{
    EnvValue,
    build::{Names, switch_of},
    knobs::{namespace_knob, url_knob},
};
use crate::{
    knob::key,
    manifest::{Component, Env, EnvSource},
    tree::{Part, Tree},
};

/// Folder of mounted secrets.
pub(crate) const SECRET_FOLDER: &str = "/var/run/secrets/ampoule";

impl Names<'_> {
    pub(super) fn env(&self, name: &str, component: &Component, value: &Env) -> EnvValue {
        let source = match value {
            Env::Text(text) => return EnvValue::Plain(Tree::text(text)),
            Env::From(source) => source,
        };
        let number = |knob: &String, unit: &str| {
            let value = Part::Number(format!("{}.{knob}", key(name)));
            Tree::Text(if unit.is_empty() { vec![value] } else { vec![value, Part::Literal(unit.to_owned())] })
        };
        EnvValue::Plain(match source {
            EnvSource::Listen(port) => {
                let address = Tree::text(format!("0.0.0.0:{}", component.ports[port].number));
                match switch_of(name, &component.ports[port]) {
                    Some(switch) => return EnvValue::When(switch, address),
                    None => address,
                }
            }
            EnvSource::Folder(volume) => {
                let path = Tree::text(&component.volumes[volume].path);
                match self.switch(volume) {
                    Some(switch) => return EnvValue::When(switch, path),
                    None => path,
                }
            }
            EnvSource::Url(target) => self.url(component, target),
            EnvSource::Knob(knob) if component.knobs[knob].default.is_string() => {
                let path = format!("{}.{knob}", key(name));
                return EnvValue::When(path.clone(), Tree::knob(path));
            }
            EnvSource::Knob(knob) => number(knob, ""),
            EnvSource::Seconds(knob) => number(knob, "s"),
            EnvSource::Hours(knob) => number(knob, "h"),
            EnvSource::Mebibytes(knob) => number(knob, "MiB"),
            EnvSource::Json(knob) => Tree::Text(vec![Part::Json(format!("{}.{knob}", key(name)))]),
            EnvSource::SecretFolder(secret) => Tree::text(format!("{SECRET_FOLDER}/{secret}")),
            EnvSource::SecretFile(reference) => Tree::text(format!("{SECRET_FOLDER}/{}", reference.replace('.', "/"))),
            EnvSource::Secret(reference) => {
                let (secret, field) = reference.split_once('.').unwrap_or_default();
                return EnvValue::SecretKey(format!("secrets.{}", key(secret)), field.to_owned());
            }
        })
    }

    fn url(&self, user: &Component, target: &str) -> Tree {
        let (place, name) = target.split_once(':').unwrap_or_default();
        if place == "host" {
            return match url_knob(self.0.chart_of(user.chart.as_ref()), name, &self.0.hosts[name]) {
                Some(knob) => Tree::knob(knob),
                None => Tree::Text(vec![Part::Literal("https://".to_owned()), Part::Knob(format!("hosts.{}.name", key(name)))]),
            };
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
}
