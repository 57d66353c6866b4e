//! What else goes on: load, pressure, stolen time.

use super::check;
use super::stat::Times;
use super::tree::Tree;
use crate::figures::{OTHERS_PROCESSORS, OTHERS_SHARE, STOLEN_WARNING};
use crate::model::{Check, Severity};
use crate::text::format;

/// If so large a share of all processors is busy, nothing can be measured beside it.
const NO_ROOM: f64 = 0.9;

/// Shares of the processors' time that are stolen: worth a note, a warning, and too much.
const STOLEN_NOTE: f64 = 0.001;
const STOLEN_USELESS: f64 = 0.25;

/// How many processors work while nothing of ours does.
pub fn now(now: Option<Times>, processors: usize) -> Option<Check> {
    let share = now?.busy_share()?;
    let busy = share * processors as f64;
    let value = format!("{busy:.2} of {processors} busy");
    let advice = "end what else runs, or wait for it";
    Some(if share >= NO_ROOM {
        let meaning = "other programs take all processors, and a build's times are theirs as much as its own";
        check("load now", value, Severity::Useless, meaning).with_advice(advice)
    } else if busy >= OTHERS_PROCESSORS && share >= OTHERS_SHARE {
        let meaning = "other programs take processors, caches and memory from the builds";
        check("load now", value, Severity::Warning, meaning).with_advice(advice)
    } else {
        check("load now", value, Severity::Fine, "nothing else is at work")
    })
}

/// The load averages: what went on in the last minutes.
pub fn average(tree: &Tree, processors: usize) -> Option<Check> {
    let text = tree.text("proc/loadavg")?;
    let mut words = text.split_ascii_whitespace().map(|word| word.parse::<f64>().ok().filter(|load| load.is_finite()));
    let (one, five, fifteen) = (words.next()??, words.next()??, words.next()??);
    let value = format!("{one:.2}, {five:.2}, {fifteen:.2} over 1, 5, 15 min");
    Some(if one >= processors.max(1) as f64 {
        let meaning = "in the last minute more programs wanted to run than there are processors";
        check("load average", value, Severity::Warning, meaning)
            .with_advice("wait until what ran has ended; the figure lags by a minute or two")
    } else if one >= 0.5 {
        let meaning = "something has worked here in the last minute, perhaps a build of your own";
        check("load average", value, Severity::Note, meaning)
    } else {
        check("load average", value, Severity::Fine, "the machine has been idle")
    })
}

/// How much of the last ten seconds programs have waited for a processor, the disk or memory.
pub fn pressure(tree: &Tree) -> Option<Check> {
    // From which per cent on each is a warning: what waits for memory has been slowed down already.
    let kinds = [("cpu", "processors", 10.0), ("io", "the disk", 10.0), ("memory", "memory", 1.0)];
    let waited: Vec<(&str, f64, f64)> = kinds
        .into_iter()
        .filter_map(|(file, what, most)| Some((what, some_of_10_seconds(tree, file)?, most)))
        .collect();
    let value = waited.iter().map(|(what, share, _)| format!("{what} {share:.1} %")).collect::<Vec<_>>().join(", ");
    let scarce: Vec<&str> = waited.iter().filter(|(_, share, most)| share >= most).map(|(what, ..)| *what).collect();
    if waited.is_empty() {
        None
    } else if scarce.is_empty() {
        Some(check("pressure", value, Severity::Fine, "nothing has had to wait in the last ten seconds"))
    } else {
        let meaning = format!("programs have had to wait for {} in the last ten seconds", scarce.join(" and "));
        Some(check("pressure", value, Severity::Warning, meaning).with_advice("end what else runs, or wait for it"))
    }
}

/// `some avg10=1.23 …`: the share of ten seconds, in per cent, in which somebody waited.
fn some_of_10_seconds(tree: &Tree, file: &str) -> Option<f64> {
    let text = tree.text(&format!("proc/pressure/{file}"))?;
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let share = some.split_ascii_whitespace().find_map(|word| word.strip_prefix("avg10="))?;
    share.parse().ok().filter(|share: &f64| share.is_finite())
}

/// How much of the processors' time the hypervisor gives to somebody else, now and since the machine was started.
pub fn stolen(now: Option<Times>, since_start: Option<Times>) -> Option<Check> {
    let of_all = since_start?.stolen_share()?;
    let now = now.and_then(Times::stolen_share);
    let value = match now {
        Some(now) => format!("{} now, {} since the start", format::percent(now), format::percent(of_all)),
        None => format!("{} since the start", format::percent(of_all)),
    };
    let now = now.unwrap_or(0.0);
    let severity = match now.max(of_all) {
        _ if now >= STOLEN_USELESS => Severity::Useless,
        share if share >= STOLEN_WARNING => Severity::Warning,
        share if share >= STOLEN_NOTE => Severity::Note,
        _ => Severity::Fine,
    };
    Some(match severity {
        Severity::Fine => check("steal time", value, severity, "the hypervisor takes no processor away"),
        _ => {
            let meaning = "the hypervisor gives processors to other guests, and a build's wall time is longer by that";
            let advice = "measure on a dedicated machine or instance, and read CPU time rather than wall time";
            check("steal time", value, severity, meaning).with_advice(advice)
        }
    })
}
