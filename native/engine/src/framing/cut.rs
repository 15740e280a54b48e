//! A frame in a buffer.

/// Where a frame is, and the message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Where what its checksum covers begins.
    pub(super) frame: usize,
    /// Where the message begins.
    pub(super) start: usize,
    /// Where message and checksum end.
    pub(super) end: usize,
    /// Where the next frame may begin.
    pub(super) next: usize,
}

/// What is known of the bytes of a buffer whose first frame is not whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    /// Bytes at the front that are not looked at again.
    pub(super) done: usize,
    /// Whether the end of the frame before is the start of this one.
    pub(super) is_open: bool,
    /// Whether something is escaped in it that never is.
    pub(super) is_corrupt: bool,
}
