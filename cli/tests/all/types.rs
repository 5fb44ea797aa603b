//! The declarations for authors say what a script sees: no less and no more.

use ampoule_typescript::DECLARATIONS;

use crate::{
    declared::{Facts, declared},
    support::*,
};

/// What a script with every grant finds.
fn found() -> Facts {
    let folder = folder();
    let walk =
        concat!("const ECMASCRIPT = ", include_str!("../../../engine/tests/web/ecmascript.json"), ";\n", include_str!("../types/walk.js"));
    let (script, work) = (file(&folder, "walk.js", walk), format!("work={}:rw", folder.path().display()));
    let files = format!("files={}:rw", folder.path().join("blobs").display());
    let grants =
        ["--blob", &files, "--dir", &work, "--env", "REGION=eu", "--secret", "KEY=correct-horse", "--allow-net", "*", "--kv", "test:rw"];
    let run = ampoule(&[&["run", &script], &grants[..]].concat());
    run.says(0, &[]);
    serde_json::from_value(run.json()).unwrap()
}

/// Names on one side alone, and those about which the sides differ.
fn differences(found: &Facts, declared: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, fact) in found {
        match declared.get(name) {
            None => wrong.push(format!("{name} ({fact}) is there, and types/*.d.ts do not declare it")),
            // A property that is no accessor: whether it should be written to is the declaration's business.
            Some(said) if fact == "property, as it is" && said.contains("property") => {}
            Some(said) if said == "property, as it is" && fact.contains("property") => {}
            Some(said) if said == fact => {}
            Some(said) => wrong.push(format!("{name} is a {fact}, and declared as a {said}")),
        }
    }
    let surplus = declared.iter().filter(|(name, _)| !found.contains_key(*name));
    wrong.extend(surplus.map(|(name, fact)| format!("{name} ({fact}) is declared, and not there")));
    wrong
}

#[test]
fn the_declarations_say_what_a_script_sees() {
    let (found, declared) = (found(), declared(DECLARATIONS));
    assert!(found.len() > 400, "{found:#?}");
    let wrong = differences(&found, &declared);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A name that goes, comes or changes on either side is told of.
    for name in ["URL", "Headers.append", "static URL.canParse", "console.log", "Ampoule.Folder.readText", "Event.type"] {
        let mut less = declared.clone();
        less.remove(name).unwrap_or_else(|| panic!("{name} is declared"));
        assert!(differences(&found, &less)[0].starts_with(&format!("{name} (")));
        let mut less = found.clone();
        less.remove(name);
        assert!(differences(&less, &declared)[0].starts_with(&format!("{name} (")));
        let mut other = declared.clone();
        other.insert(name.to_owned(), "method of 9".to_owned());
        assert!(differences(&found, &other)[0].starts_with(&format!("{name} is a ")));
    }
}

#[tokio::test]
async fn authors_get_them_from_the_command_and_from_a_manager() {
    let folder = folder();
    let path = folder.path().join("ampoule.d.ts").display().to_string();
    ampoule(&["types", "--output", &path]).says(0, &[]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), DECLARATIONS);
    assert_eq!(ampoule(&["types"]).stdout, DECLARATIONS);
    ampoule(&["types", "--output", "/nowhere/ampoule.d.ts"]).says(2, &["failed to write /nowhere/ampoule.d.ts"]);
    let server = Server::serve(folder.path(), &[]);
    let answer = server.get("/v1/types").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, DECLARATIONS));
    assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
}
