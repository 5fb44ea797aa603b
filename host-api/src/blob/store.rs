//! Where blobs are: a folder of this machine, or a bucket.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use ampoule_protocol::Access;
use object_store::{
    BackoffConfig, ClientConfigKey, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    client::{HttpClient, HttpConnector},
    local::LocalFileSystem,
    path::Path,
    prefix::PrefixStore,
};

use super::{
    MAX_BLOB_WRITTEN, MAX_BLOBS_WRITTEN,
    failure::{denied, failed},
    folder::is_linked,
};
use crate::Failure;

/// How long one request to a bucket may take: it has at most 16 MiB.
const REQUEST: Duration = Duration::from_secs(60);
/// How long a connection to a bucket may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How often a request that a bucket could not answer is sent again, and for how long: the run waits meanwhile.
const RETRIES: usize = 4;
const RETRIED_FOR: Duration = Duration::from_secs(30);

/// A store of blobs that jobs can be granted.
#[derive(Clone)]
pub struct BlobStore {
    inner: Arc<dyn ObjectStore>,
    /// Of a folder: where it is.
    folder: Option<PathBuf>,
    access: Access,
    write_bytes: u64,
    write_blobs: u64,
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct BlobStoreError {
    place: String,
    why: String,
}

impl BlobStore {
    fn new(inner: Arc<dyn ObjectStore>, folder: Option<PathBuf>, access: Access) -> Self {
        Self { inner, folder, access, write_bytes: MAX_BLOB_WRITTEN, write_blobs: MAX_BLOBS_WRITTEN }
    }

    /// A folder, which is made if it is absent. Names of blobs become paths below it.
    pub fn folder(path: &std::path::Path, access: Access) -> Result<Self, BlobStoreError> {
        let failed = |why: String| BlobStoreError { place: path.display().to_string(), why };
        std::fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let folder = path.canonicalize().map_err(|error| failed(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| failed(error.to_string()))?;
        Ok(Self::new(Arc::new(store.with_fsync(true)), Some(folder), access))
    }

    /// A bucket of a service that speaks S3, `s3://BUCKET[/PREFIX]`, by what `variables` say of region, endpoint and credentials, under the names that AWS's own
    /// tools read from the environment. Without `AWS_ALLOW_HTTP=true` it is reached by https alone.
    pub fn bucket(url: &str, access: Access, variables: impl Iterator<Item = (String, String)>) -> Result<Self, BlobStoreError> {
        let failed = |why: String| BlobStoreError { place: url.to_owned(), why };
        let rest = url.strip_prefix("s3://").ok_or_else(|| failed("expected s3://BUCKET[/PREFIX]".to_owned()))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(failed("expected s3://BUCKET[/PREFIX]".to_owned()));
        }
        let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: RETRIED_FOR };
        let mut builder = AmazonS3Builder::new().with_client_options(ClientOptions::new()).with_retry(retry).with_http_connector(Direct);
        for (name, value) in variables {
            let known = name.starts_with("AWS_").then(|| name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>());
            if let Some(Ok(key)) = known {
                builder = builder.with_config(key, value);
            }
        }
        // Deletes of single objects are known to every service.
        let store = builder.with_bucket_name(bucket).with_disable_bulk_delete(true).build().map_err(|error| failed(error.to_string()))?;
        let store = Self::new(Arc::new(store), None, access);
        match prefix.trim_matches('/') {
            "" => Ok(store),
            prefix => Path::parse(prefix).map(|prefix| store.at(prefix)).map_err(|error| failed(error.to_string())),
        }
    }

    /// With another quota for each run.
    #[must_use]
    pub fn with_quota(self, write_bytes: u64, write_blobs: u64) -> Self {
        Self { write_bytes, write_blobs, ..self }
    }

    /// What is below one name, as a store of its own.
    pub(super) fn below(&self, name: &str) -> Self {
        self.clone().at(Path::from_iter([name]))
    }

    fn at(self, prefix: Path) -> Self {
        let folder = self.folder.map(|folder| folder.join(prefix.to_string()));
        Self { inner: Arc::new(PrefixStore::new(self.inner, prefix)), folder, ..self }
    }

    pub(super) fn inner(&self) -> &dyn ObjectStore {
        &*self.inner
    }

    pub(super) const fn access(&self) -> Access {
        self.access
    }

    pub(super) const fn write_bytes(&self) -> u64 {
        self.write_bytes
    }

    pub(super) const fn write_blobs(&self) -> u64 {
        self.write_blobs
    }

    /// Of a folder: where it is.
    pub(super) fn path(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Refuses a name that leads through a symbolic link: of a folder everything else stays below it. No script can make a link, so none can be put in the way
    /// after this.
    pub(super) async fn walls(&self, key: &Path) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let (folder, key) = (folder.clone(), key.clone());
        let looked = tokio::task::spawn_blocking(move || if is_linked(folder, key.as_ref()) { Err(denied(&key)) } else { Ok(()) });
        looked.await.unwrap_or_else(|_| Err(failed("io", "the file work did not end")))
    }
}

impl fmt::Debug for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobStore").field("access", &self.access).finish_non_exhaustive()
    }
}

/// Buckets are reached directly, whatever proxy the environment names.
#[derive(Debug)]
struct Direct;

impl HttpConnector for Direct {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic { store: "S3", source };
        let tls = crate::http::tls().map_err(|failure| failed(failure.message.into()))?;
        let plain = match options.get_config_value(&ClientConfigKey::AllowHttp).as_deref() {
            Some("true" | "TRUE" | "1") => true,
            None | Some("false" | "FALSE" | "0") => false,
            Some(other) => return Err(failed(format!("AWS_ALLOW_HTTP is true or false, not `{other}`").into())),
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .https_only(!plain)
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .build();
        Ok(HttpClient::new(client.map_err(|error| failed(Box::new(error)))?))
    }
}
