//! All events, with a search.

use maud::html;

use super::Pages;
use super::frame::{Frame, Place};
use super::parts::event_card;
use crate::trends::{Event, Standing};

const STANDINGS: [(Standing, &str, &str, &str); 5] = [
    (Standing::New, "new", "New", "Not reported before."),
    (Standing::Open, "open", "Open", "Known, without a note."),
    (Standing::Acknowledged, "acknowledged", "Acknowledged", "Noted as seen."),
    (Standing::Expected, "expected", "Expected", "Intended."),
    (Standing::Reverted, "reverted", "Reverted", "A later commit took it back."),
];

pub(super) fn page(pages: &Pages) -> String {
    let header = html! {
        header {
            h1 { "Events" }
            p.muted { "Commits at which levels have changed; the worst first, and what got better last." }
        }
    };
    let of = |standing: Standing| -> Vec<&Event> {
        pages.trends.events.iter().filter(|event| event.standing == standing).collect()
    };
    let content = html! {
        div.filter data-items="article.event" data-what="events" {}
        @if pages.trends.events.is_empty() { p.calm { "No level of any series has changed." } }
        @for (standing, id, head, about) in STANDINGS {
            @let events = of(standing);
            @if !events.is_empty() {
                section aria-labelledby=(id) {
                    h2 id=(id) { (head) " " span.count { (events.len()) } }
                    p.muted.note { (about) }
                    @for event in events { (event_card(pages, event, "")) }
                }
            }
        }
    };
    let frame = Frame { title: "Events", place: Place::Events, depth: 0, scripts: &[] };
    frame.around(pages, &header, &content)
}
