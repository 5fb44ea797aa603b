use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Where a queue is kept: `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file, made if it is absent. Its `-wal` and `-shm` neighbours belong to it.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server; Ampoule keeps to its schema `ampoule` there.
    Postgres(String),
}

/// The text names no store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a store: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
pub struct StoreUrlError;

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres(text.to_owned())),
            _ => Err(StoreUrlError),
        }
    }
}

/// Without the password.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("//").unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                // A query can hold a password as well.
                write!(f, "{scheme}//{}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

impl From<PathBuf> for StoreUrl {
    fn from(path: PathBuf) -> Self {
        Self::Sqlite(path)
    }
}

impl From<&Path> for StoreUrl {
    fn from(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_without_secrets() {
        for (text, printed) in [
            ("sqlite:/var/lib/q.db", "sqlite:/var/lib/q.db"),
            ("postgres://me:s3cr3t@db:5432/jobs?sslmode=disable&password=s3cr3t", "postgres://db:5432/jobs"),
            ("postgresql://db/jobs", "postgresql://db/jobs"),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), printed);
            assert!(!format!("{url:?}").contains("s3cr3t"));
        }
        for text in ["", "sqlite:", "mysql://db", "/var/lib/q.db", "postgres:db"] {
            assert_eq!(text.parse::<StoreUrl>(), Err(StoreUrlError), "{text}");
        }
    }
}
