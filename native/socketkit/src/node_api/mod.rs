//! All `unsafe` code of the binding.

