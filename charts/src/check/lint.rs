//! What is allowed and yet not as one would wish: where a document is wrong in a way that an operator may have to live with.

use super::Check;
use crate::manifest::{Kind, Statements};

/// Ports by name, and the numbers that are registered for them.
const REGISTERED: &[(&str, &[u16])] = &[
    ("mqtt", &[1883, 8883]),
    ("postgresql", &[5432]),
    ("mongodb", &[27017]),
    ("redis", &[6379]),
    ("smtp", &[25, 465, 587]),
    ("https", &[443]),
    ("dns", &[53]),
];

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, component) in &manifest.components {
        for (port, about) in &component.ports {
            let Some((_, usual)) = REGISTERED.iter().find(|(known, _)| known == port) else { continue };
            if !usual.contains(&about.number) {
                let usual: Vec<_> = usual.iter().map(u16::to_string).collect();
                let message = format!(
                    "{port} is at {} here; registered for it is {}. See what the server really listens on",
                    about.number,
                    usual.join(" or ")
                );
                check.tell(format!("components.{name}.ports.{port}.number"), message);
            }
        }
        let Some(isolation) = &component.isolation else { continue };
        if isolation.stored_form {
            let message = "crd.projectcalico.org/v1 is what Calico stores: nobody validates what is written there, and Calico may give it another name; \
                           prefer network.policy: calico, which is projectcalico.org/v3";
            check.tell(format!("components.{name}.isolation.stored_form"), message);
        }
        if !isolation.denied_nets.is_empty() {
            let message = format!(
                "what no rule lets through is refused, the internet too: the refusal of these networks changes nothing until {name}.internet is set. They \
                 are IPv4; with it set, IPv6 stays closed as a whole"
            );
            check.tell(format!("components.{name}.isolation.denied_nets"), message);
        }
    }
    for (key, there) in [
        ("clouds.azure", manifest.clouds.azure.is_some()),
        ("clouds.alicloud", manifest.clouds.alicloud.is_some()),
        ("mesh", manifest.mesh.is_some()),
    ] {
        if there {
            check.tell(key, "is described, and nothing is rendered of it so far");
        }
    }
    for (name, _) in manifest.hosts.iter().filter(|(_, host)| !host.is_plain()) {
        check.tell(
            format!("hosts.{name}"),
            "has no Ingress: nothing renders `rewrite` and `auth` so far, and without them it would be open",
        );
    }
    for (name, _) in manifest.components.iter().filter(|(_, component)| component.kind == Kind::Release) {
        check.tell(format!("components.{name}"), "is a chart of others, and nothing is rendered of it so far: install it yourself");
    }
    if let Some(oci) = &manifest.clouds.oci {
        let pairs: usize = manifest.grants.iter().map(|grant| grant.buckets.len()).sum();
        let (literal, once) = (pairs * 3, pairs * 2 + manifest.grants.len());
        if oci.statements == Statements::Literal {
            let message = format!("{literal} statements, of which {} are there twice; `deduplicated` has {once}", literal - once);
            check.tell("clouds.oci.statements", message);
        }
    }
}
