//! Files of figures that are committed and compared with.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde::{Serialize, de::DeserializeOwned};

/// Reads one. `what` is what it should hold.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} holds no {what}", path.display()))
}

/// Writes one.
pub(crate) fn write(figures: &impl Serialize, path: &Path) -> Result<()> {
    fs::write(path, serde_json::to_string_pretty(figures)? + "\n").with_context(|| format!("failed to write {}", path.display()))
}
