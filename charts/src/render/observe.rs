//! What people look at: alert rules and dashboards.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    Files,
    aws::text,
    object::{Object, metadata},
};
use crate::{
    manifest::{Alert, Dashboard, Panel, Query},
    plan::{Chart, Plan},
    tree::{Tree, When, entry, map},
};

/// The knob with the labels by which Grafana's sidecar finds pages.
const LABELS: &str = "monitoring.dashboardLabels";

/// Width of Grafana's grid, and the size of a panel in it.
const GRID: usize = 24;
const PANEL: (usize, usize) = (12, 8);

/// In the cluster, for who lets operators and sidecars pick them up there.
pub(super) fn objects(chart: &Chart) -> Vec<Object> {
    let mut objects = Vec::new();
    if !chart.alerts.is_empty() {
        objects.push(Object::new("monitoring/rules.yaml", prometheus_rule(chart)).only(When::Set("monitoring.rules".to_owned())));
    }
    for (name, dashboard) in &chart.dashboards {
        let mut about = metadata(chart, &format!("{}-dashboard-{name}", chart.name));
        // The sidecar's alone: a template cannot merge them into ours.
        if let Tree::Map(members) = &mut about {
            members.retain(|member| member.name != "labels");
            members.push(entry("labels", Tree::Block(LABELS.to_owned())));
        }
        let file = format!("{}-{name}.json", chart.install.name);
        let tree = map! {
            "apiVersion" => "v1",
            "kind" => "ConfigMap",
            "metadata" => about,
            "data" => Tree::Map(vec![entry(file, text(&page(&chart.install.name, name, dashboard)))]),
        };
        let object = Object::new(format!("monitoring/dashboard-{name}.yaml"), tree);
        objects.push(object.only(When::Set("monitoring.dashboards".to_owned())));
    }
    objects
}

/// Without Helm: for who gives Prometheus files, and imports pages into Grafana.
pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    if !plan.alerts.is_empty() {
        files
            .insert("monitoring/rules.yaml".to_owned(), crate::yaml::print(&map! { "groups" => groups(&plan.install.name, &plan.alerts) }));
    }
    for chart in plan.charts.iter().filter(|chart| !chart.alerts.is_empty()) {
        let object = Object::new("", prometheus_rule(chart));
        let text = object.plain(&chart.knobs.defaults(), &plan.install.namespace);
        files.insert("monitoring/prometheusrule.yaml".to_owned(), text);
    }
    for (name, dashboard) in &plan.dashboards {
        files.insert(format!("monitoring/dashboards/{name}.json"), text(&page(&plan.install.name, name, dashboard)));
    }
    files
}

fn prometheus_rule(chart: &Chart) -> Tree {
    let found_by = "monitoring.labels".to_owned();
    let mut labelled = entry("labels", Tree::Block(found_by.clone()));
    labelled.when = Some(When::Set(found_by));
    map! {
        "apiVersion" => "monitoring.coreos.com/v1",
        "kind" => "PrometheusRule",
        "metadata" => vec![entry("name", &chart.name), labelled],
        "spec" => map! { "groups" => groups(&chart.install.name, &chart.alerts) },
    }
}

fn groups(name: &str, alerts: &BTreeMap<String, Alert>) -> Vec<Tree> {
    vec![map! { "name" => name, "rules" => rules(alerts) }]
}

fn rules(alerts: &BTreeMap<String, Alert>) -> Vec<Tree> {
    let rule = |(name, alert): (&String, &Alert)| {
        map! {
            "alert" => name,
            "expr" => &alert.expr,
            "for" => format!("{}m", alert.for_minutes),
            "labels" => map! { "severity" => alert.severity.as_str() },
            "annotations" => map! { "summary" => &alert.doc },
        }
    };
    alerts.iter().map(rule).collect()
}

fn page(install: &str, name: &str, dashboard: &Dashboard) -> Value {
    let source = json!({"type": "prometheus", "uid": "${source}"});
    let panels: Vec<_> = dashboard.panels.iter().enumerate().map(|(index, about)| panel(index, about, &source)).collect();
    json!({
        "uid": format!("{install}-{name}"),
        "title": dashboard.title,
        "tags": [install],
        "schemaVersion": 39,
        "version": 1,
        "editable": true,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [
            {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
            {
                "name": "namespace",
                "label": "Namespace",
                "type": "query",
                "datasource": source,
                "query": {"query": format!("label_values({}, namespace)", dashboard.chosen_by), "refId": "namespace"},
                "refresh": 2,
            },
        ]},
        "panels": panels,
    })
}

fn panel(index: usize, panel: &Panel, source: &Value) -> Value {
    let (width, height) = PANEL;
    let in_a_row = GRID / width;
    let target = |(number, query): (usize, &Query)| {
        let legend = match (&query.by, &query.name) {
            (Some(label), _) => format!("{{{{{label}}}}}"),
            (None, Some(name)) => name.clone(),
            (None, None) => panel.title.clone(),
        };
        json!({"refId": char::from(b'A' + number as u8).to_string(), "datasource": source, "expr": query.expr, "legendFormat": legend})
    };
    json!({
        "id": index + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.doc,
        "datasource": source,
        "gridPos": {"x": index % in_a_row * width, "y": index / in_a_row * height, "w": width, "h": height},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, "custom": {"lineWidth": 1, "fillOpacity": 10}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": panel.queries.iter().enumerate().map(target).collect::<Vec<_>>(),
    })
}
