//! `ampoule script` and `ampoule library`: publish versions, look at them, point aliases at them.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf};

use ampoule_protocol::{Language, Manifest, Modules, PublishSpec, PublishedList, PublishedView, VersionRef, VersionView};
use anyhow::{Context as _, Result, bail};
use diffy::DiffOptions;

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
    input,
};

/// What a folder can say of itself, in this file at its root.
const MANIFEST_FILE: &str = "ampoule.json";
/// Most files of a published folder; the manager's own bound is lower.
const MAX_FILES: usize = 10_000;

#[derive(clap::Args)]
pub(crate) struct ScriptArgs {
    #[command(subcommand)]
    verb: ScriptVerb,
}

#[derive(clap::Subcommand)]
enum ScriptVerb {
    /// Publish a file or a folder as a version; the same content is the same version.
    Publish(PublishArgs),
    /// List names.
    List(ListArgs),
    /// Show a name and its versions, or one version with its sources.
    Show(ShowArgs),
    /// Show how two versions differ, the latest and the one before it if none is named.
    Diff(DiffArgs),
    /// Point an alias at a version, delete it, or list all of a name.
    Alias(AliasArgs),
    /// Let no new job get a version; those that were stored with it still run it.
    Withdraw(WithdrawArgs),
}

#[derive(clap::Args)]
pub(crate) struct LibraryArgs {
    #[command(subcommand)]
    verb: LibraryVerb,
}

#[derive(clap::Subcommand)]
enum LibraryVerb {
    /// Publish a file or a folder as a version; the same content is the same version.
    Publish(PublishArgs),
    /// List names.
    List(ListArgs),
    /// Show a name and its versions, or one version with its sources.
    Show(ShowArgs),
    /// Let no new job get a version; those that were stored with it still run it.
    Withdraw(WithdrawArgs),
}

