//! A disk with little room. Mounting one needs the rights to.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A file system in memory.
pub(crate) struct Disk(TempDir);

impl Disk {
    /// Of a size as `mount` takes it.
    pub(crate) fn new(size: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        mount(
            &format!("size={size}"),
            &["-t", "tmpfs", "tmpfs"],
            folder.path(),
        );
        Self(folder)
    }

    pub(crate) fn grow(&self, size: &str) {
        mount(&format!("remount,size={size}"), &[], self.path());
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

fn mount(options: &str, what: &[&str], at: &Path) {
    let mounted = Command::new("mount")
        .args(["-o", options])
        .args(what)
        .arg(at)
        .stderr(Stdio::null())
        .status();
    assert!(mounted.expect("mount runs").success());
}
