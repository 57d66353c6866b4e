//! Pages in a real browser: reports, comparisons and the dashboard.

mod browser;
#[path = "../support/demo.rs"]
mod demo;
#[path = "../support/mod.rs"]
mod support;

mod checked;
mod dashboard;
mod dashboard_compare;
mod dashboard_pages;
mod reports;
mod zoom;
