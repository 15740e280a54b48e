//! Runs the corpus of every fuzzer.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::Path;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 7] = [
    ("frames", super::frames),
    ("handshake", super::handshake),
    ("keyed", super::keyed),
    ("layouts", super::layouts),
    ("proxy", super::proxy),
    ("records", super::records),
    ("text", super::text),
];

#[test]
fn what_fuzzers_have_found_before_does_no_harm() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
        let mut files = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            target(&fs::read(entry.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files > 0, "{name} has no corpus");
    }
}
