use std::{error::Error as _, io};

use object_store::path::Path;

use crate::Failure;

pub(super) fn failed(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new("BlobError", code, message)
}

/// What went wrong at a store, without what only the worker should know: a store's own words may hold addresses and paths.
pub(super) fn failure(key: &Path, error: &object_store::Error) -> Failure {
    use object_store::Error;
    tracing::debug!(%key, %error, "a store of blobs refused");
    match error {
        Error::NotFound { .. } => failed("not_found", format!("there is no blob `{key}`")),
        Error::Precondition { .. } | Error::NotModified { .. } => failed("changed", format!("the blob `{key}` was replaced meanwhile")),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => denied(key),
        Error::InvalidPath { .. } => failed("invalid_key", format!("`{key}` is no name for this store")),
        _ => match cause(error) {
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => failed("full", "the disk of the store is full"),
            Some(io::ErrorKind::PermissionDenied) => denied(key),
            // In a folder `a` cannot be a blob while `a/b` is one; in a bucket it can.
            Some(io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty) => {
                failed("invalid_key", format!("`{key}`: a part of the name is a blob, or the name is a part of others'"))
            }
            _ => failed("io", format!("the store failed at `{key}`")),
        },
    }
}

pub(super) fn denied(key: &Path) -> Failure {
    failed("denied", format!("the store denies access to `{key}`"))
}

/// What the file system said, if it was that.
fn cause(error: &object_store::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = cause.source();
    }
    None
}
