//! What is wrong with the options of a framing.

use std::fmt;
use std::ops::RangeInclusive;

/// Why there can be no such framing. Options have the names that JavaScript gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingOptionsError {
    /// A number, or a number of bytes, is not in its range.
    Range {
        /// What it is a number of.
        option: &'static str,
        /// Its least value.
        least: usize,
        /// Its greatest value, which other options may lower.
        most: usize,
    },
    /// An option is not what it has to be.
    Invalid {
        /// Which one.
        option: &'static str,
        /// What it must be.
        must: &'static str,
    },
    /// Two options exclude each other.
    Conflict(&'static str, &'static str),
    /// The first option means nothing without the second.
    Needs(&'static str, &'static str),
}

impl FramingOptionsError {
    /// Checks that the number of an option is in its range.
    pub(super) fn check(option: &'static str, number: usize, range: RangeInclusive<usize>) -> Result<(), Self> {
        let (least, most) = range.into_inner();
        if (least..=most).contains(&number) { Ok(()) } else { Err(Self::Range { option, least, most }) }
    }
}

impl fmt::Display for FramingOptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { option, least, most } => write!(f, "framing.{option} must be from {least} to {most}"),
            Self::Invalid { option, must } => write!(f, "framing.{option} must be {must}"),
            Self::Conflict(one, other) => write!(f, "framing.{one} and framing.{other} exclude each other"),
            Self::Needs(one, other) => write!(f, "framing.{one} needs framing.{other}"),
        }
    }
}

impl std::error::Error for FramingOptionsError {}
