//! Resource usage of a process, as counted by the kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// A measured process.
pub struct Process {
    folder: PathBuf,
}

/// Counters that only increase.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// CPU time of all threads.
    pub cpu: Duration,
    /// Number of context switches.
    pub context_switches: u64,
}

impl Process {
    /// Creates a handle of the process `id`.
    pub fn new(id: u32) -> Self {
        Self { folder: PathBuf::from(format!("/proc/{id}")) }
    }

    /// Returns the usage so far, without ended threads.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn usage(&self) -> Result<Usage> {
        let mut usage = Usage::default();
        for thread in fs::read_dir(self.folder.join("task"))? {
            let thread = thread?.path();
            let schedule = read(&thread.join("schedstat"))?;
            let nanoseconds = schedule.split(' ').next().unwrap_or_default().parse()?;
            usage.cpu += Duration::from_nanos(nanoseconds);
            usage.context_switches += sum_of(&read(&thread.join("status"))?, "ctxt_switches:");
        }
        Ok(usage)
    }

    /// Returns the number of threads.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn thread_count(&self) -> Result<usize> {
        Ok(fs::read_dir(self.folder.join("task"))?.count())
    }

    /// Returns the number of open descriptors.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn descriptor_count(&self) -> Result<usize> {
        Ok(fs::read_dir(self.folder.join("fd"))?.count())
    }

    /// Returns the resident memory.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn resident_bytes(&self) -> Result<u64> {
        Ok(1024 * sum_of(&read(&self.folder.join("status"))?, "VmRSS:"))
    }

    /// Returns the resident memory without mapped files, such as pages of Node's own code.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn anonymous_bytes(&self) -> Result<u64> {
        Ok(1024 * sum_of(&read(&self.folder.join("status"))?, "RssAnon:"))
    }

    /// Returns the maximum resident memory since [`Process::reset_peak`].
    ///
    /// # Errors
    /// When the process has ended.
    pub fn peak_bytes(&self) -> Result<u64> {
        Ok(1024 * sum_of(&read(&self.folder.join("status"))?, "VmHWM:"))
    }

    /// Resets the maximum.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn reset_peak(&self) -> Result<()> {
        const RESET_PEAK: &str = "5";
        fs::write(self.folder.join("clear_refs"), RESET_PEAK).context("cannot reset the peak of memory")
    }
}

impl Usage {
    /// Returns the usage since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            context_switches: self.context_switches.saturating_sub(earlier.context_switches),
        }
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Returns the sum of the numbers after `name`, at the end of the first word of a line.
fn sum_of(status: &str, name: &str) -> u64 {
    let numbers = status.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| word.ends_with(name)).and(words.next())?.parse::<u64>().ok()
    });
    numbers.sum()
}
