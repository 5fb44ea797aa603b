//! Stages as the objects of who follows a repository: applications of Argo CD, releases of Flux, each chart after those that it depends on.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Files;
use crate::{
    manifest::{ArgoCd, Flux, GitOps, Stage},
    plan::{Chart, Plan},
    tree::{Tree, entry, map},
    yaml,
};

/// Longest that a release may take before it is rolled back.
const TIMEOUT: &str = "15m";

pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    let Some(gitops) = &plan.gitops else { return files };
    for (name, stage) in &plan.stages {
        let about = About { plan, gitops, name, stage };
        if let Some(argocd) = &gitops.argocd {
            files.insert(format!("gitops/argocd/{name}.yaml"), yaml::print(&about.applications(argocd)));
            for (index, chart) in plan.charts.iter().enumerate() {
                files.insert(format!("gitops/argocd/{name}/{}.yaml", chart.name), yaml::print(&about.application(argocd, chart, index)));
            }
        }
        if let Some(flux) = &gitops.flux {
            files.insert(format!("gitops/flux/{name}-source.yaml"), yaml::print(&about.source(flux)));
            files.insert(format!("gitops/flux/{name}.yaml"), yaml::print(&about.kustomization(flux)));
            for chart in &plan.charts {
                files.insert(format!("gitops/flux/{name}/{}.yaml", chart.name), yaml::print(&about.release(flux, chart)));
            }
        }
    }
    files
}

/// One stage of a plan.
struct About<'a> {
    plan: &'a Plan,
    gitops: &'a GitOps,
    name: &'a str,
    stage: &'a Stage,
}

