use std::{collections::BTreeMap, sync::Arc};

use ampoule_protocol::{Grants, ScriptError, TenantName, Used};

use crate::{
    Backing, BlobStore, Failure, Folder, Network, Secrets,
    blob::Blobs,
    call::{Calling, at_once},
    dir::Dirs,
    http::Http,
    jobs::{self, Jobs},
    journal::{JournalError, Player, Recorder, player},
    kv::Kv,
    ledger::{Kind, Ledger, Use},
    mask::Masker,
    pace::Pace,
};

/// What a process has to give: the same for all its runs.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    /// Folders by name.
    pub folders: BTreeMap<String, Folder>,
    /// Stores of blobs by name.
    pub blobs: BTreeMap<String, BlobStore>,
    /// Secrets by name.
    pub secrets: Secrets,
    /// The way to hosts.
    pub network: Network,
}

/// What one run was granted of it.
#[derive(Debug)]
pub struct Granted {
    grants: Grants,
    ledger: Arc<Ledger>,
    dirs: Dirs,
    secrets: Secrets,
    http: Http,
    kv: Kv,
    jobs: Jobs,
    blobs: Blobs,
    backing: Option<Arc<dyn Backing>>,
    pace: Arc<Pace>,
    masker: Option<Arc<Masker>>,
}

impl Default for Granted {
    fn default() -> Self {
        Self::new(Grants::default(), &Resources::default())
    }
}

impl Granted {
    /// Of `resources`, what `grants` name.
    pub fn new(grants: Grants, resources: &Resources) -> Self {
        let ledger = Arc::new(Ledger::default());
        let secrets = resources.secrets.granted(&grants);
        Self {
            dirs: Dirs::granted(&resources.folders, &grants),
            http: Http::new(&resources.network, &grants, &ledger),
            kv: Kv::granted(&grants),
            jobs: Jobs::default(),
            blobs: Blobs::granted(&resources.blobs, &grants),
            backing: None,
            pace: Arc::default(),
            masker: secrets.masker(),
            secrets,
            ledger,
            grants,
        }
    }

    /// With who keeps what outlives the run. Without, none of that can be used.
    #[must_use]
    pub fn backed_by(self, backing: Arc<dyn Backing>) -> Self {
        Self { backing: Some(backing), ..self }
    }

    /// For a job of this tenant: of what tenants share, it sees its own.
    #[must_use]
    pub fn of_tenant(self, tenant: &TenantName) -> Self {
        Self { blobs: self.blobs.of_tenant(tenant), ..self }
    }

    /// The grants.
    pub const fn grants(&self) -> &Grants {
        &self.grants
    }

    /// Begins a call: `CAPABILITY.VERB`, arguments as a JSON object, contents beside.
    pub fn call(&self, method: &str, args: &str, body: Vec<u8>) -> Calling {
        match method.split_once('.') {
            Some(("http", verb)) => self.http.call(verb, args, body),
            Some(("dir", verb)) => self.pace.call(body.len(), || self.dirs.call(verb, args, body, &self.ledger, &self.grants)),
            Some(("kv", verb)) => self.pace.call(body.len(), || self.kv.call(verb, args, body, &self.ledger, self.backing.as_ref())),
            Some(("secrets", "get")) => self.secrets.call(args, &self.ledger, &self.grants),
            Some(("blob", verb)) => {
                self.pace.call(body.len(), || self.blobs.call(verb, args, body, (&self.ledger, &self.grants), self.backing.as_ref()))
            }
            Some(("jobs", verb)) => self.jobs.call(verb, args, body, (&self.ledger, &self.grants, &self.pace), self.backing.as_ref()),
            Some(("progress", "set")) => at_once(jobs::progress(args, self.masker.as_deref(), self.backing.as_ref())),
            _ => at_once(Err(Failure::wrong("there is no such capability"))),
        }
    }

    /// The script read a setting.
    pub fn read_env(&self, name: &str) {
        if let Some(value) = self.grants.env.get(name) {
            self.ledger.note(Kind::Env, name, Use { bytes_in: value.len() as u64, ..Use::default() });
        }
    }

    /// What hides the secrets, if any are granted.
    pub(crate) fn masker(&self) -> Option<Arc<Masker>> {
        self.masker.clone()
    }

    /// Begins a journal of the run; see [`journal`](crate::journal) for the header.
    pub fn record(&self, header: &str) -> Recorder {
        Recorder::new(header, self.masker())
    }

    /// What a journal's header says.
    pub fn header(&self, journal: &[u8]) -> Result<String, JournalError> {
        player::header(journal, self.masker.as_deref())
    }

    /// Plays a journal back; `bodies` are results that were too large to be kept in it.
    pub fn play(&self, journal: &[u8], bodies: Vec<Vec<u8>>) -> Result<Player, JournalError> {
        Player::new(journal, self.masker(), bodies)
    }

    /// An error as others may see it.
    pub fn mask_error(&self, error: &mut ScriptError) {
        if let Some(masker) = &self.masker {
            for text in [&mut error.name, &mut error.message, &mut error.stack] {
                *text = masker.mask(text);
            }
        }
    }

    /// What was used so far. A name that holds a secret is masked.
    pub fn used(&self) -> Used {
        fn masked<T>(list: BTreeMap<String, T>, masker: &Masker) -> BTreeMap<String, T> {
            list.into_iter().map(|(name, item)| (masker.mask(&name), item)).collect()
        }
        let used = self.ledger.snapshot();
        let Some(masker) = &self.masker else { return used };
        Used {
            net: masked(used.net, masker),
            dirs: masked(used.dirs, masker),
            kv: masked(used.kv, masker),
            jobs: masked(used.jobs, masker),
            blob: masked(used.blob, masker),
            refused: used.refused.iter().map(|refused| masker.mask(refused)).collect(),
            ..used
        }
    }
}