#[derive(clap::Args)]
struct WithdrawArgs {
    /// NAME@VERSION. Publishing the same content again brings it back.
    version: String,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
struct PublishArgs {
    /// A script, or a folder whose scripts and JSON files are sent as one version. In a folder `ampoule.json` can say
    /// `{"main", "entry", "imports", "limits", "grants"}`.
    path: PathBuf,
    /// The name to publish under [default: the file's without its ending, or the folder's].
    #[arg(long)]
    name: Option<String>,
    /// The function that jobs call which name none.
    #[arg(long)]
    entry: Option<String>,
    /// Point this alias at the version.
    #[arg(long)]
    alias: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
struct ShowArgs {
    /// NAME, NAME@VERSION or NAME@ALIAS.
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
struct DiffArgs {
    /// NAME, or NAME@VERSION or NAME@ALIAS to compare from.
    from: String,
    /// VERSION or ALIAS to compare to [default: the latest].
    to: Option<String>,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
struct AliasArgs {
    /// The script's name.
    name: String,
    /// The alias; without it all are listed.
    alias: Option<String>,
    /// The version to point to.
    version: Option<u32>,
    /// Only if it points to this version now; 0: only if it does not exist.
    #[arg(long, value_name = "VERSION")]
    expect: Option<u32>,
    /// Delete it.
    #[arg(long, conflicts_with_all = ["version", "expect"])]
    delete: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

pub(crate) async fn script(args: ScriptArgs) -> Result<Exit> {
    match args.verb {
        ScriptVerb::Publish(args) => publish("scripts", args).await,
        ScriptVerb::List(args) => list("scripts", args).await,
        ScriptVerb::Show(args) => show("scripts", args).await,
        ScriptVerb::Diff(args) => diff(args).await,
        ScriptVerb::Alias(args) => alias(args).await,
        ScriptVerb::Withdraw(args) => withdraw("scripts", args).await,
    }
}

pub(crate) async fn library(args: LibraryArgs) -> Result<Exit> {
    match args.verb {
        LibraryVerb::Publish(args) => publish("libraries", args).await,
        LibraryVerb::List(args) => list("libraries", args).await,
        LibraryVerb::Show(args) => show("libraries", args).await,
        LibraryVerb::Withdraw(args) => withdraw("libraries", args).await,
    }
}

async fn publish(kind: &str, args: PublishArgs) -> Result<Exit> {
    let is_folder = fs::metadata(&args.path).with_context(|| args.path.display().to_string())?.is_dir();
    let path = fs::canonicalize(&args.path).with_context(|| args.path.display().to_string())?;
    let of_path = if is_folder { path.file_name() } else { path.file_stem() };
    let name = args.name.or_else(|| of_path.map(|name| name.to_string_lossy().into_owned())).context("--name is needed")?;
    let mut spec = if is_folder {
        folder(&path)?
    } else {
        let main = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let manifest = Manifest { main, ..Manifest::default() };
        PublishSpec { source: Some(input::text(&path)?), modules: None, manifest }
    };
    spec.manifest.entry = args.entry.or(spec.manifest.entry);
    let client = ApiClient::new(&args.manager)?;
    let version: VersionView = client.put(&format!("{kind}/{name}"), &spec).await?;
    if let Some(alias) = &args.alias {
        let body = serde_json::json!({"version": version.version});
        let _: serde_json::Value = client.put(&format!("{kind}/{name}/aliases/{alias}"), &body).await?;
    }
    if args.json {
        println!("{}", serde_json::to_string(&version)?)
    } else {
        println!("{name}@{}  {}", version.version, version.hash)
    }
    Ok(Exit::Done)
}

/// All scripts and JSON files below a folder, but for hidden ones and `node_modules`.
fn folder(root: &Path) -> Result<PublishSpec> {
    let mut modules = Modules::new();
    let mut folders = vec![root.to_owned()];
    let mut manifest = Manifest::default();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_folder = fs::metadata(&path).with_context(|| path.display().to_string())?.is_dir();
            let relative = path.strip_prefix(root)?.to_string_lossy().into_owned();
            if name.starts_with('.') || name == "node_modules" {
                continue;
            } else if is_folder {
                folders.push(path);
            } else if relative == MANIFEST_FILE {
                manifest = serde_json::from_str(&input::text(&path)?).with_context(|| path.display().to_string())?;
            } else if Language::of_name(&name) == Language::TypeScript
                || [".js", ".mjs", ".cjs", ".json"].iter().any(|end| name.ends_with(end))
            {
                modules.insert(relative, input::text(&path)?);
            }
            if modules.len() + folders.len() > MAX_FILES {
                bail!("{}: more than {MAX_FILES} files", root.display());
            }
        }
    }
    if modules.is_empty() {
        bail!("{}: has no script", root.display());
    }
    Ok(PublishSpec { source: None, modules: Some(modules), manifest })
}

async fn list(kind: &str, args: ListArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: PublishedList = client.get(kind, &[("cursor", cursor), ("limit", "200".to_owned())]).await?;
        all.extend(page.items);
        let Some(next) = page.next_cursor else { break };
        cursor = next;
    }
    if args.json {
        println!("{}", serde_json::to_string(&all)?);
        return Ok(Exit::Done);
    }
    println!("{:<32}  {:>7}  {:<20}  ALIASES", "NAME", "LATEST", "UPDATED");
    for PublishedView { name, latest, updated_at, aliases, .. } in &all {
        println!("{name:<32}  {latest:>7}  {:<20}  {}", updated_at.strftime("%Y-%m-%d %H:%M:%SZ"), printed(aliases));
    }
    Ok(Exit::Done)
}

fn printed(aliases: &BTreeMap<String, u32>) -> String {
    aliases.iter().map(|(alias, version)| format!("{alias}={version}")).collect::<Vec<_>>().join(" ")
}

async fn show(kind: &str, args: ShowArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let version = VersionRef::parse(&args.name);
    if version.version.is_none() && version.alias.is_none() {
        let view: PublishedView = client.get(&format!("{kind}/{}", version.name), &[]).await?;
        if args.json {
            println!("{}", serde_json::to_string(&view)?);
            return Ok(Exit::Done);
        }
        println!("{}: latest {}, aliases: {}", view.name, view.latest, printed(&view.aliases));
        for version in view.versions.unwrap_or_default() {
            println!(
                "{:>7}  {}  {:>9} bytes  {}{}",
                version.version,
                version.created_at.strftime("%Y-%m-%d %H:%M:%SZ"),
                version.source_bytes,
                version.hash,
                if version.withdrawn_at.is_some() { "  withdrawn" } else { "" }
            );
        }
        return Ok(Exit::Done);
    }
    let view = fetch(&client, kind, &version).await?;
    if args.json {
        println!("{}", serde_json::to_string(&view)?);
        return Ok(Exit::Done);
    }
    println!("// {}@{}  {}", view.name, view.version, view.hash);
    println!("// manifest: {}", serde_json::to_string(&view.manifest)?);
    for (path, source) in view.modules.unwrap_or_default() {
        println!("// ---- {path}\n{}", source.trim_end());
    }
    Ok(Exit::Done)
}

/// One version, with its sources.
async fn fetch(client: &ApiClient, kind: &str, version: &VersionRef) -> Result<VersionView> {
    let number = match version.version {
        Some(number) => number,
        None => {
            let view: PublishedView = client.get(&format!("{kind}/{}", version.name), &[]).await?;
            match &version.alias {
                None => view.latest,
                Some(alias) => *view.aliases.get(alias).with_context(|| format!("{} has no alias `{alias}`", version.name))?,
            }
        }
    };
    client.get(&format!("{kind}/{}/versions/{number}", version.name), &[]).await
}

async fn diff(args: DiffArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let mut from = VersionRef::parse(&args.from);
    let to = match &args.to {
        Some(to) => VersionRef::parse(&format!("{}@{to}", from.name)),
        None => VersionRef::latest(from.name.clone()),
    };
    let to = fetch(&client, "scripts", &to).await?;
    if from.version.is_none() && from.alias.is_none() {
        from.version = Some(to.version - 1).filter(|version| *version > 0);
        if from.version.is_none() {
            bail!("{} has one version", from.name);
        }
    }
    let from = fetch(&client, "scripts", &from).await?;
    let texts = |view: &VersionView| -> Result<Modules> {
        let mut texts = view.modules.clone().unwrap_or_default();
        texts.insert(MANIFEST_FILE.to_owned(), format!("{}\n", serde_json::to_string_pretty(&view.manifest)?));
        Ok(texts)
    };
    let (before, after) = (texts(&from)?, texts(&to)?);
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let text = |of: &Modules| of.get(path).cloned().unwrap_or_default();
        let (old, new) = (text(&before), text(&after));
        if old != new {
            let mut options = DiffOptions::new();
            options.set_original_filename(format!("{}@{}/{path}", from.name, from.version));
            options.set_modified_filename(format!("{}@{}/{path}", to.name, to.version));
            print!("{}", options.create_patch(&old, &new));
        }
    }
    Ok(Exit::Done)
}

async fn withdraw(kind: &str, args: WithdrawArgs) -> Result<Exit> {
    let version = VersionRef::parse(&args.version);
    let number = version.version.context("say which: NAME@VERSION")?;
    ApiClient::new(&args.manager)?.delete(&format!("{kind}/{}/versions/{number}", version.name)).await?;
    println!("{}@{number} is withdrawn", version.name);
    Ok(Exit::Done)
}

async fn alias(args: AliasArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let Some(alias) = &args.alias else {
        let view: PublishedView = client.get(&format!("scripts/{}", args.name), &[]).await?;
        for (alias, version) in &view.aliases {
            println!("{alias:<32}  {version}");
        }
        return Ok(Exit::Done);
    };
    let path = format!("scripts/{}/aliases/{alias}", args.name);
    if args.delete {
        client.delete(&path).await?;
        return Ok(Exit::Done);
    }
    let version = args.version.context("give the version to point to, or --delete")?;
    let body = serde_json::json!({"version": version, "expected_version": args.expect});
    let _: serde_json::Value = client.put(&path, &body).await?;
    println!("{}@{alias} is version {version}", args.name);
    Ok(Exit::Done)
}
