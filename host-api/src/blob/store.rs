//! Where blobs are: a folder of this machine, or a bucket.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use ampoule_protocol::Access;
use object_store::{
    ClientOptions, ObjectStore,
    aws::AmazonS3Builder,
    client::{HttpClient, HttpConnector},
    local::LocalFileSystem,
    prefix::PrefixStore,
};

/// How long one request to a bucket may take; a part of an upload has 5 MiB.
const REQUEST: Duration = Duration::from_secs(60);

/// A store of blobs that jobs can be granted.
#[derive(Clone)]
pub struct BlobStore {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) access: Access,
}

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct BlobStoreError {
    place: String,
    why: String,
}

impl BlobStore {
    /// A folder, which is made if it is absent. Names of blobs become paths below it.
    pub fn folder(path: &Path, access: Access) -> Result<Self, BlobStoreError> {
        let failed = |why: String| BlobStoreError { place: path.display().to_string(), why };
        std::fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(|error| failed(error.to_string()))?;
        Ok(Self { store: Arc::new(store), access })
    }

    /// A bucket of a service that speaks S3, `s3://BUCKET[/PREFIX]`, by what `variables` say of region, endpoint and credentials, under the names that AWS's own
    /// tools read from the environment.
    pub fn bucket(url: &str, access: Access, variables: impl Iterator<Item = (String, String)>) -> Result<Self, BlobStoreError> {
        let failed = |why: String| BlobStoreError { place: url.to_owned(), why };
        let rest = url.strip_prefix("s3://").ok_or_else(|| failed("expected s3://BUCKET[/PREFIX]".to_owned()))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_http_connector(Direct);
        builder = builder.with_client_options(ClientOptions::new().with_timeout(REQUEST));
        for (name, value) in variables {
            let known = name.starts_with("AWS_").then(|| name.to_ascii_lowercase().parse()).and_then(Result::ok);
            if let Some(key) = known {
                builder = builder.with_config(key, value);
            }
        }
        let store = builder.build().map_err(|error| failed(error.to_string()))?;
        let store: Arc<dyn ObjectStore> = match prefix.trim_matches('/') {
            "" => Arc::new(store),
            prefix => {
                let prefix = object_store::path::Path::parse(prefix).map_err(|error| failed(error.to_string()))?;
                Arc::new(PrefixStore::new(store, prefix))
            }
        };
        Ok(Self { store, access })
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
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let failed = |source| object_store::Error::Generic { store: "S3", source };
        let tls = crate::http::tls().map_err(|failure| failed(failure.message.into()))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(REQUEST)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(HttpClient::new(client.map_err(|error| failed(Box::new(error) as _))?))
    }
}
