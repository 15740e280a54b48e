//! Which processor runs what. A child keeps the processors of the thread that started it.

use std::fs;

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, Pid, sched_setaffinity};

/// Where server and load generator run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Both on the same one.
    OneCpu,
    /// Each on its own.
    TwoCpus,
    /// Wherever the kernel puts them.
    Free,
}

/// Which side of the connection.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// The server.
    Server,
    /// The load generator.
    Generator,
}

impl Placement {
    /// As names of workloads have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneCpu => "one CPU",
            Self::TwoCpus => "two CPUs",
            Self::Free => "unpinned",
        }
    }

    /// Puts this process, and the children that it starts from now on, where `side` belongs.
    ///
    /// # Errors
    /// When the kernel refuses, as it does where this machine has fewer processors.
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
