//! Other activity on the machine: load, pressure, steal time.

use super::check;
use super::stat::Times;
use super::tree::Tree;
use crate::figures::{OTHERS_PROCESSORS, OTHERS_SHARE, STOLEN_WARNING};
use crate::model::{Check, Severity};
use crate::text::format;

/// If this share of all processors is busy, nothing can be measured.
const NO_ROOM: f64 = 0.9;

/// Shares of the processors' time that are stolen: from here on a note, and from here on useless.
const STOLEN_NOTE: f64 = 0.001;
const STOLEN_USELESS: f64 = 0.25;

/// How many processors are busy while the harness is idle.
pub fn now(now: Option<Times>, processors: usize) -> Option<Check> {
    let share = now?.busy_share()?;
    let busy = share * processors as f64;
    let value = format!("{busy:.2} of {processors} busy");
    let advice = "stop other programs, or wait until they have ended";
    Some(if share >= NO_ROOM {
        let meaning = "other programs use all processors, so a build's times depend on them";
        check("load now", value, Severity::Useless, meaning).with_advice(advice)
    } else if busy >= OTHERS_PROCESSORS && share >= OTHERS_SHARE {
        let meaning = "other programs compete with the builds for processors, caches and memory";
        check("load now", value, Severity::Warning, meaning).with_advice(advice)
    } else {
        check("load now", value, Severity::Fine, "no other program is busy")
    })
}

/// The load averages: the activity of the last minutes.
pub fn average(tree: &Tree, processors: usize) -> Option<Check> {
    let text = tree.text("proc/loadavg")?;
    let mut words = text.split_ascii_whitespace().map(|word| word.parse::<f64>().ok().filter(|load| load.is_finite()));
    let (one, five, fifteen) = (words.next()??, words.next()??, words.next()??);
    let value = format!("{one:.2}, {five:.2}, {fifteen:.2} over 1, 5, 15 min");
    Some(if one >= processors.max(1) as f64 {
        let meaning = "in the last minute more programs were ready to run than there are processors";
        check("load average", value, Severity::Warning, meaning)
            .with_advice("wait until they have ended; the figure lags by a minute or two")
    } else if one >= 0.5 {
        let meaning = "a program was busy in the last minute, perhaps a build of your own";
        check("load average", value, Severity::Note, meaning)
    } else {
        check("load average", value, Severity::Fine, "the machine has been idle")
    })
}

/// The share of the last ten seconds in which programs have waited for a processor, the disk or memory.
pub fn pressure(tree: &Tree) -> Option<Check> {
    // With the per cent from which each is a warning. Waiting for memory already means that programs are slowed down.
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
        Some(check("pressure", value, Severity::Fine, "no program had to wait in the last ten seconds"))
    } else {
        let meaning = format!("programs have had to wait for {} in the last ten seconds", scarce.join(" and "));
        Some(
            check("pressure", value, Severity::Warning, meaning)
                .with_advice("stop other programs, or wait until they have ended"),
        )
    }
}

/// `some avg10=1.23 …`: the share of ten seconds, in per cent, in which a program waited.
fn some_of_10_seconds(tree: &Tree, file: &str) -> Option<f64> {
    let text = tree.text(&format!("proc/pressure/{file}"))?;
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let share = some.split_ascii_whitespace().find_map(|word| word.strip_prefix("avg10="))?;
    share.parse().ok().filter(|share: &f64| share.is_finite())
}

/// The share of the processors' time that the hypervisor gives to other guests, now and since the start of the machine.
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
        Severity::Fine => {
            check("steal time", value, severity, "the hypervisor gives no processor time to other guests")
        }
        _ => {
            let meaning = "the hypervisor gives processor time to other guests, which lengthens a build's wall time";
            let advice = "measure on a dedicated machine or instance, and read CPU time rather than wall time";
            check("steal time", value, severity, meaning).with_advice(advice)
        }
    })
}
