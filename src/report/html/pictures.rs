//! Where the charts of a page are: in it, in files beside it, or nowhere.

use std::cell::RefCell;

use maud::{Markup, PreEscaped, html};

use crate::chart::{Chart, ChartError};
use crate::text::clean;

/// A chart in a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Its file below the page's own folder.
    pub(crate) path: String,
    /// The SVG.
    pub(crate) svg: String,
}

/// Where a page's charts go.
pub(crate) enum Pictures {
    /// They are elements of the page.
    Inline,
    /// They are files, kept here until the page is made.
    Beside {
        /// The folder, below the page's own.
        folder: String,
        /// The charts drawn so far.
        drawn: RefCell<Vec<Picture>>,
    },
    /// They are left out.
    Absent,
}

impl Pictures {
    /// For a page whose charts are files below `folder`.
    pub(crate) fn beside(folder: String) -> Self {
        Self::Beside { folder, drawn: RefCell::default() }
    }

    pub(super) fn are_drawn(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// A chart, or why there is none; nothing where charts are left out, and then it is not drawn either.
    pub(super) fn show(&self, name: &str, chart: impl FnOnce() -> Result<Chart, ChartError>) -> Markup {
        match self {
            Self::Inline => figure(chart()),
            Self::Absent => html! {},
            Self::Beside { folder, drawn } => {
                let made = chart().and_then(|chart| Ok((chart.to_svg()?, chart)));
                let (svg, chart) = match made {
                    Ok(made) => made,
                    Err(error) => return figure(Err(error)),
                };
                let path = format!("{folder}/{name}.svg");
                let title = clean(chart.title());
                let (width, height) = chart.size();
                let markup = html! {
                    div.chart tabindex="0" role="group" aria-label=(title) {
                        img src=(path) alt=(title) width=(width.round()) height=(height.round()) loading="lazy" decoding="async";
                    }
                };
                drawn.borrow_mut().push(Picture { path, svg });
                markup
            }
        }
    }

    /// The pictures that belong into files.
    pub(crate) fn drawn(self) -> Vec<Picture> {
        match self {
            Self::Beside { drawn, .. } => drawn.into_inner(),
            Self::Inline | Self::Absent => Vec::new(),
        }
    }
}

/// A chart, or why there is none.
pub(crate) fn figure(chart: Result<Chart, ChartError>) -> Markup {
    match chart.and_then(|chart| Ok((clean(chart.title()).into_owned(), chart.to_inline_svg()?))) {
        Ok((title, svg)) => html! { div.chart tabindex="0" role="group" aria-label=(title) { (PreEscaped(svg)) } },
        Err(ChartError::Empty(why)) => html! { p.muted { "No chart: " (why) "." } },
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            html! { p.warning { (error) @if let Some(cause) = cause { ": " (clean(&cause)) } } }
        }
    }
}
