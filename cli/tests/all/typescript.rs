//! TypeScript, and positions in what the author wrote.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Server, ampoule, file, folder};

const THROWS: &str = "interface A { b: string }\n\nenum E { X, Y }\n\nfunction inner(a: A): never {\n  console.trace('here');\n  throw new RangeError(`no ${a.b} ${E[1]}`);\n}\n\nexport default (input: A) => {\n  type Local = string;\n  return inner({ b: 'x' as Local });\n};\n";

/// Positions in a stack, outermost last.
fn places(stack: &str) -> Vec<&str> {
    stack.lines().map(|line| line.trim().rsplit(['(', ' ']).next().unwrap().trim_end_matches(')')).collect()
}

#[tokio::test]
async fn stacks_tell_the_lines_of_the_author() {
    let folder = folder();
    let script = file(&folder, "throws.ts", THROWS);
    let report = ampoule(&["run", &script, "--json"]).json();
    let error = &report["outcome"]["error"];
    assert_eq!((&error["name"], &error["message"]), (&json!("RangeError"), &json!("no x Y")));
    let server = Server::serve(folder.path(), &[]);
    let id = server.submit(&json!({"script": {"source": THROWS, "name": "throws.ts"}})).await;
    let job = server.finished(&id).await;
    assert_eq!(job["outcome"]["error"], *error);
    assert_eq!(places(error["stack"].as_str().unwrap()), ["throws.ts:7:9", "throws.ts:12:10"], "{error}");
    let trace = server.messages(&id).await.remove(0);
    assert_eq!(places(&trace)[1..], ["throws.ts:6:11", "throws.ts:12:10"], "{trace}");
    // Live, too.
    let run = ampoule(&["run", &script]);
    run.says(1, &["(throws.ts:6:11)", "(throws.ts:7:9)"]);
}

/// What a bundler makes: one file, and a map to others.
#[test]
fn bundles_tell_the_lines_of_their_sources() {
    let folder = folder();
    // Line 1 of the bundle is line 3 of src/a.js from column 1 on, line 2 is line 9 of src/b.js.
    let map = "eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbInNyYy9hLmpzIiwic3JjL2IuanMiXSwibmFtZXMiOltdLCJtYXBwaW5ncyI6IkFBRUE7QUNNQSJ9";
    let source =
        format!("function f() {{ null.x; }}\nexport default () => f();\n//# sourceMappingURL=data:application/json;base64,{map}\n");
    let report = ampoule(&["run", &file(&folder, "bundle.js", source), "--json"]).json();
    let stack = report["outcome"]["error"]["stack"].as_str().unwrap().to_owned();
    assert_eq!(places(&stack), ["src/a.js:3:1", "src/b.js:9:1"], "{stack}");
}

/// What a bundle holds that does not parse: message and stack tell the same place.
#[test]
fn a_syntax_error_tells_the_line_of_its_source() {
    let folder = folder();
    let map = "eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbInNyYy9hLmpzIiwic3JjL2IuanMiXSwibmFtZXMiOltdLCJtYXBwaW5ncyI6IkFBRUE7QUNNQSJ9";
    let source = format!("export default () => 1;\nlet = ;\n//# sourceMappingURL=data:application/json;base64,{map}\n");
    let report = ampoule(&["run", &file(&folder, "bundle.js", source), "--json"]).json();
    let error = &report["outcome"]["error"];
    assert_eq!((&error["name"], places(error["stack"].as_str().unwrap())), (&json!("SyntaxError"), vec!["src/b.js:9:1"]), "{error}");
    assert!(error["message"].as_str().unwrap().ends_with(" at line 9, col 1"), "{error}");
}

#[tokio::test]
async fn what_is_no_typescript_is_refused_before_anything_is_stored() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let cases = [
        ("x.ts", "const a: number = 1;\nconst b: = 2;", "x.ts:2:10: Unexpected token"),
        ("x.ts", "@log class A {}", "x.ts:1:1: decorators are not supported"),
        ("x.tsx", "export default () => <p>1</p>", "x.tsx:1:1: JSX is not supported"),
    ];
    for (name, source, said) in cases {
        let answer = server.post("/v1/jobs", &json!({"script": {"source": source, "name": name}})).await;
        let problem = answer.json(422);
        assert_eq!(problem["code"], "invalid_script", "{problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with(said), "{problem}");
        ampoule(&["run", &file(&folder, name, source)]).says(2, &[said]);
    }
    let by_field = json!({"script": {"source": "export default (): string => 'typed'", "language": "typescript"}});
    let id = server.submit(&by_field).await;
    assert_eq!(server.finished(&id).await["outcome"]["value"], "typed");
    let library = json!({"name": "t", "source": "export const v: number = 3", "language": "typescript"});
    let id =
        server.submit(&json!({"script": {"source": "import { v } from 'lib:t'; export default () => v"}, "libraries": [library]})).await;
    assert_eq!(server.finished(&id).await["outcome"]["value"], 3);
    assert_eq!(server.count().await, 2);
}

/// A batch shares a compiler, and still says whose the error is.
#[tokio::test]
async fn an_error_in_a_batch_names_the_job() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let typed = |source: &str| json!({"script": {"source": source, "name": "x.ts"}});
    let good = typed("export default (n: number): number => n + 1");
    let deep = typed(&format!("export default {}1{}", "(".repeat(600_000), ")".repeat(600_000)));
    for (wrong, said) in [(typed("const b: = 2;"), "x.ts:1:10: Unexpected token"), (deep, "the TypeScript is too much for the compiler")] {
        let answer = server.post("/v1/jobs/batch", &json!({"jobs": [good, {"script": {"source": "1"}}, good, wrong, good]})).await;
        let problem = answer.json(422);
        assert_eq!(problem["code"], "invalid_script", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("jobs[3], and none was stored: {said}")), "{detail}");
    }
    assert_eq!(server.count().await, 0);
    let mut jobs = vec![good; 3];
    jobs[1]["input"] = json!(41);
    let stored = server.post("/v1/jobs/batch", &json!({"jobs": jobs})).await.json(202);
    let id = stored["jobs"][1]["id"].as_str().unwrap();
    assert_eq!(server.finished(id).await["outcome"]["value"], 42);
}

/// Each takes the compiler down in its own way, and the manager not at all.
#[tokio::test]
async fn hostile_typescript_harms_nobody() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let pid = server.pid();
    let depth = 600_000;
    let hostile = ["(", "[", "!", "a=>", "{a:", "`${", "x?y:", "if(a)"];
    for open in hostile {
        let source = format!("let x = {}", open.repeat(depth * 3 / open.len()));
        let answer = server.post("/v1/jobs", &json!({"script": {"source": source, "name": "h.ts"}})).await;
        let problem: Value = answer.json(422);
        assert_eq!(problem["code"], "invalid_script", "{open}: {problem}");
    }
    let fine = server.submit(&json!({"script": {"source": "export default (): number => 1", "name": "f.ts"}})).await;
    let job = tokio::time::timeout(Duration::from_secs(60), server.finished(&fine)).await.unwrap();
    assert_eq!((job["outcome"]["value"].clone(), server.pid()), (json!(1), pid));
}
