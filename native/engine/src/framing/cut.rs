//! Position of a frame in a buffer.

/// Position of a frame, and of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Start of the bytes that the checksum covers.
    pub(super) frame: usize,
    /// Start of the message.
    pub(super) start: usize,
    /// End of message and checksum.
    pub(super) end: usize,
    /// Earliest start of the next frame.
    pub(super) next: usize,
}

/// Progress of the search in a buffer whose first frame is incomplete.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    /// Bytes at the front that are already searched.
    pub(super) done: usize,
    /// Whether the end marker of the previous frame is the start marker of this one.
    pub(super) is_open: bool,
    /// Whether the frame contains an invalid escape sequence.
    pub(super) is_corrupt: bool,
}
