//! Reports for the tests of this module.
