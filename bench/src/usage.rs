//! What a process uses, as the kernel counts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

/// The processes that are measured.
pub struct Process {
    folder: PathBuf,
}

/// Figures that only grow.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Time on a processor, of all threads.
    pub cpu: Duration,
    /// How often a thread was put to sleep or off the processor.
    pub context_switches: u64,
}

impl Process {
    /// The process with this id.
    pub fn new(id: u32) -> Self {
        Self { folder: PathBuf::from(format!("/proc/{id}")) }
    }

    /// What it has used so far. Threads that have ended are not in it.
    ///
    /// # Errors
    /// When it is gone.
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

    /// How many threads it has.
    ///
    /// # Errors
    /// When it is gone.
    pub fn thread_count(&self) -> Result<usize> {
        Ok(fs::read_dir(self.folder.join("task"))?.count())
    }

    /// How many descriptors it has open.
    ///
    /// # Errors
    /// When it is gone.
    pub fn descriptor_count(&self) -> Result<usize> {
        Ok(fs::read_dir(self.folder.join("fd"))?.count())
    }

    /// Its resident memory.
    ///
    /// # Errors
    /// When it is gone.
    pub fn resident_bytes(&self) -> Result<u64> {
        Ok(1024 * sum_of(&read(&self.folder.join("status"))?, "VmRSS:"))
    }

    /// Its resident memory without what is mapped from files, such as pages of Node's own code that run for the first time.
    ///
    /// # Errors
    /// When it is gone.
    pub fn anonymous_bytes(&self) -> Result<u64> {
        Ok(1024 * sum_of(&read(&self.folder.join("status"))?, "RssAnon:"))
    }

    /// The most resident memory since [`Process::reset_peak`].
    ///
    /// # Errors
    /// When it is gone.
    pub fn peak_bytes(&self) -> Result<u64> {
        Ok(1024 * sum_of(&read(&self.folder.join("status"))?, "VmHWM:"))
    }

    /// Lets the peak begin anew.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn reset_peak(&self) -> Result<()> {
        const RESET_PEAK: &str = "5";
        fs::write(self.folder.join("clear_refs"), RESET_PEAK).context("cannot reset the peak of memory")
    }
}

impl Usage {
    /// What was used after `earlier`.
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

/// The sum of the first numbers behind `name`, wherever it ends the first word of a line.
fn sum_of(status: &str, name: &str) -> u64 {
    let numbers = status.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| word.ends_with(name)).and(words.next())?.parse::<u64>().ok()
    });
    numbers.sum()
}
