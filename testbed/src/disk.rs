//! A small disk in memory that can be filled up.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A file system of its own, gone with this value.
pub struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one of this size. `None`: this process may not.
    pub fn mount(mebibytes: u32) -> io::Result<Option<Self>> {
        let dir = tempfile::Builder::new().prefix("ampoule-disk-").tempdir()?;
        let size = format!("size={mebibytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(dir.path()).stderr(Stdio::null()).status();
        Ok(mount.is_ok_and(|status| status.success()).then_some(Self { dir }))
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Takes what is left of it but so much.
    pub fn fill_but(&self, bytes: u64) -> io::Result<()> {
        self.fill()?;
        let file = File::options().write(true).open(self.balloon())?;
        file.set_len(file.metadata()?.len().saturating_sub(bytes))
    }

    /// Takes what is left of it.
    pub fn fill(&self) -> io::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.balloon())?;
        // In pieces of its pages, to the last one.
        let page = [0; 4096];
        loop {
            match file.write_all(&page) {
                Ok(()) => {}
                Err(err) if err.kind() == io::ErrorKind::StorageFull => return Ok(()),
                Err(err) => return Err(err),
            }
        }
    }

    /// Gives it back.
    pub fn free(&self) -> io::Result<()> {
        match fs::remove_file(self.balloon()) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
            _ => Ok(()),
        }
    }

    fn balloon(&self) -> PathBuf {
        self.dir.path().join("balloon")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that is being killed may still have files there.
        let _ = Command::new("umount").arg("--lazy").arg(self.dir.path()).stderr(Stdio::null()).status();
    }
}
