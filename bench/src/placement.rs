//! CPU affinity of processes. Children inherit the affinity of the thread that starts them.

use std::fs;

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, Pid, sched_setaffinity};

/// Placement of server and load generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Both on one CPU.
    OneCpu,
    /// On a CPU each.
    TwoCpus,
    /// Unrestricted.
    Free,
}

/// Side of the connection.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// The server.
    Server,
    /// The load generator.
    Generator,
}

impl Placement {
    /// Name in workloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneCpu => "one CPU",
            Self::TwoCpus => "two CPUs",
            Self::Free => "unpinned",
        }
    }

    /// Sets the affinity of this process, and of its later children, to that of `side`.
    ///
    /// # Errors
    /// When the kernel refuses, for example because the machine has fewer CPUs.
    pub fn take(self, side: Side) -> Result<()> {
        let mut set = CpuSet::new();
        match (self, side) {
            (Self::OneCpu, _) | (Self::TwoCpus, Side::Server) => set.set(0),
            (Self::TwoCpus, Side::Generator) => set.set(1),
            (Self::Free, _) => (0..CpuSet::MAX_CPU).for_each(|cpu| set.set(cpu)),
        }
        for thread in fs::read_dir("/proc/self/task")? {
            let id = thread?.file_name().to_str().and_then(|id| id.parse().ok()).and_then(Pid::from_raw);
            sched_setaffinity(id, &set).context("cannot choose the processor")?;
        }
        Ok(())
    }
}
