//! What others read.
