use serde_json::Value;

use crate::{
    plan::{Chart, Labels, Workload},
    tree::{Entry, Tree, When, entry},
    yaml,
};

/// The label by which Helm knows its own.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// The label that all objects of an install carry.
pub(super) const PART_OF: &str = "app.kubernetes.io/part-of";

/// A Kubernetes object, and the template that prints it.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its template, below `templates/`.
    pub file: String,
    /// It is there only when all of these hold.
    pub when: Vec<When>,
    /// The object.
    pub tree: Tree,
}

impl Object {
    pub(super) fn new(file: impl Into<String>, tree: Tree) -> Self {
        Self { file: file.into(), when: Vec::new(), tree }
    }

    pub(super) fn only(mut self, when: When) -> Self {
        self.when.push(when);
        self
    }

    /// There only in this variant of the chart.
    pub(super) fn variant(self, variant: Option<&String>) -> Self {
        match variant {
            Some(variant) => self.only(When::Is("mode".to_owned(), variant.clone())),
            None => self,
        }
    }

    /// As a Helm template.
    pub(super) fn template(&self) -> String {
        yaml::print_template(&self.tree, &self.when)
    }

    /// As it is with these values, in this namespace; without Helm.
    pub(super) fn plain(&self, values: &Value, namespace: &str) -> String {
        let mut tree = self.tree.fixed(values, namespace);
        if let Tree::Map(members) = &mut tree
            && let Some(Entry { value: Tree::Map(metadata), .. }) = members.iter_mut().find(|member| member.name == "metadata")
        {
            if !metadata.iter().any(|member| member.name == "namespace") {
                metadata.insert(1, entry("namespace", namespace));
            }
            for member in metadata {
                if let Tree::Map(labels) = &mut member.value {
                    labels.retain(|label| label.name != MANAGED_BY);
                }
            }
        }
        yaml::print(&tree)
    }

    /// As the API server gets it with these values; nothing when it is not there.
    pub fn json(&self, values: &Value, namespace: &str) -> Option<Value> {
        self.when.iter().all(|when| when.holds(values)).then(|| self.tree.json(values, namespace))
    }
}

/// Metadata of an object that belongs to the whole install.
pub(super) fn metadata(chart: &Chart, name: &str) -> Tree {
    labelled(name, common(chart))
}

/// Metadata of an object that belongs to a workload.
pub(super) fn metadata_of(chart: &Chart, workload: &Workload, name: impl Into<Tree>) -> Tree {
    let mut all = own_labels(workload);
    all.extend(common(chart));
    labelled(name, all)
}

/// Labels of a workload and of its pods, which never change: what selects them is among them.
pub(super) fn own_labels(workload: &Workload) -> Vec<Entry> {
    let mut all = labels(&workload.selector);
    all.push(entry("app.kubernetes.io/instance", workload.instance.clone()));
    all.push(entry("app.kubernetes.io/component", &workload.name));
    all
}

fn labelled(name: impl Into<Tree>, labels: Vec<Entry>) -> Tree {
    Tree::Map(vec![entry("name", name), entry("labels", labels)])
}

fn common(chart: &Chart) -> Vec<Entry> {
    vec![entry(PART_OF, &chart.install.name), entry("app.kubernetes.io/version", &chart.install.version), entry(MANAGED_BY, "Helm")]
}

/// Labels as members.
pub(super) fn labels(labels: &Labels) -> Vec<Entry> {
    labels.iter().map(|(name, value)| entry(name, value.clone())).collect()
}
