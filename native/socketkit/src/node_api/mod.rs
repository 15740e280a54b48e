//! All `unsafe` code of the binding.

mod wraps;
