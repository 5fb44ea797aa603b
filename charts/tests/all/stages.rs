//! Stages: what follows the repository, and what a stage may not say.

use ampoule_charts::render;
use serde_json::{Value, json};

use crate::{changed, plan};

fn object(path: &str) -> Value {
    serde_saphyr::from_str(&render(&plan())[path]).unwrap()
}

#[test]
fn each_stage_is_followed_from_its_branch_with_its_values() {
    for (stage, branch, profile, registry) in [("testing", "testing", "small", "testing"), ("production", "main", "fleet", "production")] {
        let application = object(&format!("gitops/argocd/{stage}/ampoule.yaml"));
        let source = &application["spec"]["source"];
        assert_eq!((&source["targetRevision"], &source["path"]), (&branch.into(), &"ampoule/charts/ampoule".into()));
        assert_eq!(source["helm"]["valueFiles"], json!([format!("values-{profile}.yaml")]));
        let image = format!("registry.example.com/{registry}/ampoule");
        assert_eq!(source["helm"]["valuesObject"]["images"]["ampoule"]["repository"], image.as_str());
        // The application of applications is made by hand, and has the others.
        assert_eq!(object(&format!("gitops/argocd/{stage}.yaml"))["spec"]["source"]["path"], format!("ampoule/gitops/argocd/{stage}"));

        let release = object(&format!("gitops/flux/{stage}/ampoule.yaml"));
        let chart = &release["spec"]["chart"]["spec"];
        assert_eq!((&chart["chart"], &chart["reconcileStrategy"]), (&"./ampoule/charts/ampoule".into(), &"Revision".into()));
        assert_eq!(chart["valuesFiles"], json!([format!("ampoule/charts/ampoule/values-{profile}.yaml")]));
        assert_eq!(release["spec"]["values"]["images"]["ampoule"]["repository"], image.as_str());
        let source = object(&format!("gitops/flux/{stage}-source.yaml"));
        assert_eq!(source["spec"]["ref"]["branch"], branch);
        assert_eq!(source["metadata"]["name"], chart["sourceRef"]["name"]);
        let kustomization = object(&format!("gitops/flux/{stage}.yaml"));
        assert_eq!(kustomization["spec"]["path"], format!("./ampoule/gitops/flux/{stage}"));
        assert_eq!(kustomization["spec"]["sourceRef"], chart["sourceRef"]);
    }
}

#[test]
fn every_values_file_that_a_stage_names_is_rendered() {
    let files = render(&plan());
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("gitops/")) {
        for word in text.split([' ', '"', '\n']).filter(|word| word.ends_with(".yaml")) {
            let below = word.strip_prefix("ampoule/").map_or_else(|| format!("charts/ampoule/{word}"), str::to_owned);
            assert!(files.contains_key(&below), "{path}: {word}");
        }
    }
}

#[test]
fn what_a_stage_may_not_say() {
    let check = |from: &str, to: &str, wanted: &str| {
        let told = changed(from, to).expect_err(to).to_string();
        assert!(told.contains(wanted), "{told}");
    };
    check("branch: testing", "branch: main", "stages.testing.branch: `main` is that of `production` already");
    check("order: 2", "order: 1", "stages.testing.order: 1 is that of `production` already");
    check("profiles: {ampoule: fleet}", "profiles: {ampoule: flete}", "there is no profile `flete`, did you mean `fleet`?");
    check("hosts.api.enabled: true,", "hosts.api.enable: true,", "there is no knob `hosts.api.enable`, did you mean `hosts.api.enabled`?");
    check("hosts.api.enabled: true,", "hosts.api.enabled: \"yes\",", "`\"yes\"` is not possible; true or false");
    check(
        "repository: registry.example.com/production/ampoule",
        "repository: registry.example.com/testing/ampoule",
        "stages.production.values.ampoule.images.ampoule.repository: `registry.example.com/testing/ampoule` may not be used in stage production",
    );
    check(
        "  argocd: {namespace: argocd, project: default}\n  flux: {namespace: flux-system, interval_minutes: 5}\n",
        "",
        "names nobody who follows",
    );
}
