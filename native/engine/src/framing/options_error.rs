//! Errors in framing options.

use std::fmt;
use std::ops::RangeInclusive;

/// Reason why framing options are invalid. Options have their JavaScript names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingOptionsError {
    /// A number is out of range.
    Range {
        /// Name of the option.
        option: &'static str,
        /// Minimum.
        least: usize,
        /// Maximum; other options may lower it.
        most: usize,
    },
    /// An option has an invalid value.
    Invalid {
        /// Name of the option.
        option: &'static str,
        /// Allowed values.
        must: &'static str,
    },
    /// Two options exclude each other.
    Conflict(&'static str, &'static str),
    /// The first option requires the second.
    Needs(&'static str, &'static str),
}

impl FramingOptionsError {
    /// Checks that the value of an option is in its range.
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
