//! Data as a script: a call with a JSON literal, and nothing else.

use serde::Serialize;

/// `forcPerf.CALL(JSON);`, whatever texts are in it. A page loads it by an element of its own, as what was opened from a
/// disk may not fetch.
///
/// JSON is JavaScript but for two line ends that JSON allows in its texts; `<` is escaped as well, so that the text could
/// stand in a page. Inside of a text, where alone these three can be, an escape says the same.
pub(super) fn script(call: &str, data: &impl Serialize) -> String {
    // Maps with keys that are no texts are what serde_json refuses; there are none here.
    let json = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    let json = json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("forcPerf.{call}({json});\n")
}

/// A value, whole where it is whole: `12`, not `12.0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

/// Every whole number up to this has a double of its own.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < WHOLE {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}
