//! The flags that give a script powers, and the grants that a run needed.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    str::FromStr,
    sync::Arc,
};

use ampoule_host_api::{Backed, Backing, BlobStore, Folder, LocalKv, Network, Opened, Resources, Secrets, SystemResolver};
use ampoule_protocol::{Access, Grants, KvAnswer, KvAsk, NameRule, NetRule, Progress, RunReport, Used, UsedItem};
use anyhow::{Context as _, Result, bail};

/// Powers of the script. Without these flags it has none.
#[derive(clap::Args)]
#[command(next_help_heading = "Grants")]
pub(crate) struct GrantArgs {
    /// Let the script fetch from a host: HOST, HOST:PORT, or either with =METHOD,… after it. An address of this machine or network must be named as such, or opened.
    #[arg(long, value_name = "HOST[:PORT]")]
    allow_net: Vec<NetRule>,
    /// Open an address that is not public to the names that are at it.
    #[arg(long, value_name = "ADDRESS")]
    open_address: Vec<IpAddr>,
    /// Give the script a folder as ctx.dirs.NAME, for reading unless it ends in :rw.
    #[arg(long, value_name = "NAME=PATH[:ro|:rw]")]
    dir: Vec<PlaceArg>,
    /// Give the script a setting as ctx.env.K.
    #[arg(long, value_name = "K=V")]
    env: Vec<Pair>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Give the script a namespace of keys and values as ctx.kv.NAMESPACE, for reading unless it ends in :rw.
    #[arg(long, value_name = "NAMESPACE[:ro|:rw]")]
    kv: Vec<NameRule>,
    /// Give the script a store of blobs as ctx.blob.NAME, for reading unless it ends in :rw: a folder, or s3://BUCKET[/PREFIX] by what the environment's AWS_… say.
    #[arg(long, value_name = "NAME=PLACE[:ro|:rw]")]
    blob: Vec<PlaceArg>,
    /// Keep keys and values in this file, which is made if it is absent; without it they are gone after the run.
    #[arg(long, value_name = "FILE")]
    kv_store: Option<PathBuf>,
}

/// What a worker has for jobs that are granted it.
#[derive(clap::Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct ResourceArgs {
    /// A folder that jobs can be granted by this name, for reading unless it ends in :rw.
    #[arg(long, value_name = "NAME=PATH[:ro|:rw]")]
    dir: Vec<PlaceArg>,
    /// A store of blobs that jobs can be granted by this name, for reading unless it ends in :rw: a folder, or s3://BUCKET[/PREFIX] by what the environment's
    /// AWS_… say. Each tenant has what is below its name in it.
    #[arg(long, env = "AMPOULE_BLOB", value_name = "NAME=PLACE[:ro|:rw]")]
    blob: Vec<PlaceArg>,
    /// A folder with a file for each secret, named as the secret, as Kubernetes mounts them.
    #[arg(long, env = "AMPOULE_SECRETS", value_name = "DIR")]
    secrets: Option<PathBuf>,
    /// Open an address that is not public to the names that are at it.
    #[arg(long, value_name = "ADDRESS")]
    open_address: Vec<IpAddr>,
}

impl ResourceArgs {
    /// Opens the folders and reads the secrets, once.
    pub(crate) fn resolve(&self) -> Result<Resources> {
        let mut opened = Opened::default();
        self.open_address.iter().for_each(|address| opened.open(*address));
        let mut resources = Resources { network: Network::new(Arc::new(SystemResolver), opened), ..Resources::default() };
        open_folders(&self.dir, &mut resources)?;
        open_blobs(&self.blob, &mut resources)?;
        if let Some(folder) = &self.secrets {
            for entry in std::fs::read_dir(folder).with_context(|| format!("--secrets {}", folder.display()))? {
                let path = entry?.path();
                let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')) else { continue };
                let value = std::fs::read_to_string(&path).with_context(|| format!("--secrets: {}", path.display()))?;
                resources.secrets.insert(name, value.strip_suffix('\n').unwrap_or(&value).to_owned())?;
            }
        }
        Ok(resources)
    }
}

/// The most that jobs can be granted.
pub(crate) fn policy(text: &str) -> Result<Grants> {
    let json = crate::input::json(text)?;
    serde_json::from_str(json.as_str()).context("--grants")
}

