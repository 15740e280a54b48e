//! What went through a connection, or through all connections of a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Figures since the object was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes of messages received, without what framing adds.
    pub received_bytes: u64,
    /// Bytes of messages sent that the kernel took or queued, without what framing adds.
    pub sent_bytes: u64,
    /// Messages received; without framing, reads that brought something.
    pub received_messages: u64,
    /// Messages sent.
    pub sent_messages: u64,
    /// Received and not yet consumed.
    pub receive_queue_bytes: u64,
    /// Sent and not finished.
    pub send_queue_bytes: u64,
    /// When a message was last received or sent, in milliseconds since 1970; 0: never.
    pub last_activity_ms: u64,
    /// Whether connections are encrypted.
    pub is_encrypted: bool,
}

impl Statistics {
    /// With the queues of `other` added.
    pub(crate) fn with_queues_of(self, other: Self) -> Self {
        Self {
            receive_queue_bytes: self.receive_queue_bytes + other.receive_queue_bytes,
            send_queue_bytes: self.send_queue_bytes + other.send_queue_bytes,
            ..self
        }
    }
}

/// Counts for one object, and for the one it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    received_bytes: AtomicU64,
    sent_bytes: AtomicU64,
    received_messages: AtomicU64,
    sent_messages: AtomicU64,
    last_activity_ms: AtomicU64,
    parent: Option<Arc<Counters>>,
}

impl Counters {
    /// Counters whose counts go to `parent` as well.
    pub(crate) fn of(parent: &Arc<Counters>) -> Self {
        Self { parent: Some(Arc::clone(parent)), ..Self::default() }
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.count(now_ms(), &|counters| (&counters.received_bytes, &counters.received_messages), bytes);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.count(now_ms(), &|counters| (&counters.sent_bytes, &counters.sent_messages), bytes);
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            received_bytes: load(&self.received_bytes),
            sent_bytes: load(&self.sent_bytes),
            received_messages: load(&self.received_messages),
            sent_messages: load(&self.sent_messages),
            last_activity_ms: load(&self.last_activity_ms),
            ..Statistics::default()
        }
    }

    fn count(&self, now_ms: u64, pick: &dyn Fn(&Self) -> (&AtomicU64, &AtomicU64), bytes: usize) {
        let (total_bytes, messages) = pick(self);
        total_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        messages.fetch_add(1, Ordering::Relaxed);
        self.last_activity_ms.store(now_ms, Ordering::Relaxed);
        if let Some(parent) = &self.parent {
            parent.count(now_ms, pick, bytes);
        }
    }
}

/// Milliseconds since 1970.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
