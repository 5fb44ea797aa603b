//! Commands for keys and tenants: through a manager, or on its store directly, so that a first key can be made.

use std::path::PathBuf;

use ampoule_manager::{
    Config, StoreUrl,
    queue::{Ears, Queue, StoredKey},
};
use ampoule_protocol::{KeyId, KeySpec, KeyView, NewKey, Role, TenantName, TenantSettings, TenantView};
use anyhow::{Context as _, Result, bail};
use clap::Subcommand;

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
    serve::STORE_FILE,
};

/// What is asked: the manager, unless a store is named.
#[derive(clap::Args)]
struct Target {
    /// Work on this store, whether a manager runs on it or not: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    store: Option<StoreUrl>,
    /// Work on the store in this data folder of `ampoule serve`.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    manager: ManagerAddress,
}

/// Items of one look at the store.
const PAGE: u32 = 1_000;

/// The manager, or its store.
enum Reached {
    Manager(ApiClient),
    Store(Box<Queue>),
}

impl Target {
    async fn reach(&self) -> Result<Reached> {
        let store = match (&self.store, &self.data) {
            (Some(store), _) => store.clone(),
            (None, Some(dir)) => StoreUrl::Sqlite(dir.join(STORE_FILE)),
            (None, None) => return Ok(Reached::Manager(ApiClient::for_all(&self.manager)?)),
        };
        let policy = Config::new(store.clone()).lease_policy();
        let queue = Queue::open(&store, policy, 1, Ears::deaf()).await?;
        Ok(Reached::Store(Box::new(queue)))
    }
}

impl Reached {
    async fn create_key(&self, spec: KeySpec) -> Result<NewKey> {
        spec.check()?;
        match self {
            Self::Manager(client) => client.create_key(&spec).await,
            Self::Store(queue) => {
                let (stored, shown) = StoredKey::make(spec, queue.now()).context("the system has no randomness")?;
                queue.add_key(stored, false).await?;
                Ok(shown)
            }
        }
    }

    async fn keys(&self) -> Result<Vec<KeyView>> {
        let mut all: Vec<KeyView> = Vec::new();
        loop {
            let (items, more) = match self {
                Self::Manager(client) => {
                    let cursor = all.last().map(|key| key.id.to_string());
                    let page = client.keys(cursor.as_deref()).await?;
                    (page.items, page.next_cursor.is_some())
                }
                Self::Store(queue) => {
                    let items = queue.keys(all.last().map(|key| key.id), PAGE).await?;
                    let more = items.len() == PAGE as usize;
                    (items, more)
                }
            };
            all.extend(items);
            if !more {
                return Ok(all);
            }
        }
    }

    async fn revoke_key(&self, id: KeyId) -> Result<KeyView> {
        match self {
            Self::Manager(client) => client.revoke_key(id).await,
            Self::Store(queue) => queue.revoke_key(id, queue.now()).await?.with_context(|| format!("no key has the id {id}")),
        }
    }

    async fn tenants(&self) -> Result<Vec<TenantView>> {
        let mut all: Vec<TenantView> = Vec::new();
        loop {
            let (items, more) = match self {
                Self::Manager(client) => {
                    let page = client.tenants(all.last().map(|tenant| tenant.name.as_str())).await?;
                    (page.items, page.next_cursor.is_some())
                }
                Self::Store(queue) => {
                    let items = queue.tenants(all.last().map(|tenant| tenant.name.clone()), PAGE).await?;
                    let more = items.len() == PAGE as usize;
                    (items, more)
                }
            };
            all.extend(items);
            if !more {
                return Ok(all);
            }
        }
    }

    async fn set_tenant(&self, name: &TenantName, settings: TenantSettings) -> Result<TenantView> {
        match self {
            Self::Manager(client) => client.set_tenant(name, &settings).await,
            Self::Store(queue) => queue.set_tenant(name, settings, queue.now()).await?.context("the store did not keep the tenant"),
        }
    }

    async fn close(&self) {
        if let Self::Store(queue) = self {
            queue.close().await;
        }
    }
}

#[derive(clap::Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key, and show it this once. It is about the jobs of --tenant, which is made if it is new; without it those of `default`, and a
    /// worker's about everybody's.
    Create {
        /// What it is for, for people.
        name: String,
        /// What its holder may do: read, submit, operate, admin or worker.
        #[arg(long)]
        role: Role,
        /// Most requests per second.
        #[arg(long, value_name = "N")]
        rate: Option<u32>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// List keys, oldest first.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Let a key open nothing any more.
    Revoke {
        id: KeyId,
        #[command(flatten)]
        target: Target,
    },
}

