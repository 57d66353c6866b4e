//! Data as a script that is one call with a JSON literal.

use serde::Serialize;

/// `forcPerf.CALL(JSON);`, safe for any text. A page loads it with a script element, because a page opened from disk must
/// not fetch.
///
/// JSON is valid JavaScript except for two line ends that JSON allows in strings. These are escaped, and so is `<`, so that
/// the text could be inside a page. All three can only be inside strings, where an escape means the same.
pub(super) fn script(call: &str, data: &impl Serialize) -> String {
    // serde_json fails only for maps with keys that are not strings; there are none here.
    let json = serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned());
    let json = json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("forcPerf.{call}({json});\n")
}

/// A value, whole where it is whole: `12`, not `12.0`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

/// Every whole number up to this is an exact double.
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