fn open_folders(dirs: &[PlaceArg], resources: &mut Resources) -> Result<()> {
    for PlaceArg { rule, path } in dirs {
        let folder =
            Folder::open(path, rule.access).with_context(|| format!("--dir {}: cannot open the folder {}", rule.name, path.display()))?;
        if resources.folders.insert(rule.name.clone(), folder).is_some() {
            bail!("--dir {} is there twice; every folder needs a name of its own", rule.name);
        }
    }
    Ok(())
}

fn open_blobs(blobs: &[PlaceArg], resources: &mut Resources) -> Result<()> {
    for PlaceArg { rule, path } in blobs {
        let opened = match path.to_str().filter(|place| place.starts_with("s3://")) {
            // What is no UTF-8 is none of them.
            Some(url) => BlobStore::bucket(
                url,
                rule.access,
                std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
            ),
            None => BlobStore::folder(path, rule.access),
        };
        let store = opened.with_context(|| format!("--blob {}", rule.name))?;
        if resources.blobs.insert(rule.name.clone(), store).is_some() {
            bail!("--blob {} is there twice; every store needs a name of its own", rule.name);
        }
    }
    Ok(())
}

/// Secrets of the script.
#[derive(clap::Args)]
pub(crate) struct SecretArgs {
    /// Give the script a secret as ctx.secrets.get('K'). K alone takes it from this process's environment, where others do not see it in the list of processes.
    #[arg(long, value_name = "K[=V]")]
    secret: Vec<String>,
}

impl SecretArgs {
    /// Names and values.
    pub(crate) fn resolve(&self) -> Result<Secrets> {
        let mut secrets = Secrets::default();
        for given in &self.secret {
            let (name, value) = match given.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => (
                    given.as_str(),
                    std::env::var(given).with_context(|| format!("--secret {given}: no such variable in the environment"))?,
                ),
            };
            secrets.insert(name, value)?;
        }
        Ok(secrets)
    }
}

/// `NAME=PLACE[:ro|:rw]`.
#[derive(Clone, Debug)]
struct PlaceArg {
    rule: NameRule,
    path: PathBuf,
}

impl FromStr for PlaceArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected NAME=PATH[:ro|:rw], such as data=/srv/data:rw".to_owned();
        let (name, path) = text.split_once('=').filter(|(_, path)| !path.is_empty()).ok_or_else(wrong)?;
        let (path, access) = match path.rsplit_once(':') {
            Some((path, "ro")) => (path, Access::Read),
            Some((path, "rw")) => (path, Access::Write),
            _ => (path, Access::Read),
        };
        let rule = format!("{name}:{}", access.as_str()).parse().map_err(|error: ampoule_protocol::GrantSyntax| error.to_string())?;
        Ok(Self { rule, path: path.into() })
    }
}

/// `K=V`.
#[derive(Clone, Debug)]
struct Pair(String, String);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("expected K=V")?;
        Ok(Self(key.to_owned(), value.to_owned()))
    }
}

impl GrantArgs {
    /// The grants, and what they are about on this machine. Whoever calls the command is the operator: an address that a flag names is open.
    pub(crate) fn resolve(&self) -> Result<(Grants, Resources)> {
        let mut opened = Opened::default();
        self.open_address.iter().for_each(|address| opened.open(*address));
        for rule in &self.allow_net {
            if let Some(address) = rule.address() {
                opened.open(address);
            } else if rule.is_localhost() {
                opened.open(Ipv4Addr::LOCALHOST.into());
                opened.open(Ipv6Addr::LOCALHOST.into());
            }
        }
        let mut resources = Resources { network: Network::new(Arc::new(SystemResolver), opened), ..Resources::default() };
        open_folders(&self.dir, &mut resources)?;
        open_blobs(&self.blob, &mut resources)?;
        resources.secrets = self.secrets.resolve()?;
        let grants = Grants {
            net: self.allow_net.clone(),
            dirs: self.dir.iter().map(|dir| dir.rule.clone()).collect(),
            env: self.env.iter().map(|Pair(key, value)| (key.clone(), value.clone())).collect(),
            secrets: resources.secrets.names().map(str::to_owned).collect(),
            kv: self.kv.clone(),
            jobs: Vec::new(),
            blob: self.blob.iter().map(|blob| blob.rule.clone()).collect(),
        };
        grants.check()?;
        Ok((grants, resources))
    }
}

