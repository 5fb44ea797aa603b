//! What people look at: alert rules and dashboards.

use serde_json::{Value, json};

use super::{Files, aws::text};
use crate::{
    manifest::{Dashboard, Panel, Query},
    plan::Plan,
    tree::{Tree, map},
    yaml,
};

/// Width of Grafana's grid, and the size of a panel in it.
const GRID: usize = 24;
const PANEL: (usize, usize) = (12, 8);

pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    if !plan.alerts.is_empty() {
        let groups = vec![map! { "name" => &plan.install.name, "rules" => rules(plan) }];
        files.insert("monitoring/rules.yaml".to_owned(), yaml::print(&map! { "groups" => groups.clone() }));
        let object = map! {
            "apiVersion" => "monitoring.coreos.com/v1",
            "kind" => "PrometheusRule",
            "metadata" => map! { "name" => &plan.install.name, "namespace" => &plan.install.namespace },
            "spec" => map! { "groups" => groups },
        };
        files.insert("monitoring/prometheusrule.yaml".to_owned(), yaml::print(&object));
    }
    for (name, dashboard) in &plan.dashboards {
        files.insert(format!("monitoring/dashboards/{name}.json"), text(&page(plan, name, dashboard)));
    }
    files
}

fn rules(plan: &Plan) -> Vec<Tree> {
    let rule = |(name, alert): (&String, &crate::manifest::Alert)| {
        map! {
            "alert" => name,
            "expr" => &alert.expr,
            "for" => format!("{}m", alert.for_minutes),
            "labels" => map! { "severity" => alert.severity.as_str() },
            "annotations" => map! { "summary" => &alert.doc },
        }
    };
    plan.alerts.iter().map(rule).collect()
}

fn page(plan: &Plan, name: &str, dashboard: &Dashboard) -> Value {
    let source = json!({"type": "prometheus", "uid": "${source}"});
    let panels: Vec<_> = dashboard.panels.iter().enumerate().map(|(index, about)| panel(index, about, &source)).collect();
    json!({
        "uid": format!("{}-{name}", plan.install.name),
        "title": dashboard.title,
        "tags": [plan.install.name],
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
