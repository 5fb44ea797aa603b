//! What does a job cost, by script and by how it was loaded?

use std::{fmt::Write as _, path::Path, rc::Rc};

use ampoule_engine::RunRequest;
use ampoule_protocol::{LibrarySource, Limits};
use anyhow::Result;

use crate::{Bench, Clock, JOB, Lab, Subject, Unit, job, peers::packages};

/// Scripts of `alternate_200`: more than the pool has sandboxes, few enough for the image cache's default.
const ALTERNATING: usize = 200;

/// Jobs with and without images. `peers_dir` is where the library from npm is kept.
pub fn subjects(peers_dir: &Path) -> Result<Vec<Subject>> {
    let (images, none) = (Rc::new(Lab::new()?), Rc::new(Lab::without_images()?));
    let pair = |name: &str, request: RunRequest| -> [Subject; 2] {
        let (from_image, lab) = (from_image(name, &images, request.clone()), Rc::clone(&none));
        [from_image, Subject::new(format!("{name}_no_image"), Clock::Both, move || lab.returns(&request).map(drop))]
    };
    let mut subjects = Vec::from(pair("job", job()));
    subjects.extend(pair("lines_500", RunRequest { input: serde_json::json!({"name": "item_1"}).into(), ..RunRequest::new(classes(500)) }));
    match packages::lodash(peers_dir) {
        Ok(source) => subjects.extend(pair("library", with_lodash(&source))),
        Err(reason) => subjects.push(Subject::missing("library", format!("{reason:#}"))),
    }
    subjects.push(first(&images));
    subjects.push(alternating(&images)?);
    Ok(subjects)
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.measuring("preparing scripts", 0.0);
    let subjects = subjects(&bench.peers_dir)?;
    bench.subjects(Unit::Microseconds, subjects)?;
    image(bench)
}

/// `image_build` and `image_kib`: what the image of `job.js` costs.
fn image(bench: &mut Bench<'_>) -> Result<()> {
    const IMAGES: usize = 50;
    bench.measuring("image_build", 1.0);
    let (lab, request) = (Lab::without_images()?, job());
    let (mut build, mut kept) = (Vec::new(), Vec::new());
    for _ in 0..IMAGES {
        let cost = lab.image_cost(&request)?;
        build.push(Unit::Milliseconds.of(cost.build));
        kept.push(cost.bytes as f64 / 1024.0);
    }
    bench.record("image_build", Unit::Milliseconds, build);
    bench.record("image_kib", Unit::Kibibytes, kept);
    Ok(())
}

fn from_image(name: &str, lab: &Rc<Lab>, request: RunRequest) -> Subject {
    if let Err(error) = lab.image(&request) {
        return Subject::missing(name, format!("{error:#}"));
    }
    let lab = Rc::clone(lab);
    Subject::new(name, Clock::Both, move || lab.returns(&request).map(drop))
}

/// A script that this engine never saw.
fn first(lab: &Rc<Lab>) -> Subject {
    let (lab, mut request, mut number) = (Rc::clone(lab), job(), 0_u64);
    Subject::new("job_first", Clock::Both, move || {
        number += 1;
        request.script.source = format!("{JOB}// {number}");
        lab.returns(&request).map(drop)
    })
}

/// Two hundred scripts of the size of `job`, each from its image, in random order.
fn alternating(lab: &Rc<Lab>) -> Result<Subject> {
    let requests: Vec<_> = (0..ALTERNATING)
        .map(|number| {
            let mut request = job();
            request.script.source = format!("{JOB}var number = {number};");
            request
        })
        .collect();
    for request in &requests {
        lab.image(request)?;
    }
    let (lab, mut random) = (Rc::clone(lab), 1_u64);
    Ok(Subject::new(format!("alternate_{ALTERNATING}"), Clock::Both, move || {
        // Knuth's MMIX generator; its high bits are random enough to pick a script.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lab.returns(&requests[(random >> 33) as usize % ALTERNATING]).map(drop)
    }))
}

/// A job whose library is lodash, whole, 540 KB of source.
fn with_lodash(lodash: &str) -> RunRequest {
    let script = "function main(input, { lodash }) { return lodash.map(lodash.groupBy(input.items, 'cat'), (g, k) => [k, lodash.sumBy(g, 'qty')]); }";
    let limits = Limits { script_bytes: Limits::CEILING.script_bytes, ..Limits::DEFAULT };
    let library = LibrarySource::new("lodash", lodash);
    RunRequest { libraries: vec![library], limits, ..RunRequest { input: job().input, ..RunRequest::new(script) } }
}

/// About this many lines of classes and validating functions, and a `main` that uses them all.
fn classes(lines: usize) -> String {
    const LINES_EACH: usize = 14;
    let mut source = String::new();
    let count = lines / LINES_EACH;
    for i in 0..count {
        let _ = writeln!(
            source,
            r#"class Model{i} {{
  #total = {i};
  static count = 0;
  constructor(name, value = {i}) {{ this.name = name; this.value = value; Model{i}.count++; }}
  get double() {{ return this.value * 2; }}
  add(x) {{ this.#total += x; return this.#total; }}
  toJSON() {{ return {{ type: "Model{i}", name: this.name, value: this.value, total: this.#total }}; }}
}}
function validate{i}(o) {{
  const errors = [];
  if (typeof o.name !== "string" || !/^[a-z_]\w*$/i.test(o.name)) errors.push("bad name {i}");
  if (!(o.value >= 0 && o.value < 100{i})) errors.push(`bad value ${{o.value}}`);
  return errors.length ? {{ ok: false, errors }} : {{ ok: true }};
}}"#
        );
    }
    let models: Vec<_> = (0..count).map(|i| format!("[Model{i}, validate{i}]")).collect();
    let _ = writeln!(source, "const all = [{}];", models.join(", "));
    source
        + "function main(input) { return all.map(([Model, validate]) => { const m = new Model(input.name); m.add(m.double); return [validate(m).ok, JSON.stringify(m)]; }); }\n"
}
