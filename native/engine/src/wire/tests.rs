//! Tests of valid and invalid frames.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub(crate) mod vectors;

use super::*;
use crate::framing::{Framing, FramingError};

#[test]
fn each_kind_is_read_as_what_it_is() {
    let cases: [(&[u8], Frame); 8] = [
        (&[0x00], Frame::Data(Bytes::new())),
        (&[0x00, 0x01], Frame::Data(Bytes::from_static(&[0x01]))),
        (&[0x01], Frame::Ping),
        (&[0x02], Frame::Pong),
        (&[0x03, 0, 0, 0, 0, 0, 0, 0, 0], Frame::Acknowledge(0)),
        (&[0x03, 1, 2, 3, 4, 5, 6, 7, 8], Frame::Acknowledge(0x0102_0304_0506_0708)),
        (&[0x03, 255, 255, 255, 255, 255, 255, 255, 255], Frame::Acknowledge(u64::MAX)),
        (&[0x04], Frame::Bye),
    ];
    for (bytes, expected) in cases {
        assert_eq!(Frame::parse(Bytes::from_static(bytes)), Some(expected), "{bytes:?}");
    }
}

#[test]
fn everything_else_is_malformed() {
    let mut cases: Vec<Vec<u8>> = (0x05..=0xff).map(|kind| vec![kind]).collect();
    cases.extend([vec![], vec![0x01, 0], vec![0x02, 0], vec![0x04, 0]]);
    cases.extend([0, 7, 9].map(|count| [vec![0x03], vec![0; count]].concat()));
    for bytes in cases {
        assert_eq!(Frame::parse(Bytes::from(bytes.clone())), None, "{bytes:?}");
    }
    assert_eq!(FramingError::Malformed.errno(), libc::EPROTO);
}

#[test]
fn an_acknowledgement_fits_into_the_narrowest_framing_with_the_shortest_messages() {
    let frame = Framing::length(1, false, 1).unwrap().control_frame(Kind::Acknowledge, &258_u64.to_be_bytes());
    assert_eq!(&frame[..], [9, 0x03, 0, 0, 0, 0, 0, 0, 1, 2]);
}
