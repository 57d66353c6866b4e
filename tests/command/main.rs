//! The command `forc-perf`: what it prints and writes, and how it ends; with stand-in compilers and made-up histories.

#[path = "../support/demo.rs"]
mod demo;
#[path = "../support/mod.rs"]
mod support;

mod book;
mod command_line;
mod compare;
mod compare_duet;
mod compare_findings;
mod compare_resume;
mod doctor;
mod history;
mod history_diff;
mod hostile_project;
mod nightly;
mod report_file;
mod suite;
