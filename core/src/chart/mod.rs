//! Pictures of a report and of a comparison, as SVG and as PNG.
//!
//! [`suite_phases`] shows all benchmarks, [`timeline()`] one run of one benchmark, [`distribution()`] all runs of one
//! benchmark. Of a comparison [`forest()`] shows every benchmark's change of one metric, [`waterfall()`] in which phases a
//! difference sits, and [`blocks()`] how a ratio went from block to block. Of a history [`trend()`] shows one metric over
//! commits, [`stacked_phases`] where the time went over commits, [`spark()`] a series as small as a word, and [`scatter()`]
//! two metrics of all benchmarks against each other. Each lays out a [`Chart`], which then is written
//! with [`Chart::to_svg`] or [`Chart::write_png`].
//!
//! Names of benchmarks, phases and packages are data and can be any text.

mod axis;
mod blocks;
mod commit_axis;
mod distribution;
mod font;
mod forest;
mod legend;
mod marker;
mod palette;
#[cfg(test)]
mod pictures;
mod render;
mod scatter;
mod scene;
mod spark;
mod stacked;
mod suite;
mod text;
mod timeline;
mod trend;
mod waterfall;

use std::error::Error;

pub use blocks::blocks;
pub use distribution::distribution;
pub use font::register_fonts;
pub use forest::forest;
pub use marker::StepKind;
pub use palette::{PhaseColours, Swatch};
pub use scatter::{ScatterAxis, ScatterPoint, scatter};
pub use scene::Chart;
pub use spark::spark;
pub use stacked::{Part, Stacked, stacked_phases};
pub use suite::suite_phases;
pub use timeline::{timeline, timeline_of_run};
pub use trend::{CommitRow, Level, Step, Trend, TrendLine, TrendPoint, commits_data, inert_json, trend};
pub use waterfall::{suite_waterfall, waterfall};

/// The width of every chart in CSS pixels.
pub const WIDTH: f64 = 1000.0;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// There is nothing to show.
    #[error("there is nothing to draw: {0}")]
    Empty(&'static str),
    /// The picture could not be drawn or written.
    #[error("the chart could not be drawn")]
    Drawing(#[source] Box<dyn Error + Send + Sync>),
}

impl ChartError {
    fn drawing(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Drawing(Box::new(error))
    }
}

/// The style sheet that a page with inline charts needs, once; the charts stand inside elements of the class `chart`.
pub fn page_css() -> String {
    palette::themed_css(".chart")
}
