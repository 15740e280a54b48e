//! Amount of work of each workload.

use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// Amounts of one run.
#[derive(Clone, Debug)]
pub struct Scale {
    /// Number of measurements of each contender.
    pub repetitions: usize,
    /// Duration of the warm-up of an echo.
    pub warm_up: Duration,
    /// Duration of the measurement of an echo.
    pub echo: Duration,
    /// Messages of a transfer with frames.
    pub received_messages: usize,
    /// Requests with answers.
    pub requests: usize,
    /// Bursts of sends.
    pub bursts: usize,
    /// Messages sent to all connections.
    pub broadcasts: usize,
    /// Bytes of a bulk transfer.
    pub bulk_bytes: usize,
    /// Bytes sent to a peer that stalls.
    pub stalled_bytes: usize,
    /// Bytes sent before, to a peer that reads.
    pub warm_up_bytes: usize,
    /// Duration of the stall.
    pub stall: Duration,
    /// Time for which a listener blocks its thread.
    pub block: Duration,
    /// Idle connections, in each of two workloads.
    pub idle_connections: [usize; 2],
    /// Duration of the measurement of idle connections.
    pub idle: Duration,
    /// Connections with a timed handshake.
    pub keyed_connects: usize,
    /// Idle connections to clients of the engine, which use more descriptors.
    pub keyed_idle_connections: usize,
    /// Short-lived connections for the measurement of their rate.
    pub churn_connections: usize,
    /// Short-lived connections for the measurement of memory.
    pub long_churn_connections: usize,
}

impl Scale {
    /// Amounts for measurements.
    pub fn full() -> Self {
        Self {
            repetitions: 5,
            warm_up: Duration::from_millis(300),
            echo: Duration::from_millis(700),
            received_messages: 500_000,
            requests: 200_000,
            bursts: 300,
            broadcasts: 3_000,
            bulk_bytes: 512 * MIB,
            stalled_bytes: 128 * MIB,
            warm_up_bytes: 64 * MIB,
            stall: Duration::from_secs(2),
            block: Duration::from_millis(1_500),
            idle_connections: [1_000, 10_000],
            idle: Duration::from_secs(10),
            keyed_connects: 500,
            keyed_idle_connections: 2_000,
            churn_connections: 10_000,
            long_churn_connections: 200_000,
        }
    }

    /// Amounts for a quick test.
    pub fn quick() -> Self {
        Self {
            repetitions: 1,
            warm_up: Duration::from_millis(20),
            echo: Duration::from_millis(50),
            received_messages: 5_000,
            requests: 1_000,
            bursts: 10,
            broadcasts: 20,
            bulk_bytes: 16 * MIB,
            stalled_bytes: 32 * MIB,
            warm_up_bytes: MIB,
            stall: Duration::from_millis(100),
            block: Duration::from_millis(100),
            idle_connections: [50, 200],
            idle: Duration::from_millis(200),
            keyed_connects: 20,
            keyed_idle_connections: 50,
            churn_connections: 200,
            long_churn_connections: 1_000,
        }
    }
}
