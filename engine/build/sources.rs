//! Stage 1: the guest's sources in one folder, with Boa's pinned crates unpacked and patched beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

/// Folders whose files the guest is made from.
pub(crate) const FOLDERS: [&str; 4] = ["guest/src", "guest/patches", "abi/src", "build"];
/// Further files that the guest is made from.
pub(crate) const FILES: [&str; 6] =
    ["guest/Cargo.toml", "guest/Cargo.lock", "guest/guest.profdata", "abi/Cargo.toml", "src/settings.rs", "src/memory_module.rs"];

/// Every file that the guest is made from.
pub(crate) fn inputs(engine_dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        walk(&engine_dir.join(folder), &mut files)?;
    }
    // Of the patches' folder the patches alone, and what they are for.
    let patches = engine_dir.join("guest/patches");
    files.retain(|file| {
        !file.starts_with(&patches) || file.ends_with("SOURCES") || file.extension().is_some_and(|extension| extension == "patch")
    });
    files.extend(FILES.map(|file| engine_dir.join(file)));
    files.sort();
    Ok(files)
}

/// The guest's sources, ready for cargo.
pub(crate) struct Stage {
    /// The folder of its `Cargo.toml`. Everything that is not a registry's lies inside: cargo names crates of other folders by where they lie.
    pub(crate) guest: PathBuf,
    /// Where cargo unpacked the crates of registries.
    pub(crate) registries: BTreeSet<PathBuf>,
}

/// Lays out `work_dir/guest`.
pub(crate) fn stage(engine_dir: &Path, work_dir: &Path, unpatched: bool) -> Result<Stage> {
    let guest = work_dir.join("guest");
    if guest.exists() {
        fs::remove_dir_all(&guest)?;
    }
    for (from, to) in [("guest/src", "src"), ("abi/src", "abi/src")] {
        copy_tree(&engine_dir.join(from), &guest.join(to))?;
    }
    for (from, to) in [("guest/Cargo.lock", "Cargo.lock"), ("abi/Cargo.toml", "abi/Cargo.toml")] {
        copy(&engine_dir.join(from), &guest.join(to))?;
    }
    let manifest = fs::read_to_string(engine_dir.join("guest/Cargo.toml"))?;
    let (outside, inside) = ("path = \"../abi\"", "path = \"abi\"");
    ensure!(manifest.contains(outside), "engine/guest/Cargo.toml does not have `{outside}`");
    fs::write(guest.join("Cargo.toml"), manifest.replace(outside, inside))?;

    let unpacked = unpacked(&guest)?;
    let pinned = pinned(&engine_dir.join("guest/patches/SOURCES"))?;
    if !unpatched && !pinned.is_empty() {
        patch(engine_dir, &guest, &pinned, &unpacked)?;
    }
    let registries = unpacked.into_values().filter_map(|path| path.parent().map(Path::to_owned)).collect();
    Ok(Stage { guest, registries })
}

struct Pinned {
    name: String,
    version: String,
    checksum: String,
}

/// The crates that the patches are for: lines of name, version, checksum.
fn pinned(path: &Path) -> Result<Vec<Pinned>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [name, version, checksum] => Ok(Pinned { name: name.into(), version: version.into(), checksum: checksum.into() }),
            _ => bail!("{}: expected `name version checksum`, found `{line}`", path.display()),
        })
        .collect()
}

fn patch(engine_dir: &Path, guest: &Path, pinned: &[Pinned], unpacked: &Unpacked) -> Result<()> {
    let lock = fs::read_to_string(guest.join("Cargo.lock"))?;
    let boa = guest.join("boa");
    let mut overrides = String::from("\n[patch.crates-io]\n");
    for Pinned { name, version, checksum } in pinned {
        // Cargo verified the unpacked crate against this checksum when it downloaded it.
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        let locked = lock.split("[[package]]").find(|package| package.contains(&entry));
        ensure!(
            locked.is_some_and(|package| package.contains(&format!("checksum = \"{checksum}\""))),
            "the patches are for {name} {version} with checksum {checksum}, but engine/guest/Cargo.lock pins another: \
             move the patches to the new version, then update engine/guest/patches/SOURCES"
        );
        let source = unpacked.get(&(name.clone(), version.clone()));
        copy_tree(source.with_context(|| format!("the guest does not depend on {name} {version}"))?, &boa.join(name))?;
        overrides.push_str(&format!("{name} = {{ path = \"boa/{name}\" }}\n"));
    }

    let mut patches = Vec::new();
    walk(&engine_dir.join("guest/patches"), &mut patches)?;
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    for path in patches {
        apply(&path, &boa).with_context(|| format!("{} does not apply", path.display()))?;
    }
    let manifest = guest.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)? + &overrides;
    fs::write(manifest, text)?;
    Ok(())
}

/// Folders of crates by name and version.
type Unpacked = BTreeMap<(String, String), PathBuf>;

/// Where cargo unpacked the registry's crates that the guest's lock file names.
fn unpacked(guest: &Path) -> Result<Unpacked> {
    let output = Command::new(env_cargo())
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(guest.join("Cargo.toml"))
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata of the guest failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let text = |package: &serde_json::Value, key: &str| package[key].as_str().map(str::to_owned);
    Ok(packages
        .iter()
        .filter(|package| package["source"].is_string())
        .filter_map(|package| {
            let manifest = PathBuf::from(text(package, "manifest_path")?);
            Some(((text(package, "name")?, text(package, "version")?), manifest.parent()?.to_owned()))
        })
        .collect())
}

/// Applies one patch file, which may touch several files, each named `a/CRATE/PATH` and `b/CRATE/PATH`.
fn apply(path: &Path, root: &Path) -> Result<()> {
    let text = fs::read_to_string(path)?;
    let mut applied = 0;
    for part in text.split("\ndiff --git ").skip(usize::from(!text.starts_with("diff --git "))) {
        let Some(start) = part.find("\n--- ") else { bail!("a part without `---` and `+++` lines") };
        let part = part[start + 1..].split_inclusive('\n').collect::<String>();
        let patch = diffy::Patch::from_str(&part)?;
        let name = |side: Option<&str>| side.and_then(|name| name.split_once('/')).map(|(_, name)| name.to_owned());
        let (old, new) = (patch.original(), patch.modified());
        let target = root.join(name(new).with_context(|| format!("no file name in {old:?}, {new:?}"))?);
        let before = if old == Some("/dev/null") {
            String::new()
        } else {
            fs::read_to_string(&target).with_context(|| target.display().to_string())?
        };
        let after = diffy::apply(&before, &patch).with_context(|| target.display().to_string())?;
        fs::create_dir_all(target.parent().context("a file lies in a folder")?)?;
        fs::write(&target, after)?;
        applied += 1;
    }
    ensure!(applied > 0, "no `diff --git` line in it");
    Ok(())
}

pub(crate) fn env_cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn walk(dir: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, into)? } else { into.push(path) }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
    // Not `fs::copy`: the registry's files may be read-only, and patches write to them.
    fs::write(to, fs::read(from).with_context(|| from.display().to_string())?)?;
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let mut files = Vec::new();
    walk(from, &mut files)?;
    for file in files {
        copy(&file, &to.join(file.strip_prefix(from)?))?;
    }
    Ok(())
}
