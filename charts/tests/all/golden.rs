//! What is rendered is committed, and the same in every run.

use std::fs;

use ampoule_charts::{
    lock::{self, Drift},
    render,
};
use cpu_time::ThreadTime;

use crate::{PLATFORMS, folder, manifest_of, plan, plan_of};

/// `AMPOULE_RENDER_GOLDENS=1 cargo test -p ampoule-charts golden` writes them anew.
#[test]
fn goldens_are_what_is_rendered() {
    for name in PLATFORMS {
        let (golden, files) = (folder().join("golden").join(name), render(&plan_of(name)));
        if std::env::var_os("AMPOULE_RENDER_GOLDENS").is_some() {
            lock::write(&golden, &files).unwrap();
        }
        let drift = lock::drift(&golden, &files).unwrap();
        assert!(
            drift.is_empty(),
            "{drift:#?}\nrender anew: ampoule platform render charts/platforms/{name}.yaml --out charts/golden/{name}"
        );
    }
}

#[test]
fn same_manifest_same_bytes_at_once() {
    for name in PLATFORMS {
        let text = manifest_of(name);
        let began = ThreadTime::now();
        let first = render(&ampoule_charts::read(name, &text).unwrap());
        // Unoptimised: the bound is that of a release build all the same. Of this thread alone: other tests run beside it.
        let took = began.elapsed();
        println!("{name}: {} files in {} ms", first.len(), took.as_millis());
        assert!(took.as_millis() < 500, "{name}: {took:?}");
        for _ in 0..3 {
            assert_eq!(first, render(&plan_of(name)), "{name}");
        }
    }
}

#[test]
fn every_drift_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (out, mut files) = (folder.path().join("out"), render(&plan()));
    lock::write(&out, &files).unwrap();
    assert_eq!(lock::drift(&out, &files).unwrap(), []);

    fs::write(out.join("charts/ampoule/values.yaml"), "worker: {slots: 99}\n").unwrap();
    fs::write(out.join("extra.yaml"), "").unwrap();
    fs::remove_file(out.join("policies/calico/worker.yaml")).unwrap();
    files.insert("charts/ampoule/Chart.yaml".into(), "name: other\n".into());
    let wanted = [
        Drift::Missing("policies/calico/worker.yaml".into()),
        Drift::Extra("extra.yaml".into()),
        Drift::Edited("charts/ampoule/values.yaml".into()),
        Drift::Outdated("charts/ampoule/Chart.yaml".into()),
    ];
    assert_eq!(lock::drift(&out, &files).unwrap(), wanted);
}

#[test]
fn writing_spares_other_peoples_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = render(&plan());
    fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    assert!(matches!(lock::write(folder.path(), &files), Err(lock::FolderError::NotOurs(_))));

    for error in [lock::read(folder.path()).unwrap_err(), lock::drift(folder.path(), &files).unwrap_err()] {
        assert!(error.to_string().ends_with("is no rendered folder: it has no platform.lock"), "{error}");
    }

    let out = folder.path().join("out");
    lock::write(&out, &files).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    files.remove("policies/calico/worker.yaml");
    lock::write(&out, &files).unwrap();
    assert!(!out.join("policies/calico/worker.yaml").exists(), "what was rendered and is no more goes away");
    assert!(out.join("notes.txt").exists());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("thesis.txt"), out.join("link")).unwrap();
        let error = lock::write(&out, &files).unwrap_err().to_string();
        assert!(error.ends_with("link: is neither a file nor a folder; take it away"), "{error}");
    }
}
