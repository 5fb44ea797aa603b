//! Where an import leads: the same in the sandbox as where modules are collected for it.

/// What an import names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The library of that name, `NAME` or `NAME@VERSION`.
    Library(String),
    /// The module at that path from the root of its script or library.
    Module(String),
}

/// Why an import names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// Its path climbs above the root.
    Outside,
    /// It is neither a path nor a library, and not in the import map.
    Bare,
}

/// What `specifier` names in the module at the path `from`, under an import map of `(name, target)`.
///
/// A name of the map fits as a whole, or as the longest prefix that ends in `/`. What begins with `./`, `../` or `lib:` is never
/// looked up in it.
pub fn resolve<'a>(specifier: &str, from: &str, imports: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Target, Unresolved> {
    if let Some(library) = specifier.strip_prefix("lib:") {
        return Ok(Target::Library(library.to_owned()));
    }
    if specifier.starts_with("./") || specifier.starts_with("../") {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        return join(folder, specifier);
    }
    let fits = |(name, _): &(&str, &str)| *name == specifier || (name.ends_with('/') && specifier.starts_with(name));
    let (name, target) = imports.into_iter().filter(fits).max_by_key(|(name, _)| name.len()).ok_or(Unresolved::Bare)?;
    match target.strip_prefix("lib:") {
        Some(library) => Ok(Target::Library(library.to_owned())),
        None => join("", &format!("{target}{}", &specifier[name.len()..])),
    }
}

/// The path of the TypeScript that a compiler would turn into the file at `path`: imports name the outcome, which is not there.
pub fn typescript_path(path: &str) -> Option<String> {
    let (stem, extension) = path.rsplit_once('.')?;
    let extension = match extension {
        "js" => "ts",
        "mjs" => "mts",
        _ => return None,
    };
    Some(format!("{stem}.{extension}"))
}

fn join(folder: &str, relative: &str) -> Result<Target, Unresolved> {
    let mut path: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop().ok_or(Unresolved::Outside)?),
            part => path.push(part),
        }
    }
    Ok(Target::Module(path.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_libraries_and_names() {
        let imports = [("money", "lib:money@3"), ("app/", "./src/"), ("app/x/", "./other/"), ("one", "./src/one.js"), ("lib:a", "lib:b")];
        let module = |path: &str| Ok(Target::Module(path.to_owned()));
        let library = |name: &str| Ok(Target::Library(name.to_owned()));
        for (specifier, from, target) in [
            ("./a.js", "main.js", module("a.js")),
            ("./a.js", "lib/b.js", module("lib/a.js")),
            ("../a.js", "lib/b.js", module("a.js")),
            ("./x/.././/a.js", "lib/b.js", module("lib/a.js")),
            ("../a.js", "main.js", Err(Unresolved::Outside)),
            ("./x/../../a.js", "main.js", Err(Unresolved::Outside)),
            ("lib:a@2", "lib/b.js", library("a@2")),
            ("lib:a", "b.js", library("a")),
            ("money", "lib/b.js", library("money@3")),
            ("one", "lib/b.js", module("src/one.js")),
            ("app/y.js", "b.js", module("src/y.js")),
            ("app/x/y.js", "b.js", module("other/y.js")),
            ("app/../../y.js", "b.js", Err(Unresolved::Outside)),
            ("app", "b.js", Err(Unresolved::Bare)),
            ("/a.js", "b.js", Err(Unresolved::Bare)),
            ("", "b.js", Err(Unresolved::Bare)),
            ("https://a/b.js", "b.js", Err(Unresolved::Bare)),
        ] {
            assert_eq!(resolve(specifier, from, imports), target, "{specifier} from {from}");
        }
    }

    #[test]
    fn outcomes_of_typescript() {
        assert_eq!(typescript_path("a/b.js").as_deref(), Some("a/b.ts"));
        assert_eq!(typescript_path("b.mjs").as_deref(), Some("b.mts"));
        assert_eq!(typescript_path("b.json"), None);
        assert_eq!(typescript_path("b"), None);
    }
}