impl GrantArgs {
    /// Keeps what outlives the run.
    pub(crate) fn backing(&self, show_progress: bool) -> Result<Arc<dyn Backing>> {
        let kv = self.kv_store.as_deref().map_or_else(|| Ok(LocalKv::default()), LocalKv::open).context("--kv-store")?;
        Ok(Arc::new(Here { kv, show_progress }))
    }
}

/// This process, for what outlives a run.
#[derive(Debug)]
struct Here {
    kv: LocalKv,
    show_progress: bool,
}

impl Backing for Here {
    fn kv(&self, namespace: &str, ask: KvAsk) -> Backed<KvAnswer> {
        self.kv.kv(namespace, ask)
    }

    fn progress(&self, Progress { fraction, text }: Progress) {
        if self.show_progress {
            eprintln!("{:3.0} % {text}", fraction * 100.0);
        }
    }
}

/// The smallest grants with which the run would have gone as it went. What was refused is named apart: it was not needed so far.
pub(crate) fn needed(used: &Used, grants: &Grants) -> Grants {
    let host = |place: &String, methods: &[String]| {
        let place = place.strip_suffix(":443").or_else(|| place.strip_suffix(":80")).unwrap_or(place);
        let methods = if methods.is_empty() { String::new() } else { format!("={}", methods.join(",")) };
        format!("{place}{methods}").parse().ok()
    };
    let rules = |used: &BTreeMap<String, UsedItem>| {
        let mut rules: Vec<NameRule> = Vec::new();
        for (path, item) in used {
            let name = path.split('/').next().unwrap_or_default();
            let access = if item.written { Access::Write } else { Access::Read };
            match rules.iter_mut().find(|rule| rule.name == name) {
                Some(rule) => rule.access = rule.access.max(access),
                None => rules.push(NameRule { name: name.to_owned(), access }),
            }
        }
        rules
    };
    Grants {
        net: used.net.iter().filter_map(|(place, host_used)| host(place, &host_used.methods)).collect(),
        dirs: rules(&used.dirs),
        env: used.env.keys().filter_map(|name| grants.env.get_key_value(name)).map(|(name, value)| (name.clone(), value.clone())).collect(),
        secrets: used.secrets.keys().cloned().collect(),
        kv: rules(&used.kv),
        jobs: used.jobs.keys().cloned().collect(),
        blob: rules(&used.blob),
    }
}

/// What `--observe` prints: one line of JSON, as a job's `grants` takes it, and a line for each thing that was refused.
pub(crate) fn print_needed(report: &RunReport, grants: &Grants) -> Result<()> {
    eprintln!("grants needed: {}", serde_json::to_string(&needed(&report.usage.capabilities, grants))?);
    for refused in &report.usage.capabilities.refused {
        eprintln!("refused: {refused}");
    }
    if report.usage.capabilities.more > 0 {
        eprintln!("{} more uses were counted but not kept; the grants may miss some", report.usage.capabilities.more);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_grants() {
        let used: Used = serde_json::from_str(
            r#"{"net":{"api.test:443":{"methods":["GET"]},"api.test:8080":{"methods":["GET","PUT"]}},
                "dirs":{"data/a":{"calls":1},"data/b":{"written":true},"other/":{}},"env":{"A":{}},"secrets":{"K":{}},"kv":{"n/a":{"written":true},"n/b/c":{}},"blob":{"b/x/y":{}}}"#,
        )
        .unwrap();
        let granted: Grants = serde_json::from_str(r#"{"env":{"A":"1","B":"2"}}"#).unwrap();
        let text = serde_json::to_string(&needed(&used, &granted)).unwrap();
        assert_eq!(
            text,
            r#"{"net":["api.test=GET","api.test:8080=GET,PUT"],"dirs":["data:rw","other:ro"],"env":{"A":"1"},"secrets":["K"],"kv":["n:rw"],"blob":["b:ro"]}"#
        );
    }

    #[test]
    fn folders() {
        for (text, name, path, access) in [
            ("a=/x", "a", "/x", Access::Read),
            ("a=/x:rw", "a", "/x", Access::Write),
            ("a=b:c:ro", "a", "b:c", Access::Read),
            ("a=s3://b/c:rw", "a", "s3://b/c", Access::Write),
        ] {
            let dir: PlaceArg = text.parse().unwrap();
            assert_eq!((dir.rule.name.as_str(), dir.path.to_str().unwrap(), dir.rule.access), (name, path, access));
        }
        for text in ["a", "=/x", "a=", "a/b=/x"] {
            assert!(text.parse::<PlaceArg>().is_err(), "{text}");
        }
    }
}