pub(crate) async fn key(args: KeyArgs) -> Result<Exit> {
    match args.command {
        KeyCommand::Create { name, role, rate, json, target } => {
            let reached = target.reach().await?;
            let made = reached.create_key(KeySpec { name, role, tenant: target.manager.tenant.clone(), requests_per_second: rate }).await;
            reached.close().await;
            let made = made?;
            if json {
                println!("{}", serde_json::to_string(&made)?);
            } else {
                eprintln!(
                    "{} key `{}` of {}, with the id {}; it is shown this once:",
                    made.view.role,
                    made.view.name,
                    whose(&made.view),
                    made.view.id
                );
                println!("{}", made.key);
            }
        }
        KeyCommand::List { json, target } => {
            let reached = target.reach().await?;
            let keys = reached.keys().await;
            reached.close().await;
            let keys = keys?;
            if json {
                println!("{}", serde_json::to_string(&keys)?);
                return Ok(Exit::Done);
            }
            println!("{:<36}  {:<8}  {:<16}  {:<20}  {:<20}  {:<20}  NAME", "KEY", "ROLE", "TENANT", "CREATED", "LAST USED", "REVOKED");
            for key in &keys {
                let time = |at: Option<jiff::Timestamp>| at.map_or("-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
                println!(
                    "{:<36}  {:<8}  {:<16}  {:<20}  {:<20}  {:<20}  {}",
                    key.id.to_string(),
                    key.role.as_str(),
                    whose(key),
                    time(Some(key.created_at)),
                    time(key.last_used_at),
                    time(key.revoked_at),
                    key.name
                );
            }
        }
        KeyCommand::Revoke { id, target } => {
            let reached = target.reach().await?;
            let revoked = reached.revoke_key(id).await;
            reached.close().await;
            println!("{} opens nothing any more", revoked?.id);
        }
    }
    Ok(Exit::Done)
}

fn whose(key: &KeyView) -> &str {
    key.tenant.as_ref().map_or("everybody", TenantName::as_str)
}

#[derive(clap::Args)]
pub(crate) struct TenantArgs {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Subcommand)]
enum TenantCommand {
    /// Set how a tenant is treated; it is made if it is new. What is not given stays as it is.
    Set {
        name: TenantName,
        /// Its share of the slots while several tenants have waiting jobs, against the others' weights.
        #[arg(long)]
        weight: Option<u32>,
        /// Most of its jobs that run at once; `none` for no ceiling.
        #[arg(long, value_name = "N", value_parser = ceiling)]
        max_running: Option<Ceiling>,
        #[command(flatten)]
        target: Target,
    },
    /// List tenants.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
}

/// A ceiling, or that there is to be none.
#[derive(Clone, Copy)]
struct Ceiling(Option<u32>);

fn ceiling(text: &str) -> Result<Ceiling, String> {
    match text {
        "none" => Ok(Ceiling(None)),
        text => text.parse().map(|most| Ceiling(Some(most))).map_err(|_| "expected a number or `none`".to_owned()),
    }
}

pub(crate) async fn tenant(args: TenantArgs) -> Result<Exit> {
    match args.command {
        TenantCommand::Set { name, weight, max_running, target } => {
            if weight.is_some_and(|weight| !(1..=ampoule_protocol::MAX_WEIGHT).contains(&weight)) {
                bail!("--weight must be 1 to {}", ampoule_protocol::MAX_WEIGHT);
            }
            let reached = target.reach().await?;
            let set = async {
                let known = reached.tenants().await?.into_iter().find(|tenant| tenant.name == name);
                let mut settings = known.map(|tenant| tenant.settings).unwrap_or_default();
                settings.weight = weight.unwrap_or(settings.weight);
                settings.max_running = max_running.map_or(settings.max_running, |Ceiling(most)| most);
                reached.set_tenant(&name, settings).await
            }
            .await;
            reached.close().await;
            print_tenants(&[set?]);
        }
        TenantCommand::List { json, target } => {
            let reached = target.reach().await?;
            let tenants = reached.tenants().await;
            reached.close().await;
            let tenants = tenants?;
            if json {
                println!("{}", serde_json::to_string(&tenants)?);
            } else {
                print_tenants(&tenants);
            }
        }
    }
    Ok(Exit::Done)
}

fn print_tenants(tenants: &[TenantView]) {
    println!("{:>6}  {:>11}  TENANT", "WEIGHT", "MAX RUNNING");
    for TenantView { name, settings, .. } in tenants {
        println!("{:>6}  {:>11}  {name}", settings.weight, settings.max_running.map_or("-".to_owned(), |most| most.to_string()));
    }
}
