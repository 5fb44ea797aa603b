//! Ways to print a secret: none shows in the log, and none in an error's text. A deliberate `return` is the script's right.

use ampoule_host_api::Resources;

use super::{
    capabilities::{grants, with},
    *,
};

const SECRET: &str = "S3cr3t-Pa55word+/=zZ";

/// A line each, of statements that print or throw `s`, the secret.
const WAYS: &str = include_str!("secrets.txt");

/// Traces of it, in lower case, that would be no chance: parts of it, forwards and backwards, and of its encodings.
const TRACES: [&str; 14] = [
    "s3cr3t",
    "pa55word",
    "drow55ap",
    "t3rc3s",
    "533363723374",
    "uznjcjn0",
    "m2nym3",
    "tm2nym3",
    "s 3 c r",
    "s,3,c,r",
    "83,51,99",
    "83 51 99",
    "%53%33%63",
    "01010011",
];

#[tokio::test]
async fn no_way_to_print_one_shows_it() {
    let mut resources = Resources::default();
    resources.secrets.insert("KEY", SECRET.into()).unwrap();
    let ways: Vec<_> = WAYS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(ways.len() >= 100, "{} ways", ways.len());
    let mut shown = Vec::new();
    for way in ways {
        let source = format!(
            "export default async (_, __, ctx) => {{ const s = await ctx.secrets.get('KEY'); {way} }}\n{}",
            include_str!("secrets.js")
        );
        let request = RunRequest::new(source);
        let capabilities = with(&request, grants(r#"{"secrets":["KEY"]}"#), &resources);
        let report = ENGINE.run(&request, capabilities, CancellationToken::new()).await.unwrap();
        let text: Vec<_> = report.logs.iter().map(|line| line.message.as_str()).collect();
        let mut text = text.join("");
        assert!(!text.is_empty() || matches!(report.outcome, Outcome::Threw { .. }), "prints nothing: {way}");
        if let Outcome::Threw { error } = &report.outcome {
            text += &format!("{} {} {}", error.name, error.message, error.stack);
            assert!(!error.name.contains("TypeError") && !error.name.contains("Reference"), "{way}: {error:?}");
        }
        if !text.contains("***") {
            shown.push(format!("nothing is masked: {way}: {text}"));
        }
        let lower = text.to_ascii_lowercase();
        if let Some(trace) = TRACES.iter().find(|trace| lower.contains(**trace)) {
            shown.push(format!("{trace} in {way}: {text}"));
        }
    }
    assert!(shown.is_empty(), "\n{}", shown.join("\n"));
    let request = RunRequest::new("export default (_, __, ctx) => ctx.secrets.get('KEY')");
    let capabilities = with(&request, grants(r#"{"secrets":["KEY"]}"#), &resources);
    let report = ENGINE.run(&request, capabilities, CancellationToken::new()).await.unwrap();
    assert!(matches!(report.outcome, Outcome::Returned { value } if value.as_str().contains(SECRET)));
}