impl About<'_> {
    fn namespace(&self) -> &str {
        self.stage.namespace.as_deref().unwrap_or(&self.plan.install.namespace)
    }

    /// Name of what is about the whole stage.
    fn object(&self) -> String {
        format!("{}-{}", self.plan.install.name, self.name)
    }

    fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.gitops.path.trim_end_matches('/'))
    }

    /// Values files of a chart, from the chart's folder.
    fn value_files(&self, chart: &Chart) -> Vec<String> {
        let shared = super::chart::shares_urls(self.plan).then(|| "../urls.yaml".to_owned());
        let profile = self.stage.profiles.get(&chart.name).map(|profile| format!("values-{profile}.yaml"));
        shared.into_iter().chain(profile).collect()
    }

    fn values(&self, chart: &Chart) -> Option<Tree> {
        let set = self.stage.values.get(&chart.name)?;
        Some(Tree::from(nested(set)))
    }

    /// The application that has all others of the stage: the one that is made by hand.
    fn applications(&self, argocd: &ArgoCd) -> Tree {
        let source = map! {
            "repoURL" => &self.gitops.repository,
            "targetRevision" => &self.stage.branch,
            "path" => self.path(&format!("gitops/argocd/{}", self.name)),
        };
        self.argocd(argocd, self.object(), Vec::new(), source, &argocd.namespace, Vec::new())
    }

    fn application(&self, argocd: &ArgoCd, chart: &Chart, order: usize) -> Tree {
        let mut helm = vec![entry("releaseName", &chart.name)];
        let files = self.value_files(chart);
        helm.extend((!files.is_empty()).then(|| entry("valueFiles", files)));
        helm.extend(self.values(chart).map(|values| entry("valuesObject", values)));
        let source = map! {
            "repoURL" => &self.gitops.repository,
            "targetRevision" => &self.stage.branch,
            "path" => self.path(&format!("charts/{}", chart.name)),
            "helm" => helm,
        };
        // A wave begins when all objects of the one before are healthy.
        let wave = vec![entry("annotations", map! { "argocd.argoproj.io/sync-wave" => order.to_string() })];
        let namespace = map! { "labels" => map! { "pod-security.kubernetes.io/enforce" => "restricted" } };
        let sync = vec![entry("managedNamespaceMetadata", namespace), entry("syncOptions", vec!["CreateNamespace=true"])];
        self.argocd(argocd, format!("{}-{}", self.object(), chart.name), wave, source, self.namespace(), sync)
    }

    fn argocd(
        &self,
        argocd: &ArgoCd,
        name: String,
        more: Vec<crate::tree::Entry>,
        source: Tree,
        namespace: &str,
        sync: Vec<crate::tree::Entry>,
    ) -> Tree {
        let mut metadata = vec![entry("name", name), entry("namespace", &argocd.namespace)];
        metadata.extend(more);
        let mut policy = vec![entry("automated", map! { "prune" => true, "selfHeal" => true })];
        policy.extend(sync);
        map! {
            "apiVersion" => "argoproj.io/v1alpha1",
            "kind" => "Application",
            "metadata" => metadata,
            "spec" => map! {
                "project" => &argocd.project,
                "source" => source,
                "destination" => map! { "name" => "in-cluster", "namespace" => namespace },
                "syncPolicy" => policy,
            },
        }
    }

    fn flux(&self, flux: &Flux, version: &str, kind: &str, name: String, spec: Vec<crate::tree::Entry>) -> Tree {
        let mut all = vec![entry("interval", format!("{}m", flux.interval_minutes))];
        all.extend(spec);
        map! {
            "apiVersion" => version,
            "kind" => kind,
            "metadata" => map! { "name" => name, "namespace" => &flux.namespace },
            "spec" => all,
        }
    }

    fn source(&self, flux: &Flux) -> Tree {
        let spec = vec![entry("url", &self.gitops.repository), entry("ref", map! { "branch" => &self.stage.branch })];
        self.flux(flux, "source.toolkit.fluxcd.io/v1", "GitRepository", self.object(), spec)
    }

    fn kustomization(&self, flux: &Flux) -> Tree {
        let spec = vec![
            entry("path", format!("./{}", self.path(&format!("gitops/flux/{}", self.name)))),
            entry("prune", true),
            entry("sourceRef", map! { "kind" => "GitRepository", "name" => self.object() }),
        ];
        self.flux(flux, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", self.object(), spec)
    }

    fn release(&self, flux: &Flux, chart: &Chart) -> Tree {
        // Paths are those of the repository here, not of the chart.
        let files: Vec<_> = self
            .value_files(chart)
            .iter()
            .map(|file| match file.strip_prefix("../") {
                Some(shared) => self.path(&format!("charts/{shared}")),
                None => self.path(&format!("charts/{}/{file}", chart.name)),
            })
            .collect();
        let mut of = vec![
            entry("chart", format!("./{}", self.path(&format!("charts/{}", chart.name)))),
            // The chart's version stands still while its templates change.
            entry("reconcileStrategy", "Revision"),
            entry("sourceRef", map! { "kind" => "GitRepository", "name" => self.object() }),
        ];
        of.extend((!files.is_empty()).then(|| entry("valuesFiles", files)));
        let name = |chart: &str| format!("{}-{chart}", self.object());
        let before: Vec<_> = chart.depends_on.iter().map(|other| map! { "name" => name(other) }).collect();
        let mut spec = vec![
            entry("releaseName", &chart.name),
            entry("targetNamespace", self.namespace()),
            entry("timeout", TIMEOUT),
            entry("chart", map! { "spec" => of }),
        ];
        spec.extend((!before.is_empty()).then(|| entry("dependsOn", before)));
        spec.push(entry("install", map! { "remediation" => map! { "retries" => 3 } }));
        spec.push(entry("upgrade", map! { "remediation" => map! { "retries" => 3 } }));
        spec.extend(self.values(chart).map(|values| entry("values", values)));
        self.flux(flux, "helm.toolkit.fluxcd.io/v2", "HelmRelease", name(&chart.name), spec)
    }
}

/// Values by dotted path, as a values file nests them.
fn nested(set: &BTreeMap<String, Value>) -> Value {
    let mut root = Value::Object(Map::new());
    for (path, value) in set {
        *crate::knob::place(&mut root, path) = value.clone();
    }
    root
}
