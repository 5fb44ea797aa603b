//! Scripts of several files: what `ampoule run` collects, what it does not touch, and the same script as a job.

use std::fs;

use serde_json::json;

use crate::support::{Server, ampoule, file, folder};

#[tokio::test]
async fn a_script_of_several_files_runs_here_and_as_a_job() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("app/lib")).unwrap();
    let main = file(
        &folder,
        "app/main.ts",
        "import { euros, type Cents } from './lib/money.js';\nimport rates from './rates.json' with { type: 'json' };\nimport tax from 'tax';\n\
         import * as cash from 'lib:cash@2';\n\
         export default async (input: Cents) => [euros(input), rates.usd, tax(1), cash.v, (await import('./lib/late.js')).late];",
    );
    file(
        &folder,
        "app/lib/money.ts",
        "export type Cents = number;\nexport const euros = (cents: Cents): string => (cents / 100).toFixed(2);",
    );
    file(&folder, "app/lib/late.js", "import { euros } from './money.ts';\nexport const late = euros(5);");
    file(&folder, "app/lib/tax.js", "export default (x) => x * 1.19;");
    file(&folder, "app/rates.json", "{\"usd\": 1.1}");
    file(&folder, "app/unused.js", "not even JavaScript (");
    file(&folder, "app/ampoule.json", "{\"main\": \"main.ts\", \"imports\": {\"tax\": \"./lib/tax.js\"}}");
    let library = format!("cash@2={}", file(&folder, "cash.js", "export const v = 'two'"));
    let other = format!("cash@1={}", file(&folder, "cash1.js", "export const v = 'one'"));
    let app = folder.path().join("app").display().to_string();
    let expected = "[\"12.34\",1.1,1.19,\"two\",\"0.05\"]\n";
    for script in [&main, &app] {
        let run = ampoule(&["run", script, "--input", "1234", "--lib", &other, "--lib", &library]);
        assert_eq!(run.stdout, expected, "{run:?}");
    }
    let server = Server::serve(folder.path(), &[]);
    let submit = ampoule(&["submit", &main, "--input", "1234", "--lib", &other, "--lib", &library, "--wait", "--manager", &server.url]);
    assert_eq!(submit.stdout, expected, "{submit:?}");

    // The same from a client of its own, which sends TypeScript.
    let script = json!({
        "name": "m.ts", "source": "import { a } from './b.js'; import c from 'c'; export default (): number => a + c",
        "modules": {"b.ts": "export const a: number = 40", "c.js": "export default 2"}, "imports": {"c": "./c.js"},
    });
    let id = server.submit(&json!({"script": script})).await;
    assert_eq!(server.finished(&id).await["outcome"], json!({"kind": "returned", "value": 42}));
}

/// Nothing has run, and nothing outside the folder was opened.
#[test]
fn what_cannot_be_imported_is_told_with_file_line_and_column() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("app")).unwrap();
    let secret = file(&folder, "secret.js", "export default 'outside'");
    std::os::unix::fs::symlink(&secret, folder.path().join("app/link.js")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("app/up")).unwrap();
    file(&folder, "app/helper.js", "\nimport './gone.js';");
    file(&folder, "app/whole.js", "");
    for (source, said) in [
        ("import x from './link.js'; export default () => x", "s.js:1:15: cannot import `./link.js`: there is no file link.js"),
        (
            "import x from './up/secret.js'; export default () => x",
            "s.js:1:15: cannot import `./up/secret.js`: there is no file up/secret.js",
        ),
        ("import x from '../secret.js'; export default () => x", "s.js:1:15: cannot import `../secret.js`: it leads outside"),
        ("console.log(1);\nimport x from './none.js'; export default () => x", "s.js:2:15: cannot import `./none.js`"),
        ("import './helper.js'; export default () => 1", "helper.js:2:8: cannot import `./gone.js`"),
        ("import './whole'; export default () => 1", "there is no file whole in"),
        ("import './whole'; export default () => 1", "but whole.js: an import names the whole file"),
        ("import x from 'lodash'; export default () => x", "s.js:1:15: cannot import `lodash`: it is no path"),
    ] {
        let script = file(&folder, "app/s.js", source);
        let run = ampoule(&["run", &script]);
        run.says(2, &[said]);
        assert_eq!(run.stdout, "", "{source}");
    }
    // `import()` may be meant to fail: the script learns of it.
    let script = file(
        &folder,
        "app/s.js",
        "export default async () => { try { return await import('./link.js') } catch (error) { return error.message } }",
    );
    let run = ampoule(&["run", &script]);
    assert!(run.code == Some(0) && run.stdout.contains("there is no module `link.js`"), "{run:?}");
}

#[test]
fn an_import_map_is_checked() {
    let folder = folder();
    let script = file(&folder, "s.js", "import x from 'x/y.js'; export default () => x");
    file(&folder, "y.js", "export default 'Y'");
    let map = |text: &str| ampoule(&["run", &script, "--import-map", &file(&folder, "map.json", text)]);
    assert_eq!(map("{\"imports\": {\"x/\": \"./\"}}").stdout, "\"Y\"\n");
    map("{\"import\": {}}").says(2, &["map.json is no manifest", "unknown field `import`"]);
    map("{\"imports\": {\"x/\": \"../\"}}").says(2, &["s.js:1:15: cannot import `x/y.js`: it leads outside"]);
}
