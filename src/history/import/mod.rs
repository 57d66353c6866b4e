//! What others have measured.
